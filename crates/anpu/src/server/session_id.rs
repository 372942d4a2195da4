//! The id of a session: random bits and what must be known of the client to go on without any record, sealed.

use std::fmt;
use std::sync::Arc;

use anpu_proto::dialect::{self, Dialect, Era};
use anpu_proto::model::{
    ClientCapabilities, ElicitationCapability, Implementation, JsonObject, RootsCapability, SamplingCapability,
};
use anpu_proto::session::Peer;

use super::core::Core;
use crate::auth::Principal;
use crate::error::Result;
use crate::seal::{Purpose, digest};

/// The key of a session, under which its record is kept: 128 random bits, written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SessionId(pub(crate) u128);

impl SessionId {
    /// One that was never there before.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits)?;
        Ok(Self(u128::from_le_bytes(bits)))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for SessionId {
    /// Whoever has the id has the session, so logs get its beginning only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}…", self.0 >> 96)
    }
}

/// What a sealed id says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Introduced {
    pub(crate) id: SessionId,
    /// Seconds since 1970.
    pub(crate) created: u32,
    pub(crate) dialect: &'static Dialect,
    /// A digest of who opened it.
    pub(crate) owner: [u8; 16],
    pub(crate) peer: Peer,
}

const FORMAT: u8 = 1;
/// Bytes before sealing, so that the text has 512 characters at most.
const MOST: usize = 339;
/// Bytes of the client's name, and as many of its version.
const MOST_NAME: usize = 64;
/// Characters of an id.
const LONGEST: usize = 512;

/// A digest of who a session belongs to.
pub(crate) fn owner(principal: Option<&Principal>) -> [u8; 16] {
    let whole = whose(principal);
    let (half, _) = whole.split_first_chunk().expect("half of 32 bytes");
    *half
}

/// A digest of whoever it is, or of nobody.
pub(super) fn whose(principal: Option<&Principal>) -> [u8; 32] {
    match principal {
        Some(principal) => digest(&[b"principal", principal.subject().as_bytes()]),
        None => digest(&[b"nobody"]),
    }
}

impl Introduced {
    /// The id as the client gets it, and whether it says all there is to say about the client.
    pub(crate) fn seal(&self, core: &Core) -> Result<(Arc<str>, bool)> {
        let plain = self.write();
        let whole = Self::read(&plain).is_some_and(|read| read.peer == self.peer);
        let text = core.seals.seal(Purpose::Session, &[], &plain)?;
        debug_assert!(text.len() <= LONGEST, "an id is at most {LONGEST} characters long");
        Ok((text.into(), whole))
    }

    /// What an id says, if it is one of ours and not too old.
    pub(crate) fn open(core: &Core, text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let plain = core.seals.open(Purpose::Session, &[], text).ok()?;
        let read = Self::read(&plain)?;
        let age = (core.unix_time() / 1000).saturating_sub(u64::from(read.created));
        (age <= core.times.seal.as_secs()).then_some(read)
    }

    fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(MOST);
        out.push(FORMAT);
        out.extend(self.id.0.to_be_bytes());
        out.extend(self.created.to_be_bytes());
        out.push(place_of(self.dialect));
        out.extend(self.owner);
        out.extend(bits_of(&self.peer.capabilities).to_be_bytes());
        for text in [&self.peer.info.name, &self.peer.info.version] {
            put(&mut out, cut(text, MOST_NAME).as_bytes());
        }
        for (id, settings) in &self.peer.capabilities.extensions {
            let settings = settings.to_string();
            // What does not fit comes back as undeclared.
            if id.len() <= 255 && settings.len() <= 255 && out.len() + 2 + id.len() + settings.len() <= MOST {
                put(&mut out, id.as_bytes());
                put(&mut out, settings.as_bytes());
            }
        }
        out
    }

    fn read(plain: &[u8]) -> Option<Self> {
        let mut rest = plain.strip_prefix(&[FORMAT])?;
        let id = SessionId(u128::from_be_bytes(take(&mut rest)?));
        let created = u32::from_be_bytes(take(&mut rest)?);
        let [place] = take(&mut rest)?;
        let dialect = dialect_at(place)?;
        let owner = take(&mut rest)?;
        let bits = u16::from_be_bytes(take(&mut rest)?);
        let (name, version) = (text(&mut rest)?, text(&mut rest)?);
        let mut capabilities = capabilities_of(bits);
        while !rest.is_empty() {
            let (id, settings) = (text(&mut rest)?, text(&mut rest)?);
            capabilities.extensions.insert(id.to_owned(), serde_json::from_str(settings).ok()?);
        }
        let peer = Peer::new(Implementation::new(name, version), capabilities);
        Some(Self { id, created, dialect, owner, peer })
    }
}

/// Versions are only ever added, so the oldest keeps its number.
fn place_of(dialect: &Dialect) -> u8 {
    let place = dialect::ALL.iter().rev().position(|known| *known == dialect);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}

fn dialect_at(place: u8) -> Option<&'static Dialect> {
    dialect::ALL.iter().rev().nth(usize::from(place)).copied().filter(|dialect| dialect.era == Era::Session)
}

/// The capabilities that the specification names, lowest bit first. Bits are only ever added.
fn flags(capabilities: &ClientCapabilities) -> [bool; 8] {
    let elicitation = capabilities.elicitation.as_ref();
    [
        capabilities.roots.is_some(),
        capabilities.tells_root_changes(),
        capabilities.sampling.is_some(),
        capabilities.samples_with_context(),
        capabilities.samples_with_tools(),
        elicitation.is_some(),
        elicitation.is_some_and(|modes| modes.form.is_some()),
        elicitation.is_some_and(|modes| modes.url.is_some()),
    ]
}

fn bits_of(capabilities: &ClientCapabilities) -> u16 {
    let flags = flags(capabilities);
    flags.iter().enumerate().fold(0, |bits, (at, flag)| bits | u16::from(*flag) << at)
}

fn capabilities_of(bits: u16) -> ClientCapabilities {
    let has = |at: u8| bits & 1 << at != 0;
    let empty = |at: u8| has(at).then(JsonObject::new);
    let mut capabilities = ClientCapabilities::new();
    if has(0) {
        let mut roots = RootsCapability::default();
        roots.list_changed = has(1);
        capabilities.roots = Some(roots);
    }
    if has(2) {
        let mut sampling = SamplingCapability::default();
        (sampling.context, sampling.tools) = (empty(3), empty(4));
        capabilities.sampling = Some(sampling);
    }
    if has(5) {
        let mut elicitation = ElicitationCapability::default();
        (elicitation.form, elicitation.url) = (empty(6), empty(7));
        capabilities.elicitation = Some(elicitation);
    }
    capabilities
}

/// The beginning of a text, at most this many bytes and never half a character.
fn cut(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= most).last().unwrap_or_default();
    &text[..end]
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    // Callers cut to what a byte can count.
    out.push(u8::try_from(bytes.len()).unwrap_or(u8::MAX));
    out.extend(bytes);
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

fn text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let [length] = take(rest)?;
    let (taken, left) = rest.split_at_checked(usize::from(length))?;
    *rest = left;
    std::str::from_utf8(taken).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn introduced(peer: Peer) -> Introduced {
        let dialect = dialect::ALL.iter().find(|dialect| dialect.era == Era::Session).unwrap();
        Introduced { id: SessionId(7 << 100), created: 1_800_000_000, dialect, owner: [3; 16], peer }
    }

    fn peer(capabilities: serde_json::Value) -> Peer {
        Peer::new(Implementation::new("client", "1.2.3"), serde_json::from_value(capabilities).unwrap())
    }

    #[test]
    fn what_a_usual_client_says_comes_back_whole() {
        let all = json!({
            "roots": { "listChanged": true }, "sampling": { "tools": {}, "context": {} },
            "elicitation": { "form": {}, "url": {} }, "extensions": { "io.modelcontextprotocol/ui": { "a": [1] } },
        });
        for capabilities in [json!({}), json!({ "elicitation": {} }), json!({ "roots": {} }), all] {
            let introduced = introduced(peer(capabilities));
            assert_eq!(Introduced::read(&introduced.write()), Some(introduced));
        }
    }

    #[test]
    fn what_does_not_fit_is_undeclared_and_the_rest_is_there() {
        let large = "x".repeat(64 * 1024);
        let capabilities = json!({
            "sampling": {}, "experimental": { "large": { "a": large } },
            "extensions": { "a/small": {}, "b/large": { "a": large }, "c/small": {} },
        });
        let mut long = peer(capabilities);
        long.info = Implementation::new("é".repeat(100), "1".repeat(1000));
        let read = Introduced::read(&introduced(long).write()).unwrap();
        assert_eq!(
            read.peer.capabilities,
            peer(json!({ "sampling": {}, "extensions": { "a/small": {}, "c/small": {} } })).capabilities
        );
        assert_eq!((read.peer.info.name, read.peer.info.version), ("é".repeat(32), "1".repeat(64)));
    }

    #[test]
    fn every_version_with_sessions_has_a_number_that_stays() {
        let versions: Vec<_> = (0..=u8::MAX).filter_map(dialect_at).map(|dialect| dialect.version).collect();
        assert_eq!(versions, ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]);
        assert!(versions.iter().all(|version| dialect_at(place_of(dialect::named(version).unwrap())).is_some()));
    }

    proptest! {
        #[test]
        fn nothing_that_is_read_breaks_it_and_no_id_is_too_long(
            bytes in prop::collection::vec(any::<u8>(), 0..400),
            name in ".{0,200}", extensions in prop::collection::btree_map(".{0,300}", ".{0,300}", 0..20),
        ) {
            let _ = Introduced::read(&bytes);
            let mut peer = peer(json!({}));
            peer.info.name = name;
            peer.capabilities.extensions.extend(extensions.into_iter().map(|(id, value)| (id, json!({ "a": value }))));
            let plain = introduced(peer).write();
            prop_assert!(plain.len() <= MOST);
            prop_assert!(Introduced::read(&plain).is_some());
        }
    }
}
