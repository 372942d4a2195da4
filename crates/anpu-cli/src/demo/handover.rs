//! `anpu demo --handover`: a process that holds the socket and has others serve it, one after another.
//!
//! The socket stays open while one server takes the place of the other, so no connection is refused: it waits. The notes
//! are in a file that one process has at a time; therefore a successor gets ready as far as it can without them, then the
//! one before ends and gives them free. Both sides of the link between them are here: [`Worker`] is the supervisor's,
//! [`Link`] the worker's. A link that ends asks the worker to end; so no worker outlives its supervisor.

use std::ffi::OsString;
use std::io;
use std::net::TcpListener;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use anpu::{Error, ErrorKind};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

use super::Options;

/// A worker that has not said the next word after so long will not.
const PATIENCE: Duration = Duration::from_secs(30);
/// Hands the socket over as systemd does: as descriptor 3, to the process of this id. The shell keeps its id when it becomes
/// the worker; it got the socket as its standard output, which goes where standard error goes from now on.
const BECOME: &str = r#"export LISTEN_PID=$$; exec "$@" 3<&1 1>&2"#;

/// Serves until the process is asked to end; on SIGHUP, another process takes over.
pub(super) async fn supervise(options: &Options) -> anpu::Result {
    let socket = super::listen(&options.address).await?.into_std()?;
    let starter = Starter { program: std::env::current_exe()?, arguments: options.for_worker(), socket };
    let mut asked = Asked::caught()?;
    let mut worker = starter.start()?;
    worker.begin(Order::First).await?;
    loop {
        tokio::select! {
            wish = asked.next() => match wish {
                Wish::End(_) => return end(worker, asked).await,
                Wish::HandOver => {
                    let succeeded = tokio::select! {
                        succeeded = succeed(&starter, &mut worker) => succeeded,
                        _ = asked.end() => return end(worker, asked).await,
                    };
                    match succeeded {
                        Ok(next) => worker = next,
                        Err(error) => crate::say(&format!("Nobody took over: {error:#}")),
                    }
                }
            },
            ended = worker.child.wait() => {
                crate::say(&format!("The server is gone ({}); connections wait for another one.", ended?));
                worker = starter.start()?;
                worker.begin(Order::Next).await?;
            }
        }
    }
}

/// Has another worker take the place of this one. If that one does not come up, this one goes on.
async fn succeed(starter: &Starter, worker: &mut Worker) -> anpu::Result<Worker> {
    let mut next = starter.start()?;
    next.hear(HERE).await?;
    worker.let_go().await?;
    next.say(Order::Next.word()).await?;
    next.hear(READY).await?;
    Ok(next)
}

/// Asks the worker to end, and ends as it does; asked again, at once.
async fn end(mut worker: Worker, mut asked: Asked) -> anpu::Result {
    tokio::select! {
        ended = worker.let_go() => match ended? {
            ended if ended.success() => Ok(()),
            ended => Err(Error::new(ErrorKind::Io, format!("the server ended badly: {ended}"))),
        },
        number = asked.end() => {
            worker.child.kill().await?;
            std::process::exit(128 + number);
        }
    }
}

/// What people ask of the supervisor.
enum Wish {
    HandOver,
    /// By a signal of this number.
    End(i32),
}

struct Asked {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Asked {
    fn caught() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> Wish {
        tokio::select! {
            _ = self.hangup.recv() => Wish::HandOver,
            _ = self.terminate.recv() => Wish::End(SignalKind::terminate().as_raw_value()),
            _ = self.interrupt.recv() => Wish::End(SignalKind::interrupt().as_raw_value()),
        }
    }

    async fn end(&mut self) -> i32 {
        loop {
            if let Wish::End(number) = self.next().await {
                return number;
            }
        }
    }
}

/// What workers say, a word a line: that they have the socket, and that they serve it.
const HERE: &str = "here";
const READY: &str = "ready";

/// What workers are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// To serve, as the first one.
    First,
    /// To serve, in the place of another one.
    Next,
}

impl Order {
    fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Next => "next",
        }
    }
}

/// What it takes to start a worker.
struct Starter {
    program: PathBuf,
    arguments: Vec<OsString>,
    socket: TcpListener,
}

impl Starter {
    fn start(&self) -> anpu::Result<Worker> {
        let (ours, theirs) = StdUnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", BECOME, "sh"]).arg(&self.program).args(&self.arguments);
        command.env("LISTEN_FDS", "1").env_remove("LISTEN_FDS_FIRST_FD");
        command.stdin(OwnedFd::from(theirs)).stdout(OwnedFd::from(self.socket.try_clone()?));
        // Ctrl-C in a terminal is for the supervisor, who tells the worker once.
        let child = command.process_group(0).kill_on_drop(true).spawn()?;
        Ok(Worker { child, link: Some(BufReader::new(UnixStream::from_std(ours)?)) })
    }
}

/// A process that serves the socket, or will.
struct Worker {
    child: Child,
    link: Option<BufReader<UnixStream>>,
}

impl Worker {
    /// Has it serve.
    async fn begin(&mut self, order: Order) -> anpu::Result {
        self.hear(HERE).await?;
        self.say(order.word()).await?;
        self.hear(READY).await
    }

    async fn hear(&mut self, word: &str) -> anpu::Result {
        let silent = || Error::new(ErrorKind::Io, "the process that was started did not come up");
        let link = self.link.as_mut().ok_or_else(silent)?;
        let mut line = String::new();
        timeout(PATIENCE, link.read_line(&mut line)).await.map_err(|_| silent())??;
        if line.trim_end() == word { Ok(()) } else { Err(silent()) }
    }

    async fn say(&mut self, word: &str) -> io::Result<()> {
        match &mut self.link {
            Some(link) => link.write_all(format!("{word}\n").as_bytes()).await,
            None => Ok(()),
        }
    }

    /// Asks it to end, and waits until it has.
    async fn let_go(&mut self) -> io::Result<ExitStatus> {
        self.link = None;
        self.child.wait().await
    }
}

/// The worker's end of the link.
pub(super) struct Link(BufReader<UnixStream>);

impl Link {
    /// Says that this process is there, and waits for its order. None if the supervisor is gone.
    pub(super) async fn report() -> anpu::Result<Option<(Self, Order)>> {
        let link = StdUnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        link.set_nonblocking(true)?;
        let mut link = BufReader::new(UnixStream::from_std(link)?);
        link.write_all(format!("{HERE}\n").as_bytes()).await?;
        let mut line = String::new();
        link.read_line(&mut line).await?;
        let order = [Order::First, Order::Next].into_iter().find(|order| order.word() == line.trim_end());
        Ok(order.map(|order| (Self(link), order)))
    }

    /// Says that this process serves.
    pub(super) async fn ready(&mut self) -> anpu::Result {
        Ok(self.0.write_all(format!("{READY}\n").as_bytes()).await?)
    }

    /// Ready when the supervisor wants this process to end, or is gone.
    pub(super) async fn ended(mut self) {
        let mut line = String::new();
        while self.0.read_line(&mut line).await.is_ok_and(|read| read > 0) {
            line.clear();
        }
    }
}
