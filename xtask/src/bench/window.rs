//! One subject for some seconds: a fresh server, a fresh load, and what both say.

use std::fmt;

use serde_json::Value;

use super::Subject;
use super::cores::Cores;
use crate::conformance::server::Server;
use crate::shell;

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Window {
    pub(crate) requests: u64,
    /// Replies that were wrong or did not come; none of them is among the requests.
    pub(crate) errors: u64,
    /// The first of them, in words.
    pub(crate) why: Option<String>,
    /// Whether the first call was answered rightly; if not, there was no load.
    pub(crate) served: bool,
    pub(crate) seconds: f64,
    /// Seconds the server's processor worked, in the kernel too.
    pub(crate) server: f64,
    /// Those of them in the server's own code.
    pub(crate) user: f64,
    /// Seconds the load's processor worked.
    pub(crate) load: f64,
    /// Resident before and after, in MiB.
    pub(crate) memory: (f64, f64),
}

impl Window {
    /// Starts the server, loads it and stops it.
    pub(crate) fn measure(subject: Subject, cores: &Cores, connections: usize, seconds: f64) -> Result<Self, String> {
        let folder = shell::target().join("release");
        let server = Server::start_as(cores.server(&folder.join(subject.program)))?;
        let before = resident(server.pid())?;
        let mut load = cores.load(&folder.join("examples/load"));
        load.args([subject.mode.to_owned(), server.address().to_string(), server.pid().to_string()]);
        load.args([connections.to_string(), seconds.to_string()]);
        let said = load.output().map_err(|e| format!("the load does not start: {e}"))?;
        if !said.status.success() {
            return Err(format!("the load failed ({}): {}", said.status, String::from_utf8_lossy(&said.stderr)));
        }
        let after = resident(server.pid())?;
        server.stop()?;
        let said = String::from_utf8_lossy(&said.stdout);
        let window = Self::read(&said).ok_or_else(|| format!("the load said what is not understood: {said}"))?;
        Ok(Self { memory: (before, after), ..window })
    }

    fn read(said: &str) -> Option<Self> {
        let said: Value = serde_json::from_str(said).ok()?;
        let number = |name: &str| said[name].as_f64();
        let served = said["served"].as_bool()?;
        let window = Self {
            requests: said["requests"].as_u64()?,
            errors: said["errors"].as_u64()?,
            why: said["why"][0].as_str().map(str::to_owned),
            served,
            ..Self::default()
        };
        if !served {
            return Some(window);
        }
        let (seconds, server) = (number("seconds")?, number("server")?);
        Some(Self { seconds, server, user: number("user")?, load: number("generator")?, ..window })
    }

    /// Processor seconds for 100,000 requests; none if there was no request.
    pub(crate) fn cost(&self) -> Option<f64> {
        self.per_100_000(self.server)
    }

    /// As `cost`, in the server's own code alone.
    pub(crate) fn own_cost(&self) -> Option<f64> {
        self.per_100_000(self.user)
    }

    fn per_100_000(&self, seconds: f64) -> Option<f64> {
        (self.requests > 0).then(|| seconds * 100_000.0 / self.requests as f64)
    }

    /// Requests a second.
    pub(crate) fn rate(&self) -> f64 {
        if self.seconds > 0.0 { self.requests as f64 / self.seconds } else { 0.0 }
    }

    /// Whether the server had time to spare while the load had none.
    pub(crate) fn is_limited_by_the_load(&self) -> bool {
        self.served && self.load > 0.95 * self.seconds && self.server < 0.9 * self.seconds
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cost() {
            Some(cost) => write!(f, "{cost:.3} CPU s per 100,000, {:.0} requests/s", self.rate())?,
            None if !self.served => f.write_str("not served")?,
            None => f.write_str("no reply in time")?,
        }
        match &self.why {
            Some(why) => write!(f, "; {} wrong: {why}", self.errors),
            None => Ok(()),
        }
    }
}

/// The resident memory of a process in MiB.
fn resident(pid: u32) -> Result<f64, String> {
    let path = format!("/proc/{pid}/status");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{path}: the server is gone? {e}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let figure = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|figure| figure.parse::<f64>().ok());
    figure.map(|kib| kib / 1024.0).ok_or_else(|| format!("{path} has no VmRSS"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_load_says_is_read() {
        let said = r#"{"served":true,"requests":200000,"errors":0,"why":[],"seconds":2.0,"server":1.5,"user":0.5,"generator":1.0}"#;
        let window = Window::read(said).unwrap();
        assert_eq!((window.cost(), window.own_cost(), window.rate()), (Some(0.75), Some(0.25), 100_000.0));
        assert!(!window.is_limited_by_the_load());
        assert!(Window { load: 1.99, ..window }.is_limited_by_the_load());
        assert_eq!(Window::read(&said.replace("\"server\":1.5,", "")), None);
    }

    #[test]
    fn what_is_not_served_is_said_and_costs_nothing() {
        let window = Window::read(r#"{"served":false,"requests":0,"errors":1,"why":["400 no"]}"#).unwrap();
        assert_eq!(window.to_string(), "not served; 1 wrong: 400 no");
        assert_eq!((window.cost(), window.rate()), (None, 0.0));
    }

    #[test]
    fn a_process_has_memory() {
        assert!(resident(std::process::id()).unwrap() > 0.1);
    }
}
