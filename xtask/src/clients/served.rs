//! A server that is killed, started again at the same address, or asked to hand its socket over, while clients use it.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take until it says what it is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is started, and started again.
#[derive(Debug)]
pub(super) enum Start {
    /// A program that takes its address and a file, and says `serves` on its standard output.
    Killed { program: PathBuf, address: String, file: PathBuf },
    /// The demo as its own supervisor, with a folder.
    Demo { program: PathBuf, data: PathBuf },
}

impl Start {
    fn command(&self) -> Command {
        match self {
            Self::Killed { program, address, file } => {
                let mut command = Command::new(program);
                command.arg(address).arg(file).stdout(Stdio::piped()).stderr(Stdio::null());
                command
            }
            Self::Demo { program, data } => {
                let mut command = Command::new(program);
                command.args(["demo", "--handover", "--address", "127.0.0.1:0", "--data"]).arg(data);
                command.stdout(Stdio::null()).stderr(Stdio::piped());
                command
            }
        }
    }

    /// What is said by one that serves.
    fn ready(&self) -> &'static str {
        match self {
            Self::Killed { .. } => "serves",
            Self::Demo { .. } => "http://",
        }
    }
}

/// One that runs; it ends with this value at the latest.
pub(super) struct Served {
    start: Start,
    child: Child,
    said: Receiver<String>,
    url: String,
    log: PathBuf,
}

impl Served {
    /// Starts it and waits until it serves. What it says goes to the log, too.
    pub(super) fn start(start: Start, log: &Path) -> Result<Self, String> {
        let (child, said) = spawned(&start, log)?;
        let mut served = Self { start, child, said, url: String::new(), log: log.to_owned() };
        let line = served.hear(served.start.ready())?;
        served.url = match &served.start {
            Start::Killed { address, .. } => format!("http://{address}/mcp"),
            Start::Demo { .. } => line.split_whitespace().find(|word| word.starts_with("http://")).unwrap_or("").into(),
        };
        Ok(served)
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Waits for a line that has this.
    pub(super) fn hear(&mut self, part: &str) -> Result<String, String> {
        loop {
            let line = self.said.recv_timeout(PATIENCE);
            let line = line.map_err(|_| format!("the server never said `{part}`; all it said is in {}", self.log()))?;
            if line.contains(part) {
                return Ok(line);
            }
        }
    }

    /// Kills it with SIGKILL, and starts it again. Returns for how long nobody was there.
    pub(super) fn kill(&mut self) -> Result<Duration, String> {
        let wrong = |e: std::io::Error| format!("the server cannot be killed: {e}");
        let since = Instant::now();
        self.child.kill().and_then(|()| self.child.wait()).map_err(wrong)?;
        (self.child, self.said) = spawned(&self.start, &self.log)?;
        self.hear(self.start.ready())?;
        Ok(since.elapsed())
    }

    /// Has another process take the place of this one, and waits until it has.
    pub(super) fn hand_over(&mut self) -> Result<Duration, String> {
        let since = Instant::now();
        let id = self.child.id().to_string();
        crate::shell::quiet("hand-over", &mut crate::shell::command("kill", &["-HUP", &id]))?;
        self.hear("took over")?;
        Ok(since.elapsed())
    }

    fn log(&self) -> String {
        self.log.display().to_string()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to stop.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawned(start: &Start, log: &Path) -> Result<(Child, Receiver<String>), String> {
    let file = OpenOptions::new().create(true).append(true).open(log);
    let mut file = file.map_err(|e| format!("{} cannot be written: {e}", log.display()))?;
    let mut command = start.command();
    command.stdin(Stdio::null()).env_remove("ANPU_STORE").env_remove("ANPU_KEYS");
    let child = command.spawn();
    let mut child = child.map_err(|e| format!("{} does not start: {e}", command.get_program().display()))?;
    let out = child.stdout.take().map(|out| Box::new(out) as Box<dyn Read + Send>);
    let said = out.or_else(|| child.stderr.take().map(|err| Box::new(err) as Box<dyn Read + Send>));
    let said = said.ok_or("the server has no output")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(said).lines().map_while(Result::ok) {
            // Lines are for whoever waits for one; nobody has to.
            let _ = writeln!(file, "{line}");
            let _ = sender.send(line);
        }
    });
    Ok((child, receiver))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_ends_before_it_serves_is_an_error() {
        let log = std::env::temp_dir().join(format!("anpu-served-{}.log", std::process::id()));
        let start = |program: &str| Start::Killed {
            program: program.into(),
            address: "127.0.0.1:1".to_owned(),
            file: "/none".into(),
        };
        let why = Served::start(start("echo"), &log).err().unwrap();
        assert!(why.starts_with("the server never said `serves`"), "{why}");
        assert_eq!(std::fs::read_to_string(&log).unwrap(), "127.0.0.1:1 /none\n");
        let why = Served::start(start("/no/such/server"), &log).err().unwrap();
        assert!(why.starts_with("/no/such/server does not start"), "{why}");
        std::fs::remove_file(log).unwrap();
    }
}
