//! Sessions: hashes that expire, an index of all and one for each owner, both in the order of expiry.

use std::time::Duration;

use bytes::Bytes;

use super::keys::List;
use super::lists::check_owner;
use super::{Redis, expected, millis, scripts};
use crate::error::Result;
use crate::store::contract::Sessions;
use crate::store::limits::{check_key, check_value};
use crate::store::record::{Cursor, Expected, Loaded, Page, Revision, Saved, Stored};

const LIST: List = List::Sessions;

impl Sessions for Redis {
    async fn load(&self, id: &str, known: Option<Revision>) -> Result<Loaded> {
        check_key("session id", id)?;
        let mut call = scripts::SESSION_LOAD.key(self.0.keys.record(LIST, id));
        call.arg(known.map_or(String::new(), |known| known.0.to_string()));
        let (what, revision, bytes): (String, Option<u64>, Option<Bytes>) = self.0.link.run(&call).await?;
        match (what.as_str(), revision, bytes) {
            ("absent", ..) => Ok(Loaded::Absent),
            ("ended", ..) => Ok(Loaded::Ended),
            ("unchanged", ..) => Ok(Loaded::Unchanged),
            ("record", Some(revision), Some(bytes)) => {
                Ok(Loaded::Record(Stored { revision: Revision(revision), bytes }))
            }
            _ => Err(self.0.link.damaged()),
        }
    }

    async fn save(
        &self,
        id: &str,
        expected_state: Expected,
        owner: Option<&str>,
        record: Bytes,
        ttl: Duration,
    ) -> Result<Saved> {
        check_key("session id", id)?;
        check_owner(owner)?;
        check_value("session record", &record, self.0.max_value)?;
        let keys = &self.0.keys;
        let mut call = scripts::SESSION_SAVE.key(keys.record(LIST, id));
        call.key(keys.order(LIST)).arg(id).arg(expected(expected_state)).arg(owner.unwrap_or_default());
        call.arg(&record[..]).arg(millis(ttl)).arg(keys.owners_order(LIST));
        let (what, revision): (String, Option<u64>) = self.0.link.run(&call).await?;
        match (what.as_str(), revision) {
            ("done", Some(revision)) => Ok(Saved::Done(Revision(revision))),
            ("conflict", _) => Ok(Saved::Conflict),
            ("ended", _) => Ok(Saved::Ended),
            _ => Err(self.0.link.damaged()),
        }
    }

    async fn touch(&self, id: &str, ttl: Duration) -> Result<bool> {
        check_key("session id", id)?;
        self.with_owners(&scripts::SESSION_TOUCH, id, ttl).await
    }

    async fn end(&self, id: &str, tombstone: Duration) -> Result<bool> {
        check_key("session id", id)?;
        self.with_owners(&scripts::SESSION_END, id, tombstone).await
    }

    async fn list(&self, owner: Option<&str>, after: Option<&Cursor>, limit: usize) -> Result<Page> {
        self.page(LIST, owner, after, limit).await
    }

    async fn count(&self, owner: Option<&str>) -> Result<usize> {
        check_owner(owner)?;
        let keys = &self.0.keys;
        let index = owner.map_or_else(|| keys.order(LIST), |owner| keys.owners_order(LIST) + owner);
        self.0.link.run(&scripts::SESSION_COUNT.key(index)).await
    }
}

impl Redis {
    async fn with_owners(&self, script: &redis::Script, id: &str, ttl: Duration) -> Result<bool> {
        let keys = &self.0.keys;
        let mut call = script.key(keys.record(LIST, id));
        call.key(keys.order(LIST)).arg(id).arg(millis(ttl)).arg(keys.owners_order(LIST));
        self.0.link.run(&call).await
    }
}
