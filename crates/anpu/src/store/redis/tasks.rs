//! Tasks: hashes that expire, with an index in the order in which they were put and one by expiry, of all and of each owner.

use std::time::Duration;

use bytes::Bytes;
use redis::ScriptInvocation;

use super::keys::List;
use super::lists::check_owner;
use super::{Redis, millis, scripts, swapped};
use crate::error::Result;
use crate::store::contract::Tasks;
use crate::store::limits::{check_key, check_value};
use crate::store::record::{Cursor, Page, Revision, Stored, Swapped};

const LIST: List = List::Tasks;

impl Tasks for Redis {
    async fn put(&self, id: &str, owner: Option<&str>, task: Bytes, ttl: Duration) -> Result<Swapped> {
        check_key("task id", id)?;
        check_owner(owner)?;
        check_value("task", &task, self.0.max_value)?;
        let mut call = self.on_task(&scripts::TASK_PUT, id);
        call.arg(owner.unwrap_or_default()).arg(&task[..]).arg(millis(ttl));
        swapped(&self.0.link, &self.0.link.run(self.with_owners_of_tasks(&mut call)).await?)
    }

    async fn get(&self, id: &str) -> Result<Option<Stored>> {
        check_key("task id", id)?;
        self.stored(self.0.keys.record(LIST, id)).await
    }

    async fn swap(&self, id: &str, expected: Revision, task: Bytes, ttl: Duration) -> Result<Swapped> {
        check_key("task id", id)?;
        check_value("task", &task, self.0.max_value)?;
        let mut call = self.on_task(&scripts::TASK_SWAP, id);
        call.arg(expected.0).arg(&task[..]).arg(millis(ttl));
        swapped(&self.0.link, &self.0.link.run(self.with_owners_of_tasks(&mut call)).await?)
    }

    async fn list(&self, owner: Option<&str>, after: Option<&Cursor>, limit: usize) -> Result<Page> {
        self.page(LIST, owner, after, limit).await
    }

    async fn delete(&self, id: &str) -> Result<bool> {
        check_key("task id", id)?;
        let mut call = self.on_task(&scripts::TASK_DELETE, id);
        self.0.link.run(self.with_owners_of_tasks(&mut call)).await
    }
}

impl Redis {
    fn on_task<'a>(&self, script: &'a redis::Script, id: &str) -> ScriptInvocation<'a> {
        let keys = &self.0.keys;
        let mut call = script.key(keys.record(LIST, id));
        call.key(keys.order(LIST)).key(keys.expiry(LIST)).arg(id);
        call
    }

    fn with_owners_of_tasks<'a, 'b>(&self, call: &'b mut ScriptInvocation<'a>) -> &'b ScriptInvocation<'a> {
        call.arg(self.0.keys.owners_order(LIST)).arg(self.0.keys.owners_expiry(LIST))
    }
}
