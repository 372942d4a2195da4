//! The demo as a child process on a port that is free, its notes in a folder of its own.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::shell;

/// How long the demo may take until it says where it is.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running demo; it ends with this value at the latest.
pub(super) struct Demo {
    child: Child,
    url: String,
}

impl Demo {
    /// Starts the program over HTTP and waits until it says where it is.
    pub(super) fn start(program: &Path, data: &Path) -> Result<Self, String> {
        let mut command = Command::new(program);
        command.args(["demo", "--address", "127.0.0.1:0", "--data"]).arg(data);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|e| format!("{} does not start: {e}", program.display()))?;
        let said = child.stderr.take().ok_or("the demo has no standard error")?;
        let mut demo = Self { child, url: String::new() };
        demo.url = address(said)?;
        Ok(demo)
    }

    /// Where it serves.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Stops the demo; one that died before is an error.
    pub(super) fn stop(mut self) -> Result<(), String> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(format!("the demo ended by itself ({status})")),
            Err(e) => Err(format!("the demo cannot be asked how it is: {e}")),
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // it may have ended already; then there is nothing to stop
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The URL in the first line that the demo says. The rest goes to its log.
fn address(said: ChildStderr) -> Result<String, String> {
    let log = shell::logs()?.join("demo.log");
    let mut file = std::fs::File::create(&log).map_err(|e| format!("{} cannot be written: {e}", log.display()))?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let (mut said, mut first) = (BufReader::new(said), String::new());
        // a demo that says nothing more has nothing for the log either
        let _ = said.read_line(&mut first);
        let _ = sender.send(first.clone());
        let _ = std::io::copy(&mut first.as_bytes().chain(said), &mut file);
    });
    let first = receiver.recv_timeout(PATIENCE).map_err(|_| "the demo does not say where it is".to_owned())?;
    let url = first.split_whitespace().find(|word| word.starts_with("http://"));
    url.map(str::to_owned).ok_or_else(|| format!("the demo does not serve: {}", first.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_that_does_not_serve_is_an_error() {
        let why = Demo::start(Path::new("/bin/false"), Path::new("/none")).err().unwrap();
        assert_eq!(why, "the demo does not serve: ");
        assert!(Demo::start(Path::new("/no/such/demo"), Path::new("/none")).is_err());
    }
}
