//! What is sealed comes back whole, where it belongs, and nothing else does.

mod digest;
mod keys;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::{HEAD, Keys, LONGEST, MOST, Purpose, Seals, TAG, Unopened};
use crate::error::ErrorKind;

/// A ring of keys whose bytes are all these.
fn ring(bytes: &[u8]) -> Keys {
    let words: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}").repeat(32)).collect();
    Keys::read(&words.join(",")).expect("these are keys")
}

/// 0, 1, … 31.
fn counting() -> Keys {
    Keys::read("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").expect("this is a key")
}

fn purpose() -> impl Strategy<Value = Purpose> {
    prop::sample::select(Purpose::ALL.to_vec())
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..300)
}

/// The nonce of the known answers.
fn nonce() -> [u8; 24] {
    std::array::from_fn(|at| 100 + at as u8)
}

/// The format must not change unnoticed: ids and states that clients hold would open no longer. Both texts were made by
/// another implementation (Python, checked against the vectors of draft-irtf-cfrg-xchacha).
#[test]
fn known_answers() {
    let seals = Seals::new(&counting(), "realm");
    let cases = [
        (Purpose::Session, &b""[..], "ARw_hnJkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ensk6Q9V0Zze1FGpbCichRP5BfGU8R0te-tre2g"),
        (
            Purpose::RequestState,
            b"context",
            "ARw_hnJkZWZnaGlqa2xtbm9wcXJzdHV2d3h5envZ9uTsa7iJ8diendzbTIB2RDBwaItLS8Wg-DQ",
        ),
    ];
    for (purpose, context, text) in cases {
        assert_eq!(seals.seal_with(purpose, context, b"the content", nonce()), text);
        assert_eq!(seals.open(purpose, context, text), Ok(b"the content".to_vec()));
    }
}

#[test]
fn two_seals_of_one_content_differ() {
    let seals = Seals::new(&counting(), "realm");
    let [first, second] = [(); 2].map(|()| seals.seal(Purpose::Session, b"", b"same").expect("sealed"));
    assert_ne!(first, second);
}

#[test]
fn the_newest_key_seals_and_all_open() {
    let (old, new) = (Seals::new(&ring(&[1]), "r"), Seals::new(&ring(&[2]), "r"));
    let rotated = Seals::new(&ring(&[1]).rotate(ring(&[2])), "r");
    let by = |seals: &Seals| seals.seal(Purpose::Event, b"c", b"x").expect("sealed");
    assert_eq!(rotated.open(Purpose::Event, b"c", &by(&old)), Ok(b"x".to_vec()));
    assert_eq!(rotated.open(Purpose::Event, b"c", &by(&new)), Ok(b"x".to_vec()));
    assert_eq!(new.open(Purpose::Event, b"c", &by(&rotated)), Ok(b"x".to_vec()));
    let unknown = old.open(Purpose::Event, b"c", &by(&rotated)).expect_err("sealed with the newest");
    assert!(matches!(unknown, Unopened::UnknownKey(_)), "{unknown:?}");
    let id = format!("{:?}", ring(&[2])).replace("Keys[", "").replace(']', "");
    assert_eq!(unknown.to_string(), format!("it was sealed with key {id}, which is not in the ring"));
}

/// A key that only claims another's place in the ring does not open.
#[test]
fn the_id_of_another_key_of_the_ring_does_not_help() {
    let seals = Seals::new(&ring(&[1, 2]), "r");
    let sealed = seals.seal(Purpose::Session, b"", b"x").expect("sealed");
    let mut decoded = URL_SAFE_NO_PAD.decode(sealed).expect("base64url");
    decoded[1..5].copy_from_slice(&seals.ring[1].id.0);
    let moved = URL_SAFE_NO_PAD.encode(decoded);
    assert_eq!(seals.open(Purpose::Session, b"", &moved), Err(Unopened::NotAuthentic));
}

#[test]
fn what_is_no_seal_is_said_to_be_none() {
    let seals = Seals::new(&counting(), "r");
    let other_version = URL_SAFE_NO_PAD.encode([2; HEAD + TAG + 4]);
    let short = URL_SAFE_NO_PAD.encode([1; HEAD + TAG - 1]);
    let long = "A".repeat(LONGEST + 1);
    for text in ["", "A", "not a seal", "äöü", "0123456789abcdef", "AQ==", &other_version, &short, &long] {
        assert_eq!(seals.open(Purpose::Session, b"", text), Err(Unopened::NoSeal), "{text:.40}");
    }
}

#[test]
fn the_largest_content_comes_back_and_a_larger_one_is_refused() {
    let seals = Seals::new(&counting(), "r");
    let largest = vec![7; MOST];
    let sealed = seals.seal(Purpose::RequestState, b"", &largest).expect("sealed");
    assert_eq!(sealed.len(), LONGEST);
    assert_eq!(seals.open(Purpose::RequestState, b"", &sealed), Ok(largest));
    let error = seals.seal(Purpose::RequestState, b"", &vec![7; MOST + 1]).expect_err("too large");
    assert_eq!(error.kind(), ErrorKind::Overloaded);
    assert_eq!(error.to_string(), "65537 bytes are too many for a seal, which holds 65536");
}

/// What moves from the realm into the context, or back, does not open either.
#[test]
fn realm_and_context_do_not_flow_together() {
    let text = "aaabbb";
    let place = |at: usize| (Seals::new(&counting(), &text[..at]), &text.as_bytes()[at..]);
    for from in 0..=text.len() {
        let (seals, context) = place(from);
        let sealed = seals.seal(Purpose::Cursor, context, b"x").expect("sealed");
        for to in 0..=text.len() {
            let (others, other) = place(to);
            assert_eq!(others.open(Purpose::Cursor, other, &sealed).is_ok(), from == to, "{from} and {to}");
        }
    }
}

#[test]
fn debug_shows_ids_only() {
    assert_eq!(format!("{:?}", Seals::new(&counting(), "r")), "Seals[1c3f8672]");
}

proptest! {
    #[test]
    fn what_is_sealed_comes_back(purpose in purpose(), realm in ".{0,20}", context in bytes(), plain in bytes()) {
        let seals = Seals::new(&counting(), &realm);
        let sealed = seals.seal(purpose, &context, &plain).expect("sealed");
        prop_assert_eq!(sealed.len(), ((HEAD + plain.len() + TAG) * 4).div_ceil(3));
        prop_assert!(sealed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        prop_assert_eq!(seals.open(purpose, &context, &sealed), Ok(plain));
    }

    /// One of purpose, realm, context and key is another, and all else is the same.
    #[test]
    fn a_seal_opens_nowhere_else(
        purpose in purpose(),
        (realm, other_realm) in ("[ab]{0,3}", "[ab]{0,3}"),
        (context, other_context) in ("[ab]{0,3}", "[ab]{0,3}"),
        plain in bytes(),
    ) {
        let (context, other_context) = (context.as_bytes(), other_context.as_bytes());
        let seals = Seals::new(&ring(&[1]), &realm);
        let sealed = seals.seal(purpose, context, &plain).expect("sealed");
        for other in Purpose::ALL {
            let expected = if other == purpose { Ok(plain.clone()) } else { Err(Unopened::NotAuthentic) };
            prop_assert_eq!(seals.open(other, context, &sealed), expected);
        }
        let elsewhere = Seals::new(&ring(&[1]), &other_realm).open(purpose, context, &sealed);
        prop_assert_eq!(elsewhere.is_ok(), realm == other_realm);
        prop_assert_eq!(seals.open(purpose, other_context, &sealed).is_ok(), context == other_context);
        let unknown = Seals::new(&ring(&[2, 3]), &realm).open(purpose, context, &sealed);
        prop_assert!(matches!(unknown, Err(Unopened::UnknownKey(_))));
    }

    #[test]
    fn any_text_opens_to_nothing(text in ".{0,200}", raw in bytes()) {
        let seals = Seals::new(&counting(), "r");
        prop_assert!(seals.open(Purpose::Session, b"", &text).is_err());
        prop_assert!(seals.open(Purpose::Session, b"", &URL_SAFE_NO_PAD.encode(raw)).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Every bit of the text, every character dropped, added, or put in another's place.
    #[test]
    fn a_changed_text_does_not_open(plain in prop::collection::vec(any::<u8>(), 0..60), added in "[A-Za-z0-9_=. -]") {
        let seals = Seals::new(&counting(), "r");
        let sealed = seals.seal(Purpose::Session, b"", &plain).expect("sealed");
        let opens = |text: &str| text != sealed && seals.open(Purpose::Session, b"", text).is_ok();
        for at in 0..=sealed.len() {
            let (before, rest) = sealed.split_at(at);
            prop_assert!(!opens(&format!("{before}{added}{rest}")), "added at {}", at);
            prop_assert!(!opens(before), "cut at {}", at);
            let Some(character) = rest.chars().next() else { continue };
            prop_assert!(!opens(&format!("{before}{}", &rest[1..])), "dropped at {}", at);
            prop_assert!(!opens(&format!("{before}{added}{}", &rest[1..])), "replaced at {}", at);
            for bit in 0..7 {
                let flipped = char::from(character as u8 ^ 1 << bit);
                prop_assert!(!opens(&format!("{before}{flipped}{}", &rest[1..])), "bit {} at {}", bit, at);
            }
        }
    }

    #[test]
    fn a_flipped_bit_does_not_open(plain in prop::collection::vec(any::<u8>(), 0..60)) {
        let seals = Seals::new(&counting(), "r");
        let sealed = seals.seal(Purpose::Session, b"", &plain).expect("sealed");
        let mut decoded = URL_SAFE_NO_PAD.decode(sealed).expect("base64url");
        for bit in 0..decoded.len() * 8 {
            decoded[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(seals.open(Purpose::Session, b"", &URL_SAFE_NO_PAD.encode(&decoded)).is_err(), "bit {}", bit);
            decoded[bit / 8] ^= 1 << (bit % 8);
        }
    }
}
