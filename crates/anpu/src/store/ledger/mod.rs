//! What the contracts mean on one ordered table of bytes: revisions, expiry, tombstones, order, bounds. Knows neither where
//! the table is nor what its clock says, so that every backend with such a table keeps the same promises.
//!
//! The rows, by the first byte of their key (numbers are big-endian, so that keys sort as numbers do):
//!
//! | key | value |
//! | --- | --- |
//! | `r` kind id | a record: header and bytes ([`record`]) |
//! | `x` expires kind id | nothing: what expires when |
//! | `l` kind owner order id | nothing: the lists; without an owner, the list of all |
//! | `c` kind owner | how many are in that list, expired ones included until they are swept |
//! | `e` log position | an event: its stream and bytes |

mod keys;
mod lists;
mod log;
mod record;
mod records;
mod sessions;

use std::ops::ControlFlow;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use crate::error::Result;

pub(super) use keys::{Kind, is_entry};
pub(super) use lists::{count, list};
pub(super) use log::{append, forget, replay, trim};
pub(super) use records::{delete, get, swap, sweep, touch};
pub(super) use sessions::{end, load, save};

/// A time of the backend's clock, in milliseconds.
pub(super) type Millis = u64;

/// Where a backend's numbers begin when it is opened, unless it has given larger ones: microseconds since 1970. So a
/// position that a client kept from an earlier process, whose log is lost, is older than all that this process gives.
pub(super) fn first_number() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or_default()
}

/// The time of what never expires.
pub(super) const NEVER: Millis = u64::MAX;

/// An ordered table of bytes, to read.
pub(super) trait Rows {
    fn get(&self, key: &[u8]) -> Result<Option<Bytes>>;

    /// Shows the rows from `from` on and before `to`, in order, until the visitor breaks off.
    fn scan(&self, from: &[u8], to: &[u8], visit: &mut Visit<'_>) -> Result;
}

/// What looks at the rows of a [`Rows::scan`].
pub(super) type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>> + 'a;

/// An ordered table of bytes, to write.
pub(super) trait RowsMut: Rows {
    fn put(&mut self, key: &[u8], value: &[u8]) -> Result;

    fn remove(&mut self, key: &[u8]) -> Result;

    /// A number larger than all that this table gave before, in earlier processes too: revisions, positions, orders. The
    /// first one that a backend gives is [`first_number`].
    fn number(&mut self) -> u64;
}
