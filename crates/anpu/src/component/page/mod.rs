//! Pages of a list, and the cursors that lead from one to the next: opaque to the client, and taken back only if they
//! are ours, whole, and of the same list. It knows nothing of what is listed.

#[cfg(test)]
mod tests;

use std::{fmt, hash::Hasher};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Longer keys than a URI may be do not occur, so no cursor of ours is longer.
const LONGEST_CURSOR: usize = 16 * 1024;
const FORMAT: u8 = 1;

/// Where a page ended: at the item of this key, which was the one of this ordinal when the page was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The key of the last item of the page.
    pub(crate) key: Box<str>,
    /// How many items stood before it: where to go on when it is gone.
    pub(crate) ordinal: usize,
}

/// Writes and reads cursors with one key.
#[derive(Clone, Copy)]
pub(crate) struct Cursors {
    key: (u64, u64),
}

impl Cursors {
    /// Cursors under this key, for processes that share one.
    pub(crate) fn new(key: (u64, u64)) -> Self {
        Self { key }
    }

    /// Cursors under a key of this process.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        Ok(Self::new((getrandom::u64()?, getrandom::u64()?)))
    }

    /// The cursor of this place in the list of this kind. The kind is whatever must be the same when the cursor comes
    /// back, like the method; it is bound by the checksum, not written.
    pub(crate) fn write(&self, kind: &str, place: &Place) -> String {
        let mut bytes = vec![FORMAT];
        bytes.extend((place.ordinal as u64).to_be_bytes());
        bytes.extend(place.key.as_bytes());
        bytes.extend(self.checksum(kind, &bytes).to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place that a cursor of this kind means.
    pub(crate) fn read(&self, kind: &str, cursor: &str) -> Result<Place, InvalidCursor> {
        if cursor.len() > LONGEST_CURSOR {
            return Err(InvalidCursor);
        }
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| InvalidCursor)?;
        let (content, checksum) = bytes.split_last_chunk().ok_or(InvalidCursor)?;
        if u64::from_be_bytes(*checksum) != self.checksum(kind, content) {
            return Err(InvalidCursor);
        }
        let (ordinal, key) =
            content.strip_prefix(&[FORMAT]).and_then(<[u8]>::split_first_chunk).ok_or(InvalidCursor)?;
        let ordinal = usize::try_from(u64::from_be_bytes(*ordinal)).map_err(|_| InvalidCursor)?;
        let key = std::str::from_utf8(key).map_err(|_| InvalidCursor)?;
        Ok(Place { key: key.into(), ordinal })
    }

    /// A guard against mistakes and tampering with a list position, which is no secret.
    // The only keyed hash in std whose algorithm is fixed (SipHash 2-4): `DefaultHasher` may change and takes no key.
    #[expect(deprecated, reason = "see above")]
    fn checksum(&self, kind: &str, content: &[u8]) -> u64 {
        let mut hasher = std::hash::SipHasher::new_with_keys(self.key.0, self.key.1);
        hasher.write(&(kind.len() as u64).to_be_bytes());
        hasher.write(kind.as_bytes());
        hasher.write(content);
        hasher.finish()
    }
}

impl fmt::Debug for Cursors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursors { key: … }")
    }
}

/// A cursor that is not one of ours for this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvalidCursor;

impl fmt::Display for InvalidCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the cursor is not one of this list; leave it out to begin again")
    }
}

impl std::error::Error for InvalidCursor {}

/// The page of at most `size` items (at least one) after the place, and the place for the next one if there are more.
///
/// The list goes on behind the item of the place's key wherever that stands now. If that item is gone, it goes on at its
/// ordinal, where its successor moved up: so one item that is removed between two pages makes no other repeat or vanish.
pub(crate) fn page<'a, T>(
    items: impl Iterator<Item = (&'a str, T)> + Clone,
    after: Option<&Place>,
    size: usize,
) -> (Vec<T>, Option<Place>) {
    let start = after.map_or(0, |place| {
        let found = items.clone().position(|(key, _)| key == &*place.key);
        found.map_or(place.ordinal, |found| found.saturating_add(1))
    });
    let size = size.max(1);
    let mut rest = items.skip(start).enumerate().peekable();
    let mut taken = Vec::new();
    let mut last = None;
    while let Some((offset, (key, item))) = rest.next_if(|_| taken.len() < size) {
        taken.push(item);
        last = Some(Place { key: key.into(), ordinal: start + offset });
    }
    let more = rest.peek().is_some();
    (taken, last.filter(|_| more))
}
