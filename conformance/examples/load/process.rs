//! The processor time of a process, as the kernel counts it.

use crate::Trouble;

/// The unit of times in `/proc`: Linux shows them in hundredths of a second on every machine, whatever its own clock.
const TICKS: f64 = 100.0;

/// Seconds that all threads of a process have used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Seconds {
    /// In its own code.
    pub(crate) user: f64,
    /// There and in the kernel.
    pub(crate) all: f64,
}

/// What a process has used until now.
pub(crate) fn seconds(pid: u32) -> Result<Seconds, Trouble> {
    let path = format!("/proc/{pid}/stat");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: the server is gone? {error}"))?;
    read(&text).ok_or_else(|| format!("{path} is not understood: {text}"))
}

/// The name in parentheses may hold anything, so fields are counted behind it; they are the 14th and 15th of all.
fn read(text: &str) -> Option<Seconds> {
    let (_, fields) = text.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let mut seconds = || Some(fields.next()?.parse::<f64>().ok()? / TICKS);
    let (user, kernel) = (seconds()?, seconds()?);
    Some(Seconds { user, all: user + kernel })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_times_are_counted() {
        let text = "7 (a ) b) S 1 7 7 0 -1 4194560 1 2 3 4 250 50 9 9 20 0 1 0 5 6 7";
        assert_eq!(read(text), Some(Seconds { user: 2.5, all: 3.0 }));
        assert_eq!(read("7 (a) S 1"), None);
    }

    #[test]
    fn this_process_has_used_some() {
        assert!(seconds(std::process::id()).unwrap().all >= 0.0);
        assert!(seconds(0).is_err());
    }
}
