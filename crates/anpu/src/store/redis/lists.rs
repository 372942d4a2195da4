//! Pages of lists, for sessions and tasks alike.

use std::time::Duration;

use super::Redis;
use super::keys::List;
use super::scripts;
use crate::error::{Error, ErrorKind, Result};
use crate::store::limits::{MAX_PAGE, check_key};
use crate::store::record::{Cursor, Listed, Page, Revision, Stored};

/// id, owner, revision, bytes, touched, expires, score
const FIELDS: usize = 7;

impl Redis {
    pub(super) async fn page(
        &self,
        list: List,
        owner: Option<&str>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page> {
        check_owner(owner)?;
        let (score, behind) = after.map_or(Ok(("", "")), place)?;
        if limit == 0 {
            return Ok(Page { records: Vec::new(), next: None });
        }
        let keys = &self.0.keys;
        let index = owner.map_or_else(|| keys.order(list), |owner| keys.owners_order(list) + owner);
        let lowest = if list == List::Sessions { "now" } else { "-inf" };
        let mut call = scripts::PAGE.key(index);
        call.arg(limit.min(MAX_PAGE)).arg(keys.records(list)).arg(owner.unwrap_or_default());
        call.arg(lowest).arg(score).arg(behind);
        let answer: Vec<redis::Value> = self.0.link.run(&call).await?;
        read(answer).ok_or_else(|| self.0.link.damaged())
    }
}

pub(super) fn check_owner(owner: Option<&str>) -> Result {
    owner.map_or(Ok(()), |owner| check_key("owner", owner))
}

/// The score and the id that this cursor names.
fn place(cursor: &Cursor) -> Result<(&str, &str)> {
    let place = cursor.as_str().split_once(':');
    let place = place.filter(|(score, _)| !score.is_empty() && score.bytes().all(|byte| byte.is_ascii_digit()));
    place.ok_or_else(|| Error::new(ErrorKind::Invalid, "this cursor is not one of this store"))
}

fn read(answer: Vec<redis::Value>) -> Option<Page> {
    let mut values = answer.into_iter();
    let now: u64 = field(values.next()?)?;
    let goes_on: u64 = field(values.next()?)?;
    let mut page = Page { records: Vec::with_capacity(values.len() / FIELDS), next: None };
    let mut last = None;
    while let Some(id) = values.next() {
        let id: String = field(id)?;
        let owner: String = field(values.next()?)?;
        let stored = Stored { revision: Revision(field(values.next()?)?), bytes: field(values.next()?)? };
        let (touched, expires): (u64, u64) = (field(values.next()?)?, field(values.next()?)?);
        let score: String = field(values.next()?)?;
        last = Some(format!("{score}:{id}"));
        page.records.push(Listed {
            id,
            owner: Some(owner).filter(|owner| !owner.is_empty()),
            stored,
            idle: Duration::from_millis(now.saturating_sub(touched)),
            left: Duration::from_millis(expires.saturating_sub(now)),
        });
    }
    page.next = last.filter(|_| goes_on == 1).map(Cursor::new);
    Some(page)
}

fn field<T: redis::FromRedisValue>(value: redis::Value) -> Option<T> {
    T::from_redis_value(value).ok()
}
