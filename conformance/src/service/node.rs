//! One node of a service: an everything-server on a port of its own, which it has again when it is started again.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::Process;
use super::{KEY, Plan, free_port};

/// Whose the socket of a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Socket {
    /// The process's: who connects while there is none is refused.
    Own,
    /// That of whoever starts the process, which hands it over (`LISTEN_FDS`): who connects meanwhile waits.
    Handed,
}

/// A node, running or not.
#[derive(Debug)]
pub struct Node {
    command: Command,
    log: PathBuf,
    address: SocketAddr,
    /// What is handed over to each process.
    listener: Option<TcpListener>,
    process: Option<Process>,
    starts: usize,
}

impl Node {
    pub(super) fn new(plan: &Plan<'_>, number: usize, folder: &Path, store: &str) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("no socket for a node: {error}");
        let (address, listener) = match plan.socket {
            Socket::Own => (SocketAddr::from((Ipv4Addr::LOCALHOST, free_port().map_err(failed)?)), None),
            Socket::Handed => {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
                (listener.local_addr().map_err(failed)?, Some(listener))
            }
        };
        let mut command = Command::new(plan.program);
        command.arg("--figures").env("PORT", address.port().to_string()).env("ANPU_STORE", store).env("ANPU_KEYS", KEY);
        let log = folder.join(format!("node-{number}.log"));
        Ok(Self { command, log, address, listener, process: None, starts: 0 })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of its process, if it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Process::pid)
    }

    /// Starts it, and returns when it takes connections.
    ///
    /// # Errors
    ///
    /// What it said before it ended.
    pub fn start(&mut self) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("the socket cannot be handed over: {error}");
        let socket = self.listener.as_ref().map(TcpListener::try_clone).transpose().map_err(failed)?;
        self.starts += 1;
        let log = self.log.with_extension(format!("{}.log", self.starts));
        let process = Process::start("everything-server", &self.command, &log, socket.map(OwnedFd::from))?;
        process.says_ready(self.address)?;
        self.process = Some(process);
        Ok(())
    }

    /// Ends it as a crash does (SIGKILL).
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Asks it to end (SIGTERM) and waits until it did; its exit code.
    ///
    /// # Errors
    ///
    /// It does not end, or does not run.
    pub fn end(&mut self) -> Result<i32, String> {
        let mut process = self.process.take().ok_or("the node does not run")?;
        process.signal("TERM");
        process.wait()
    }

    /// Sends its process a signal, such as `STOP` and `CONT`.
    pub fn signal(&self, signal: &str) {
        self.process.iter().for_each(|process| process.signal(signal));
    }
}
