//! One connection, kept alive: the next call is written when the last reply was read and checked.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Trouble;
use crate::answer::{Answer, Right, told};
use crate::call::{self, Call, Mode};

/// How many of the wrong replies are told.
const TOLD: usize = 3;

/// What all connections did together.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    answered: Cell<u64>,
    errors: Cell<u64>,
    why: RefCell<Vec<String>>,
    over: Cell<bool>,
}

impl Tally {
    /// How many calls have been answered rightly.
    pub(crate) fn answered(&self) -> u64 {
        self.answered.get()
    }

    /// How many have not.
    pub(crate) fn errors(&self) -> u64 {
        self.errors.get()
    }

    /// The first of those in words.
    pub(crate) fn why(&self) -> Vec<String> {
        self.why.borrow().clone()
    }

    pub(crate) fn wrong(&self, why: String) {
        self.errors.set(self.errors.get() + 1);
        let mut told = self.why.borrow_mut();
        if told.len() < TOLD {
            told.push(why);
        }
    }

    /// No connection begins another call.
    pub(crate) fn end(&self) {
        self.over.set(true);
    }
}

/// Calls until the time is over or an answer is wrong: what follows a wrong one is no measure of anything.
pub(crate) async fn work(mode: Mode, address: SocketAddr, tally: Rc<Tally>) {
    let mut connection = match Connection::open(mode, address).await {
        Ok(connection) => connection,
        Err(why) => return tally.wrong(why),
    };
    while !tally.over.get() {
        match connection.call().await {
            Ok(()) => tally.answered.set(tally.answered.get() + 1),
            Err(why) => return tally.wrong(why),
        }
    }
}

/// A connection that is ready for calls.
#[derive(Debug)]
pub(crate) struct Connection {
    mode: Mode,
    stream: TcpStream,
    call: Call,
    read: Vec<u8>,
    right: Right,
}

impl Connection {
    /// Connects and, in the era of sessions, opens one.
    pub(crate) async fn open(mode: Mode, address: SocketAddr) -> Result<Self, Trouble> {
        let mut stream = TcpStream::connect(address).await.map_err(|error| format!("connect: {error}"))?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let mut read = Vec::with_capacity(16 * 1024);
        let session = match mode {
            Mode::Session => Some(handshake(&mut stream, &mut read, address).await?),
            Mode::Plain | Mode::Request => None,
        };
        let call = Call::new(mode, address, session.as_deref());
        Ok(Self { mode, stream, call, read, right: Right::default() })
    }

    /// One call and its reply.
    pub(crate) async fn call(&mut self) -> Result<(), Trouble> {
        let (id, request) = self.call.next();
        let answer = exchange(&mut self.stream, &mut self.read, request).await?;
        // A server with a fixed answer knows no ids.
        let id = (self.mode != Mode::Plain).then_some(&id);
        self.right.check(answer.status, &self.read[answer.body], id)
    }
}

/// The session's id.
async fn handshake(stream: &mut TcpStream, read: &mut Vec<u8>, address: SocketAddr) -> Result<String, Trouble> {
    let answer = exchange(stream, read, &call::initialize(address)).await?;
    let Answer { status: 200, session: Some(session), .. } = answer else {
        return Err(format!("initialize: {}", told(answer.status, &read[answer.body])));
    };
    let answer = exchange(stream, read, &call::initialized(address, &session)).await?;
    if answer.status == 202 {
        return Ok(session);
    }
    Err(format!("initialized: {}", told(answer.status, &read[answer.body])))
}

/// Writes a request and reads its whole answer.
async fn exchange(stream: &mut TcpStream, read: &mut Vec<u8>, request: &[u8]) -> Result<Answer, Trouble> {
    read.clear();
    stream.write_all(request).await.map_err(|error| format!("write: {error}"))?;
    loop {
        if stream.read_buf(read).await.map_err(|error| format!("read: {error}"))? == 0 {
            return Err("the server closed the connection".to_owned());
        }
        if let Some(answer) = Answer::read(read)? {
            return Ok(answer);
        }
    }
}
