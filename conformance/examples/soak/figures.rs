//! What the server holds, what is too much, and its memory as the kernel counts it.

use std::fmt;

use serde_json::Value;

/// What the server says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) sessions: u64,
    pub(crate) sockets: u64,
    pub(crate) tasks: u64,
}

impl Figures {
    /// Reads the answer of `server_figures`.
    pub(crate) fn read(answer: &str) -> Result<Self, String> {
        let wrong = || format!("these are no figures: {answer}");
        let reply = answer.lines().find(|line| line.contains("\"result\"")).ok_or_else(wrong)?;
        let reply: Value = serde_json::from_str(reply).map_err(|_| wrong())?;
        let text = reply["result"]["content"][0]["text"].as_str().ok_or_else(wrong)?;
        let figures: Value = serde_json::from_str(text).map_err(|_| wrong())?;
        let of = |name: &str| figures[name].as_u64().ok_or_else(wrong);
        Ok(Self { sessions: of("sessions")?, sockets: of("sockets")?, tasks: of("tasks")? })
    }

    /// Whether this is no more than it was before.
    pub(crate) fn within(self, before: Self) -> bool {
        self.sessions == 0 && self.sockets <= before.sockets && self.tasks <= before.tasks
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sessions, {} sockets, {} tasks", self.sessions, self.sockets, self.tasks)
    }
}

/// Resident memory under load, in KiB, each the mean of ten looks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) warm: u64,
    pub(crate) last: u64,
    pub(crate) most: u64,
}

impl Memory {
    pub(crate) fn take(&mut self, samples: &[u64], warming: bool) {
        let recent = &samples[samples.len().saturating_sub(10)..];
        self.last = recent.iter().sum::<u64>() / recent.len().max(1) as u64;
        self.most = self.most.max(self.last);
        if warming {
            self.warm = self.last;
        }
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} KiB after warm-up, {} at most, {} at the end of the load", self.warm, self.most, self.last)
    }
}

/// All that is too much.
pub(crate) fn judge(before: Figures, after: Figures, warm: u64, resident: u64) -> Vec<String> {
    let mut wrong = Vec::new();
    if after.sessions > 0 {
        wrong.push(format!("{} sessions are left", after.sessions));
    }
    if after.sockets > before.sockets {
        wrong.push(format!("{} streams or connections are left", after.sockets - before.sockets));
    }
    if after.tasks > before.tasks {
        wrong.push(format!("{} tasks are left", after.tasks - before.tasks));
    }
    if resident * 10 > warm * 12 {
        wrong.push(format!("{resident} KiB are resident, more than 1.2 times the {warm} after warm-up"));
    }
    wrong
}

/// The resident memory of a process in KiB.
pub(crate) fn resident(pid: u32) -> Result<u64, String> {
    let path = format!("/proc/{pid}/status");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: the server is gone? {error}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let figure = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|figure| figure.parse().ok());
    figure.ok_or_else(|| format!("{path} has no VmRSS"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Figures = Figures { sessions: 0, sockets: 4, tasks: 3 };

    #[test]
    fn what_is_left_is_named() {
        assert_eq!(judge(BEFORE, BEFORE, 100, 120), [""; 0]);
        let left = Figures { sessions: 2, sockets: 5, tasks: 6 };
        let wrong = judge(BEFORE, left, 100, 121);
        assert_eq!(wrong.len(), 4, "{wrong:?}");
        assert!(!left.within(BEFORE) && BEFORE.within(BEFORE));
    }

    #[test]
    fn the_answer_is_read() {
        let text = r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"{\"sessions\":0,\"sockets\":4,\"tasks\":3}"}]}}"#;
        assert_eq!(Figures::read(&format!("\n{text}\n")), Ok(BEFORE));
        assert!(Figures::read("{}").is_err());
    }

    #[test]
    fn a_process_has_memory() {
        assert!(resident(std::process::id()).unwrap() > 100);
    }

    #[test]
    fn warm_up_ends() {
        let mut memory = Memory::default();
        memory.take(&[100], true);
        memory.take(&[100, 300], false);
        assert_eq!((memory.warm, memory.last, memory.most), (100, 200, 200));
    }
}
