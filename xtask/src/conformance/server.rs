//! The everything-server as a child process on a free port, stopped when the suite is done with it.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::shell;

/// How long a server may take until it accepts connections.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server; it ends with this value at the latest.
pub(crate) struct Server {
    child: Child,
    port: u16,
    log: PathBuf,
}

impl Server {
    /// Starts the program with `PORT` set and waits until the port accepts.
    pub(crate) fn start(program: &Path) -> Result<Server, String> {
        Self::start_as(Command::new(program))
    }

    /// As `start`, with arguments and an environment.
    pub(crate) fn start_as(mut command: Command) -> Result<Server, String> {
        let port = free_port().map_err(|e| format!("no free port: {e}"))?;
        let log = shell::logs()?.join("everything-server.log");
        let open = File::create(&log).and_then(|file| Ok((file.try_clone()?, file)));
        let (out, err) = open.map_err(|e| format!("{} cannot be written: {e}", log.display()))?;
        command.env("PORT", port.to_string()).stdin(Stdio::null()).stdout(out).stderr(err);
        let child = command.spawn().map_err(|e| format!("{} does not start: {e}", command.get_program().display()))?;
        let mut server = Server { child, port, log };
        server.wait()?;
        Ok(server)
    }

    /// Where it serves. The suite accepts only loopback hosts.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/mcp", self.port)
    }

    /// The socket it listens on.
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Stops the server; one that died before is an error.
    pub(crate) fn stop(mut self) -> Result<(), String> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(self.died(&status.to_string())),
            Err(e) => Err(format!("the server cannot be asked how it is: {e}")),
        }
    }

    fn wait(&mut self) -> Result<(), String> {
        let address = self.address();
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(self.died(&status.to_string()));
            }
            thread::sleep(Duration::from_millis(20));
        }
        let seconds = PATIENCE.as_secs();
        Err(format!("the server does not accept on port {} after {seconds} s: see {}", self.port, self.log.display()))
    }

    fn died(&self, status: &str) -> String {
        let said = std::fs::read_to_string(&self.log).unwrap_or_default();
        format!("the everything-server ended by itself ({status}); it said:\n{said}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // it may have ended already; then there is nothing to stop
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_ends_at_once_is_an_error() {
        let why = Server::start(Path::new("/bin/true")).err().unwrap();
        assert!(why.contains("ended by itself"), "{why}");
        assert!(Server::start(Path::new("/no/such/server")).is_err());
    }
}
