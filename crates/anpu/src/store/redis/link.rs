//! The way to the server: sends, waits no longer than the deadline, and says what went wrong without secrets.

use std::time::Duration;

use redis::aio::{ConnectionLike, ConnectionManager, MultiplexedConnection};
use redis::cluster_async::ClusterConnection;
use redis::{Cmd, FromRedisValue, Pipeline, RedisError, RedisFuture, RedisResult, ScriptInvocation, Value};

use crate::error::{Error, ErrorKind, Result};

/// The connection that all calls of a store share, with how long they wait.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) wire: Wire,
    pub(super) place: String,
    pub(super) deadline: Duration,
}

/// A connection to one server or to a cluster.
#[derive(Clone)]
pub(super) enum Wire {
    /// Shared, and made anew by itself.
    One(ConnectionManager),
    /// As long as it lasts.
    Plain(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// What the server is asked.
enum Question<'a> {
    Script(&'a ScriptInvocation<'a>),
    Command(&'a Cmd),
}

impl Question<'_> {
    async fn ask<T: FromRedisValue>(&self, mut wire: Wire) -> RedisResult<T> {
        match self {
            Self::Script(script) => script.invoke_async(&mut wire).await,
            Self::Command(command) => command.query_async(&mut wire).await,
        }
    }
}

/// How long it waits after the server said that it did not do what it was asked to.
const PAUSE: Duration = Duration::from_millis(20);

impl Link {
    /// Runs a script; the server learns it first if it does not know it.
    pub(super) async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T> {
        self.ask(Question::Script(script)).await
    }

    /// Sends a command.
    pub(super) async fn send<T: FromRedisValue>(&self, command: &Cmd) -> Result<T> {
        self.ask(Question::Command(command)).await
    }

    /// Asks, again and again as long as it is certain that nothing was done, until the deadline.
    async fn ask<T: FromRedisValue>(&self, question: Question<'_>) -> Result<T> {
        let answer = async {
            loop {
                match question.ask(self.wire.clone()).await {
                    Err(error) if is_undone(&error) => tokio::time::sleep(PAUSE).await,
                    answer => return answer,
                }
            }
        };
        match tokio::time::timeout(self.deadline, answer).await {
            Ok(answer) => answer.map_err(|error| failed(&self.place, error)),
            Err(_) => Err(silent(&self.place, self.deadline)),
        }
    }

    /// An answer that no script of ours gives.
    pub(super) fn damaged(&self) -> Error {
        Error::new(ErrorKind::Store, format!("what is in Redis at {} is not of this store", self.place))
    }
}

/// Whether the server says that it did nothing, but soon will, or another server of the cluster would. That a connection was
/// lost says nothing of the kind.
fn is_undone(error: &RedisError) -> bool {
    let soon = ["LOADING", "MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN"];
    error.kind() == redis::ErrorKind::ClusterConnectionNotFound || error.code().is_some_and(|code| soon.contains(&code))
}

/// What this error of the server or of the connection is to the caller.
pub(super) fn failed(place: &str, error: RedisError) -> Error {
    if error.code() == Some("OOM") {
        return Error::new(ErrorKind::Overloaded, format!("Redis at {place} is full (its maxmemory)")).because(error);
    }
    let text = match (error.is_timeout(), error.is_io_error()) {
        (true, _) => format!("Redis at {place} does not answer"),
        (false, true) => format!("Redis at {place} cannot be reached"),
        (false, false) => format!("Redis at {place} refuses"),
    };
    Error::new(ErrorKind::Store, text).because(error)
}

/// The server did not answer in time.
pub(super) fn silent(place: &str, deadline: Duration) -> Error {
    Error::new(ErrorKind::Store, format!("Redis at {place} does not answer within {deadline:?}"))
}

impl ConnectionLike for Wire {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::One(wire) => wire.req_packed_command(command),
            Self::Plain(wire) => wire.req_packed_command(command),
            Self::Cluster(wire) => wire.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        commands: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::One(wire) => wire.req_packed_commands(commands, offset, count),
            Self::Plain(wire) => wire.req_packed_commands(commands, offset, count),
            Self::Cluster(wire) => wire.req_packed_commands(commands, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::One(wire) => wire.get_db(),
            Self::Plain(wire) => wire.get_db(),
            Self::Cluster(wire) => wire.get_db(),
        }
    }
}
