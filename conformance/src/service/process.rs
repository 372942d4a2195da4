//! A process that ends with whoever started it, however that ends, and that can be sent signals.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a process may take until it takes connections, or to end when it is asked to.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a program with what it says in a file, tells its number, and kills it when its own input ends, which is when
/// whoever started it is gone. Its error output may be a socket that is handed over, as file 3.
const WATCH: &str = r#"log=$1; shift; exec 4<&0
if [ "$HANDED" ]; then exec 3<&2; fi
: >"$log"; exec 2>>"$log"
sh -c '[ "$HANDED" ] && export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"' sh "$@" </dev/null >>"$log" 2>&1 4<&- &
child=$!; echo "$child"
exec 3<&- >&-
(read -r _ <&4; kill -9 "$child" 2>/dev/null) &
watch=$!
wait "$child"; code=$?
kill "$watch"
exit "$code""#;

/// A running program.
#[derive(Debug)]
pub(crate) struct Process {
    shell: Child,
    /// Its end is the end of the program.
    input: Option<ChildStdin>,
    pid: u32,
    name: &'static str,
    log: PathBuf,
}

impl Process {
    /// Starts a program; what it says is in `log`. It gets the socket as systemd would give it.
    pub(crate) fn start(
        name: &'static str,
        command: &Command,
        log: &Path,
        socket: Option<OwnedFd>,
    ) -> Result<Self, String> {
        let failed = |error: &dyn std::fmt::Display| format!("{name} does not start: {error}");
        let mut shell = Command::new("sh");
        shell.args(["-c", WATCH, "sh"]).arg(log).arg(command.get_program()).args(command.get_args());
        shell.envs(command.get_envs().filter_map(|(key, value)| Some((key, value?))));
        shell.env("HANDED", if socket.is_some() { "1" } else { "" });
        shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(socket.map_or_else(Stdio::null, Stdio::from));
        let mut shell = shell.spawn().map_err(|error| failed(&error))?;
        let mut told = String::new();
        let output = shell.stdout.take().ok_or_else(|| failed(&"it has no output"))?;
        BufReader::new(output).read_line(&mut told).map_err(|error| failed(&error))?;
        let pid = told.trim().parse().map_err(|error| failed(&error))?;
        let input = shell.stdin.take();
        Ok(Self { shell, input, pid, name, log: log.to_owned() })
    }

    /// Waits until it takes connections there.
    pub(crate) fn ready(&self, address: SocketAddr) -> Result<(), String> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok() {
                return Ok(());
            }
            if !self.lives() {
                return Err(format!("{} ended; it said: {}", self.name, self.said()));
            }
            sleep(Duration::from_millis(10));
        }
        Err(format!("{} does not take connections at {address}; it said: {}", self.name, self.said()))
    }

    /// Waits until it says there that it is ready: a connection to a socket that was handed over proves nothing.
    pub(crate) fn says_ready(&self, address: SocketAddr) -> Result<(), String> {
        self.ready(address)?;
        let asked = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(address)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.write_all(b"GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        match asked() {
            Ok(answer) if answer.starts_with("HTTP/1.1 200") => Ok(()),
            Ok(answer) => Err(format!("{} is not ready: {answer}; it said: {}", self.name, self.said())),
            Err(error) => Err(format!("{} is not ready: {error}; it said: {}", self.name, self.said())),
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Ends it at once.
    pub(crate) fn kill(&mut self) {
        drop(self.input.take());
        // It is gone in either case.
        let _ = self.shell.wait();
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: &str) {
        // One that has ended gets none.
        let _ = Command::new("kill").args([format!("-{signal}"), self.pid.to_string()]).stderr(Stdio::null()).status();
    }

    /// Waits until it ended by itself; its exit code.
    pub(crate) fn wait(&mut self) -> Result<i32, String> {
        let until = Instant::now() + PATIENCE + Duration::from_secs(10);
        while Instant::now() < until {
            match self.shell.try_wait() {
                Ok(Some(status)) => return Ok(status.code().unwrap_or(-1)),
                Ok(None) => sleep(Duration::from_millis(10)),
                Err(error) => return Err(format!("{} cannot be waited for: {error}", self.name)),
            }
        }
        Err(format!("{} does not end; it said: {}", self.name, self.said()))
    }

    fn lives(&self) -> bool {
        Path::new("/proc").join(self.pid.to_string()).join("exe").exists()
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
