//! Logs of events: a head, a Redis stream of the events, and the highest position dropped of each stream.

use bytes::Bytes;

use super::{Redis, millis, scripts};
use crate::error::Result;
use crate::store::contract::Events;
use crate::store::limits::{MAX_PAGE, check_key, check_value};
use crate::store::record::{Bound, Event, Position, Replay};

impl Events for Redis {
    async fn append(&self, log: &str, stream: u64, event: Bytes, bound: Bound) -> Result<Position> {
        check_key("log", log)?;
        check_value("event", &event, self.0.max_value)?;
        let mut call = scripts::EVENT_APPEND.key(&self.0.keys.log(log)[..]);
        call.arg(stream).arg(&event[..]).arg(bound.entries).arg(bound.bytes).arg(millis(bound.ttl));
        Ok(Position(self.0.link.run(&call).await?))
    }

    async fn replay(&self, log: &str, stream: Option<u64>, after: Position, limit: usize) -> Result<Replay> {
        check_key("log", log)?;
        let mut call = scripts::EVENT_REPLAY.key(&self.0.keys.log(log)[..]);
        call.arg(stream.map_or(String::new(), |stream| stream.to_string())).arg(after.0).arg(limit.min(MAX_PAGE));
        match self.0.link.run(&call).await? {
            redis::Value::Array(values) => read(values).map(Replay::Events).ok_or_else(|| self.0.link.damaged()),
            _ => Ok(Replay::Gone),
        }
    }

    async fn trim(&self, log: &str, stream: u64, upto: Position) -> Result<()> {
        check_key("log", log)?;
        let mut call = scripts::EVENT_TRIM.key(&self.0.keys.log(log)[..]);
        self.0.link.run(call.arg(stream).arg(upto.0)).await
    }

    async fn forget(&self, log: &str) -> Result<()> {
        check_key("log", log)?;
        let mut command = redis::cmd("UNLINK");
        self.0.link.send(command.arg(&self.0.keys.log(log)[..])).await
    }
}

fn read(values: Vec<redis::Value>) -> Option<Vec<Event>> {
    let mut values = values.into_iter();
    let mut events = Vec::with_capacity(values.len() / 3);
    while let Some(position) = values.next() {
        let position = Position(redis::from_redis_value(position).ok()?);
        let stream = redis::from_redis_value(values.next()?).ok()?;
        let bytes = redis::from_redis_value(values.next()?).ok()?;
        events.push(Event { position, stream, bytes });
    }
    Some(events)
}
