//! Seals: what the server hands to its clients to keep, unreadable and unchangeable, and takes back only where it belongs.
//!
//! A seal is base64url without padding of: version 1 · key id (4 bytes) · nonce (24, random) · XChaCha20-Poly1305
//! ciphertext · tag (16). Each key of the ring has a subkey for each purpose in this realm; purpose, realm and the
//! caller's context are authenticated with the content. See docs/keys.md.

mod canonical;
mod digest;
mod keys;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{AeadInOut, KeyInit, Tag, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;

pub(crate) use digest::{digest, params_digest};
pub use keys::Keys;

use crate::error::{Error, ErrorKind, Result};
use keys::{Key, KeyId};

/// The most bytes that a seal holds: room for the largest request state (32 KiB) and then some.
pub(crate) const MOST: usize = 64 * 1024;
const VERSION: u8 = 1;
const NONCE: usize = 24;
const HEAD: usize = 1 + size_of::<KeyId>() + NONCE;
const TAG: usize = 16;
/// The characters of the longest seal.
const LONGEST: usize = ((HEAD + MOST + TAG) * 4).div_ceil(3);

/// What a seal is for. A seal of one purpose does not open as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The id of a session.
    Session,
    /// The state of a request that comes back with answers.
    RequestState,
    /// The id of an event on a stream.
    Event,
    /// A place in a list.
    Cursor,
}

impl Purpose {
    const ALL: [Self; 4] = [Self::Session, Self::RequestState, Self::Event, Self::Cursor];

    /// The name that subkeys are derived with: changing one makes all older seals unreadable.
    fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::RequestState => "request state",
            Self::Event => "event",
            Self::Cursor => "cursor",
        }
    }
}

/// Seals and opens, with one ring of keys and in one realm; nothing is derived after it was made.
pub(crate) struct Seals {
    /// Newest key first; there is at least one.
    ring: Vec<Subkeys>,
    /// What is authenticated with each content of a purpose, without the context.
    bindings: [Vec<u8>; 4],
}

/// What comes of one key.
struct Subkeys {
    id: KeyId,
    ciphers: [XChaCha20Poly1305; 4],
}

impl Seals {
    /// Seals under these keys; those of another realm do not open here although the keys are the same.
    pub(crate) fn new(keys: &Keys, realm: &str) -> Self {
        let bindings = Purpose::ALL.map(|purpose| {
            let mut binding = Vec::new();
            for part in ["anpu seal 1", purpose.name(), realm] {
                binding.extend((part.len() as u64).to_be_bytes());
                binding.extend(part.as_bytes());
            }
            binding
        });
        let ring = keys.iter().map(|key| Subkeys::derive(key, &bindings)).collect();
        Self { ring, bindings }
    }

    /// The seal of a content. The context is what must be the same when it is opened; it is bound, not written.
    ///
    /// Refuses more than [`MOST`] bytes; fails if the system gives no random bits.
    pub(crate) fn seal(&self, purpose: Purpose, context: &[u8], plain: &[u8]) -> Result<String> {
        if plain.len() > MOST {
            let why = format!("{} bytes are too many for a seal, which holds {MOST}", plain.len());
            return Err(Error::new(ErrorKind::Overloaded, why));
        }
        let mut nonce = [0; NONCE];
        random(&mut nonce)?;
        Ok(self.seal_with(purpose, context, plain, nonce))
    }

    /// As [`seal`](Self::seal), but the same content has the same seal. Only for contents that nobody can guess: whoever
    /// guesses one sees that he is right.
    pub(crate) fn seal_alike(&self, purpose: Purpose, context: &[u8], plain: &[u8]) -> Result<String> {
        if plain.len() > MOST {
            return Err(Error::new(ErrorKind::Overloaded, format!("{} bytes are too many for a seal", plain.len())));
        }
        // A hash of the content: two contents never share a nonce.
        let whole = digest(&[b"anpu nonce", purpose.name().as_bytes(), context, plain]);
        let (nonce, _) = whole.split_first_chunk().expect("24 of 32 bytes");
        Ok(self.seal_with(purpose, context, plain, *nonce))
    }

    fn seal_with(&self, purpose: Purpose, context: &[u8], plain: &[u8], nonce: [u8; NONCE]) -> String {
        let newest = self.ring.first().expect("a ring has at least one key");
        let mut bytes = Vec::with_capacity(HEAD + plain.len() + TAG);
        bytes.push(VERSION);
        bytes.extend(newest.id.0);
        bytes.extend(nonce);
        bytes.extend(plain);
        let (bound, content) = (self.bound(purpose, context), &mut bytes[HEAD..]);
        let tag = newest.ciphers[purpose as usize]
            .encrypt_inout_detached(&XNonce::from(nonce), &bound, content.into())
            .expect("the cipher takes 256 GiB");
        bytes.extend(tag);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The content of a seal of this purpose, realm and context.
    pub(crate) fn open(&self, purpose: Purpose, context: &[u8], sealed: &str) -> Result<Vec<u8>, Unopened> {
        if sealed.len() > LONGEST {
            return Err(Unopened::NoSeal);
        }
        // Strict: no padding and no bits left over, so that a seal has one spelling.
        let mut bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| Unopened::NoSeal)?;
        let (version, rest) = bytes.split_first_mut().ok_or(Unopened::NoSeal)?;
        let (id, rest) = rest.split_first_chunk_mut().ok_or(Unopened::NoSeal)?;
        let (nonce, rest) = rest.split_first_chunk_mut::<NONCE>().ok_or(Unopened::NoSeal)?;
        let (content, tag) = rest.split_last_chunk_mut::<TAG>().ok_or(Unopened::NoSeal)?;
        if *version != VERSION {
            return Err(Unopened::NoSeal);
        }
        let id = KeyId(*id);
        let key = self.ring.iter().find(|key| key.id == id).ok_or(Unopened::UnknownKey(id))?;
        let length = content.len();
        key.ciphers[purpose as usize]
            .decrypt_inout_detached(
                &XNonce::from(*nonce),
                &self.bound(purpose, context),
                content.into(),
                &Tag::from(*tag),
            )
            .map_err(|_| Unopened::NotAuthentic)?;
        // Moved to the front rather than copied out: this runs for each request.
        bytes.copy_within(HEAD..HEAD + length, 0);
        bytes.truncate(length);
        Ok(bytes)
    }

    /// What is authenticated with a content. The context goes last, so that it needs no length.
    fn bound(&self, purpose: Purpose, context: &[u8]) -> Cow<'_, [u8]> {
        let binding = &self.bindings[purpose as usize];
        if context.is_empty() { Cow::Borrowed(binding) } else { Cow::Owned([binding, context].concat()) }
    }
}

impl Subkeys {
    fn derive(key: &Key, bindings: &[Vec<u8>; 4]) -> Self {
        // No salt: the key is as good as random already.
        let master = Hkdf::<Sha256>::new(None, key.bytes());
        let ciphers = bindings.each_ref().map(|binding| {
            let mut subkey = [0; keys::KEY];
            master.expand(binding, &mut subkey).expect("32 bytes are one block of the hash");
            XChaCha20Poly1305::new(&subkey.into())
        });
        Self { id: key.id(), ciphers }
    }
}

impl fmt::Debug for Seals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seals")?;
        f.debug_list().entries(self.ring.iter().map(|key| key.id)).finish()
    }
}

/// Why a text was not opened: for logs, where it tells a ring that misses a key from a forgery. Clients are told nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unopened {
    /// It is no seal of ours.
    NoSeal,
    /// It says that it was sealed with a key which is not in the ring.
    UnknownKey(KeyId),
    /// It was changed, or sealed for another purpose, realm or context.
    NotAuthentic,
}

impl fmt::Display for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSeal => f.write_str("it is no seal"),
            Self::UnknownKey(id) => write!(f, "it was sealed with key {id:?}, which is not in the ring"),
            Self::NotAuthentic => f.write_str("it was changed, or sealed for something else"),
        }
    }
}

impl std::error::Error for Unopened {}

/// Fills with the operating system's random bits.
fn random(bytes: &mut [u8]) -> Result {
    getrandom::fill(bytes)
        .map_err(|error| Error::new(ErrorKind::Io, format!("the operating system gives no random bits: {error}")))
}
