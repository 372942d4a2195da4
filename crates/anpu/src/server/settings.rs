//! What can be set on a server, each with its default.

use std::time::Duration;

use anpu_proto::{jsonrpc, session};

use super::entry::Room;
use crate::component::{Caching, Mount};

/// The limits of a server. Past a limit the client gets a clear error; memory stays bounded.
///
/// ```
/// use anpu::Limits;
///
/// let limits = Limits::default().body(1024 * 1024).running(8);
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Limits {
    pub(crate) body: usize,
    pub(crate) line: usize,
    pub(crate) sessions: usize,
    pub(crate) sessions_each: usize,
    pub(crate) records: usize,
    pub(crate) records_each: usize,
    pub(crate) session: session::Limits,
    pub(crate) message: jsonrpc::Limits,
    pub(crate) page: usize,
    pub(crate) stream: Room,
    pub(crate) streams: usize,
    pub(crate) connections: usize,
    pub(crate) log_bytes: usize,
    pub(crate) events: usize,
    pub(crate) listens: usize,
    pub(crate) state: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 4 * 1024 * 1024,
            line: 4 * 1024 * 1024,
            sessions: 100_000,
            sessions_each: 1000,
            records: 1_000_000,
            records_each: 10_000,
            session: session::Limits::default(),
            message: jsonrpc::Limits::default(),
            page: 1000,
            stream: Room { entries: 256, bytes: 8 * 1024 * 1024 },
            streams: 8,
            connections: 10_000,
            log_bytes: 16 * 1024 * 1024,
            events: 256 * 1024 * 1024,
            listens: 10_000,
            state: 256 * 1024,
        }
    }
}

impl Limits {
    /// Bytes of one HTTP request body. Default: 4 MiB.
    pub fn body(mut self, bytes: usize) -> Self {
        self.body = bytes;
        self
    }

    /// Bytes of one line on stdio. Default: 4 MiB.
    pub fn line(mut self, bytes: usize) -> Self {
        self.line = bytes;
        self
    }

    /// Sessions live at once; the one that was idle longest makes room for a new one. Default: 100,000.
    pub fn sessions(mut self, count: usize) -> Self {
        self.sessions = count;
        self
    }

    /// Sessions of one principal live at once; the one that was idle longest makes room for a new one. Default: 1,000.
    pub fn sessions_each(mut self, count: usize) -> Self {
        self.sessions_each = count.max(1);
        self
    }

    /// Records of sessions in the store, of all and of one principal; those that were idle longest make room. Default:
    /// 1,000,000 and 10,000.
    pub fn records(mut self, all: usize, each: usize) -> Self {
        (self.records, self.records_each) = (all.max(1), each.max(1));
        self
    }

    /// Requests of one session that run at the same time. Default: 64.
    pub fn running(mut self, count: usize) -> Self {
        self.session.running = count.max(1);
        self
    }

    /// Requests of one session that wait for one of these places. Default: 256.
    pub fn queued(mut self, count: usize) -> Self {
        self.session.queued = count;
        self
    }

    /// Open questions of one session. Default: 64.
    pub fn questions(mut self, count: usize) -> Self {
        self.session.questions = count;
        self
    }

    /// Resources one session may watch. Default: 1,024.
    pub fn watches(mut self, count: usize) -> Self {
        self.session.watches = count;
        self
    }

    /// Arrays and objects inside each other in one message. Default: 100.
    pub fn depth(mut self, levels: usize) -> Self {
        self.message.depth = levels;
        self
    }

    /// Messages of one batch, where the version of the specification has batches. Default: 100.
    pub fn batch(mut self, count: usize) -> Self {
        self.message.batch = count;
        self
    }

    /// Components on one page of a list. Default: 1,000, because many clients read the first page only.
    /// A page may have more on it if a provider's listing does.
    pub fn page(mut self, count: usize) -> Self {
        self.page = count.max(1);
        self
    }

    /// What one stream may hold for its reader. Default: 256 messages and 8 MiB.
    pub fn stream(mut self, messages: usize, bytes: usize) -> Self {
        self.stream = Room { entries: messages.max(1), bytes };
        self
    }

    /// HTTP connections served at once; further ones wait to be accepted. Default: 10,000.
    pub fn connections(mut self, count: usize) -> Self {
        self.connections = count.max(1);
        self
    }

    /// Bytes of events that one session keeps for clients that come back. Default: 16 MiB.
    pub fn kept(mut self, bytes: usize) -> Self {
        self.log_bytes = bytes;
        self
    }

    /// Bytes that all streams of all sessions hold together. Past it, what was already sent is no longer kept for clients
    /// that come back, the oldest first. Default: 256 MiB.
    pub fn events(mut self, bytes: usize) -> Self {
        self.events = bytes;
        self
    }

    /// `subscriptions/listen` requests that are open at once, of all clients. Default: 10,000.
    pub fn listens(mut self, count: usize) -> Self {
        self.listens = count;
        self
    }

    /// Bytes of all [`Session<T>`](crate::Session) values of one session together, and of all [`User<T>`](crate::User) values
    /// of one principal, as JSON. What would be larger is refused and not kept. Default: 256 KiB.
    pub fn state(mut self, bytes: usize) -> Self {
        self.state = bytes;
        self
    }

    /// Streams one session may have open or keep for a client that comes back. Default: 8.
    pub fn streams(mut self, count: usize) -> Self {
        self.streams = count.max(1);
        self
    }
}

/// For how long clients may keep what they got, unless a provider or a component says otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fresh {
    pub(crate) lists: Caching,
    pub(crate) reads: Caching,
}

impl Default for Fresh {
    fn default() -> Self {
        let nothing = Caching::private(Duration::ZERO);
        Self { lists: nothing, reads: nothing }
    }
}

impl Fresh {
    /// What providers list may depend on who asks, and all pages of a list have one scope.
    pub(crate) fn of_lists(&self, mounts: &[Mount]) -> Caching {
        if mounts.is_empty() { self.lists } else { self.lists.alone() }
    }
}

/// Times, each with its default.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// A request may take so long. Its clock stands while the handler waits for the client.
    pub(crate) request: Option<Duration>,
    /// A handler that watches for its cancellation gets so long to clean up.
    pub(crate) grace: Duration,
    /// A session that was not used for so long is forgotten.
    pub(crate) idle: Option<Duration>,
    /// A plain answer becomes a stream after so long.
    pub(crate) upgrade: Duration,
    /// A quiet stream gets a sign of life after so long.
    pub(crate) keep_alive: Duration,
    /// What a client whose stream ended should wait before it comes back.
    pub(crate) retry: Duration,
    /// Running requests get so long when the server ends; what the transport finds right if it is not set.
    pub(crate) drain: Option<Duration>,
    /// A client that is asked may take so long to come back.
    pub(crate) request_state: Duration,
    /// The id of a session is good for so long.
    pub(crate) seal: Duration,
    /// The store keeps the record of a session for so long after it was last used.
    pub(crate) retention: Duration,
    /// The store keeps the state of a principal for so long after it was last used; for ever without.
    pub(crate) user: Option<Duration>,
    /// What was sent on a stream is kept for so long after it was written last.
    pub(crate) events: Duration,
    /// The store may take so long.
    pub(crate) store: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            request: Some(Duration::from_secs(60)),
            grace: Duration::from_secs(5),
            idle: Some(Duration::from_secs(30 * 60)),
            upgrade: Duration::from_millis(100),
            keep_alive: Duration::from_secs(15),
            retry: Duration::from_millis(1000),
            drain: None,
            request_state: Duration::from_secs(60 * 60),
            seal: Duration::from_secs(30 * 24 * 60 * 60),
            retention: Duration::from_secs(7 * 24 * 60 * 60),
            user: None,
            events: Duration::from_secs(10 * 60),
            store: Duration::from_secs(2),
        }
    }
}
