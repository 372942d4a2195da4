//! The cores that server and load run on: one each, so that neither takes the other's time, or one for both.

use std::fmt;
use std::path::Path;
use std::process::Command;

use crate::shell;

/// Where each side runs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cores {
    Apart {
        server: usize,
        load: usize,
    },
    /// What one core writes the other reads, and on a shared machine that costs now this and now twice that; on one
    /// core it does not.
    Together(usize),
    /// Wherever the kernel puts them, with the reason.
    Anywhere(&'static str),
}

impl Cores {
    /// The first and the last core that this process may use, or the last alone, if there is `taskset`.
    pub(crate) fn find(together: bool) -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap_or_default();
        match ends(list) {
            None => Self::Anywhere("the kernel does not say which cores there are"),
            Some((server, load)) if server == load && !together => Self::Anywhere("there is only one core"),
            Some(_) if !shell::answers("taskset", &["--version"]) => {
                Self::Anywhere("there is no `taskset` (util-linux)")
            }
            Some((_, last)) if together => Self::Together(last),
            Some((server, load)) => Self::Apart { server, load },
        }
    }

    /// A program on the server's core.
    pub(crate) fn server(&self, program: &Path) -> Command {
        match self {
            Self::Apart { server: core, .. } | Self::Together(core) => on(*core, program),
            Self::Anywhere(_) => Command::new(program),
        }
    }

    /// A program on the other one.
    pub(crate) fn load(&self, program: &Path) -> Command {
        match self {
            Self::Apart { load: core, .. } | Self::Together(core) => on(*core, program),
            Self::Anywhere(_) => Command::new(program),
        }
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Apart { server, load } => write!(f, "server on core {server}, load on core {load}"),
            Self::Together(core) => write!(f, "server and load on core {core}"),
            Self::Anywhere(why) => write!(f, "NOT pinned to cores, {why}: figures will vary more"),
        }
    }
}

/// `taskset` becomes the program: the process keeps its number.
fn on(core: usize, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.arg("-c").arg(core.to_string()).arg(program);
    command
}

/// The first and the last of a list as the kernel writes it: `0-3,8`.
fn ends(list: &str) -> Option<(usize, usize)> {
    let mut numbers = list.trim().split([',', '-']).map(|number| number.parse().ok());
    let first = numbers.next()??;
    Some((first, numbers.next_back().map_or(Some(first), |last| last)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_list_are_read() {
        assert_eq!(ends("\t0-1\n"), Some((0, 1)));
        assert_eq!(ends("2,4-6,9"), Some((2, 9)));
        assert_eq!(ends("5"), Some((5, 5)));
        assert_eq!(ends(""), None);
    }

    #[test]
    fn a_pinned_program_is_started_by_taskset() {
        let command = Cores::Apart { server: 0, load: 3 }.load(Path::new("/a/b"));
        assert_eq!(command.get_program(), "taskset");
        assert_eq!(command.get_args().collect::<Vec<_>>(), ["-c", "3", "/a/b"]);
        let server = Cores::Together(2).server(Path::new("/a/b"));
        assert_eq!(server.get_args().collect::<Vec<_>>(), ["-c", "2", "/a/b"]);
        assert_eq!(Cores::Anywhere("").server(Path::new("/a/b")).get_program(), "/a/b");
    }
}
