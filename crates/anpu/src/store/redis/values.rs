//! Values: hashes of a revision and bytes, which the server expires.

use std::time::Duration;

use bytes::Bytes;

use super::{Redis, expected, millis_or_ever, scripts, swapped};
use crate::error::Result;
use crate::store::contract::Values;
use crate::store::limits::{check_key, check_value};
use crate::store::record::{Expected, Revision, Stored, Swapped};

impl Values for Redis {
    async fn get(&self, key: &str) -> Result<Option<Stored>> {
        check_key("key", key)?;
        self.stored(self.0.keys.value(key)).await
    }

    async fn swap(&self, key: &str, expected_state: Expected, value: Bytes, ttl: Option<Duration>) -> Result<Swapped> {
        check_key("key", key)?;
        check_value("value", &value, self.0.max_value)?;
        let mut call = scripts::VALUE_SWAP.key(self.0.keys.value(key));
        call.arg(expected(expected_state)).arg(&value[..]).arg(millis_or_ever(ttl));
        swapped(&self.0.link, &self.0.link.run(&call).await?)
    }

    async fn delete(&self, key: &str, expected_state: Expected) -> Result<bool> {
        check_key("key", key)?;
        let mut call = scripts::VALUE_DELETE.key(self.0.keys.value(key));
        self.0.link.run(call.arg(expected(expected_state))).await
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool> {
        check_key("key", key)?;
        let mut call = scripts::VALUE_TOUCH.key(self.0.keys.value(key));
        self.0.link.run(call.arg(millis_or_ever(ttl))).await
    }
}

impl Redis {
    /// The revision and bytes of this record.
    pub(super) async fn stored(&self, key: String) -> Result<Option<Stored>> {
        let mut command = redis::cmd("HMGET");
        command.arg(key).arg("r").arg("d");
        let found: (Option<u64>, Option<Bytes>) = self.0.link.send(&command).await?;
        match found {
            (Some(revision), Some(bytes)) => Ok(Some(Stored { revision: Revision(revision), bytes })),
            (None, None) => Ok(None),
            _ => Err(self.0.link.damaged()),
        }
    }
}
