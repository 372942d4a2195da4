//! The ring of keys under which seals are made: read, made, rotated, written down, and never shown.

use std::{env, fmt};

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// The bytes of a key.
pub(super) const KEY: usize = 32;
/// The characters of a key in base64 without padding.
const BASE64: usize = (KEY * 4).div_ceil(3);
/// The most keys of a ring.
const MOST: usize = 16;
const VARIABLE: &str = "ANPU_KEYS";
const ADVICE: &str = "`openssl rand -base64 32` makes one";

/// Padding may be there or not; the bits that a text has left over must be zero, so that a typed word is not a key.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// A ring of keys, newest first: what the server hands to its clients is sealed with the newest and opened with any.
///
/// A ring has 1 to 16 keys of 32 bytes. Servers that are to take each other's sessions back need the same ring. Its
/// [`Debug`](fmt::Debug) shows the ids of the keys, which are computed from them, and never a key.
///
/// ```
/// use anpu::Keys;
///
/// # fn main() -> anpu::Result {
/// let keys = Keys::read("q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=")?;
/// assert_eq!(format!("{keys:?}"), "Keys[32e8c6b7]");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Keys(Vec<Key>);

/// One key.
#[derive(Clone)]
pub(super) struct Key([u8; KEY]);

/// What a seal says about the key that it was made with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyId(pub(super) [u8; 4]);

impl Keys {
    /// A ring of one new key from the operating system's random bits.
    ///
    /// # Errors
    ///
    /// [`Io`](crate::ErrorKind::Io) if the operating system gives none.
    pub fn random() -> Result<Self> {
        let mut key = Key([0; KEY]);
        super::random(&mut key.0)?;
        Ok(Self(vec![key]))
    }

    /// Reads the keys of a text, newest first, with commas or white space between them.
    ///
    /// A key is 32 bytes in base64 (with `+/` or `-_`, padded or not) or as 64 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) if there is no key, more than 16, one that is not of this form, or one twice. The error says
    /// which by its place in the text and does not show it.
    pub fn read(text: &str) -> Result<Self> {
        let mut keys: Vec<Key> = Vec::with_capacity(MOST);
        let words = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty());
        for (at, word) in words.enumerate() {
            let place = at + 1;
            if at == MOST {
                return Err(Error::config(format!("there are more than {MOST} keys; leave out the last, oldest ones")));
            }
            let key = Key::read(word)
                .map_err(|wrong| Error::config(format!("key {place} {wrong}; a key is 32 bytes, {ADVICE}")))?;
            if let Some(first) = keys.iter().position(|other| other.id() == key.id()) {
                let why = format!("key {place} is key {} again; leave one of them out", first + 1);
                return Err(Error::config(why));
            }
            keys.push(key);
        }
        if keys.is_empty() {
            return Err(Error::config(format!("there is no key; {ADVICE}")));
        }
        Ok(Self(keys))
    }

    /// Reads the keys of the environment variable `ANPU_KEYS` as [`Keys::read`] does, or nothing if it is not set.
    ///
    /// # Errors
    ///
    /// [`Config`](crate::ErrorKind::Config) as [`Keys::read`]; also if the variable is set and empty, for that is a secret that did not
    /// arrive.
    pub fn from_env() -> Result<Option<Self>> {
        Self::from_variable(env::var(VARIABLE))
    }

    pub(super) fn from_variable(value: Result<String, env::VarError>) -> Result<Option<Self>> {
        let text = match value {
            Ok(text) => text,
            Err(env::VarError::NotPresent) => return Ok(None),
            Err(env::VarError::NotUnicode(_)) => {
                return Err(Error::config(format!("{VARIABLE} is not text; {ADVICE}")));
            }
        };
        match Self::read(&text) {
            Ok(keys) => Ok(Some(keys)),
            Err(error) => Err(Error::config(format!("{VARIABLE}: {error}"))),
        }
    }

    /// Puts the keys of another ring in front of these, so that its first one seals from now on and all of them open.
    ///
    /// Keys that are in both stand where the newer ring has them. Of more than 16 the last ones fall out; what they sealed
    /// opens no longer.
    ///
    /// ```
    /// use anpu::Keys;
    ///
    /// # fn main() -> anpu::Result {
    /// let keys = Keys::random()?.rotate(Keys::random()?);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn rotate(self, newest: Self) -> Self {
        let mut keys = newest.0;
        for old in &self.0 {
            if keys.len() < MOST && keys.iter().all(|key| key.id() != old.id()) {
                keys.push(old.clone());
            }
        }
        Self(keys)
    }

    /// The ring as [`Keys::read`] reads it, for a store.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        for key in &self.0 {
            if !text.is_empty() {
                text.push(',');
            }
            PLAIN.encode_string(key.0, &mut text);
        }
        text
    }

    /// The keys, newest first; there is at least one.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Key> {
        self.0.iter()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")?;
        f.debug_list().entries(self.0.iter().map(Key::id)).finish()
    }
}

impl Key {
    /// The key that a word means, or what is wrong with the word.
    fn read(word: &str) -> Result<Self, String> {
        let mut key = Self([0; KEY]);
        let hexadecimal = word.bytes().all(|byte| byte.is_ascii_hexdigit());
        if hexadecimal && word.len() == 2 * KEY {
            for (byte, digits) in key.0.iter_mut().zip(word.as_bytes().chunks_exact(2)) {
                *byte = digits.iter().fold(0, |high, digit| high << 4 | nibble(*digit));
            }
            return Ok(key);
        }
        // Unless it has the length of base64, whose alphabet has these digits too.
        if hexadecimal && word.len() != BASE64 {
            return Err(format!("has {} hexadecimal digits", word.len()));
        }
        let engine = if word.contains(['-', '_']) { &URL } else { &PLAIN };
        // The decoder's own error names a character of the key.
        let bytes = engine.decode(word).map_err(|_| "is neither base64 nor hexadecimal".to_owned())?;
        if bytes.len() != KEY {
            return Err(format!("has {} bytes", bytes.len()));
        }
        key.0.copy_from_slice(&bytes);
        Ok(key)
    }

    /// Computed, so that nobody has to number keys: two rings that share a key agree on its id wherever it stands.
    pub(super) fn id(&self) -> KeyId {
        let hash = Sha256::new().chain_update(b"anpu key id").chain_update(self.0).finalize();
        KeyId([hash[0], hash[1], hash[2], hash[3]])
    }

    pub(super) fn bytes(&self) -> &[u8; KEY] {
        &self.0
    }
}

fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}
