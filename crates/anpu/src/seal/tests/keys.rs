//! Keys are read in every form they are made in, and what is wrong is said without showing them.

use std::env::VarError;
use std::ffi::OsString;

use super::{Keys, counting, ring};
use crate::error::ErrorKind;

const COUNTING: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn shown(text: &str) -> String {
    format!("{:?}", Keys::read(text).expect("these are keys"))
}

#[test]
fn every_form_of_a_key_is_read() {
    let high = "fbef".repeat(16);
    let cases = [
        (COUNTING, counting()),
        (COUNTING.trim_end_matches('='), counting()),
        ("000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F", counting()),
        ("++/77/vv++/77/vv++/77/vv++/77/vv++/77/vv++8=", Keys::read(&high).expect("a key")),
        ("--_77_vv--_77_vv--_77_vv--_77_vv--_77_vv--8", Keys::read(&high).expect("a key")),
        ("--_77_vv--_77_vv--_77_vv--_77_vv--_77_vv--8=", Keys::read(&high).expect("a key")),
    ];
    for (text, keys) in cases {
        let read = Keys::read(text).expect("a key");
        assert_eq!(read.to_text(), keys.to_text());
    }
}

#[test]
fn keys_stand_newest_first_between_commas_and_white_space() {
    let three = ["01".repeat(32), "02".repeat(32), "03".repeat(32)];
    let expected = format!("{:?}", ring(&[1, 2, 3]));
    for between in [",", ", ", "\n", " \t\r\n, ,"] {
        assert_eq!(shown(&format!(" {}{between}", three.join(between))), expected);
    }
    assert_ne!(expected, format!("{:?}", ring(&[3, 2, 1])));
}

#[test]
fn what_is_wrong_is_said_and_not_shown() {
    let good = "01".repeat(32);
    let many: Vec<String> = (0..17).map(|byte| format!("{byte:02x}").repeat(32)).collect();
    let neither = "is neither base64 nor hexadecimal; a key is 32 bytes, `openssl rand -base64 32` makes one";
    let digits =
        |count: u8| format!("has {count} hexadecimal digits; a key is 32 bytes, `openssl rand -base64 32` makes one");
    let bytes = |count: u8| format!("has {count} bytes; a key is 32 bytes, `openssl rand -base64 32` makes one");
    let cases = [
        (String::new(), "there is no key; `openssl rand -base64 32` makes one".to_owned()),
        (" ,\n, ".to_owned(), "there is no key; `openssl rand -base64 32` makes one".to_owned()),
        (format!("{good},correct-horse"), format!("key 2 {neither}")),
        (format!("{good},{good}"), "key 2 is key 1 again; leave one of them out".to_owned()),
        // the same key in another form
        (
            format!("{COUNTING} {good} 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
            "key 3 is key 1 again; leave one of them out".to_owned(),
        ),
        ("AAECAwQFBgcICQoLDA0ODw==".to_owned(), format!("key 1 {}", bytes(16))),
        (format!("{good}ff"), format!("key 1 {}", digits(66))),
        (good[..62].to_owned(), format!("key 1 {}", digits(62))),
        ("zz".repeat(32), format!("key 1 {}", bytes(48))),
        // bits left over, padding that is too much or in the middle, both alphabets in one
        (format!("{}9=", &COUNTING[..42]), format!("key 1 {neither}")),
        (format!("{COUNTING}="), format!("key 1 {neither}")),
        (format!("{}=AA", &COUNTING[..43]), format!("key 1 {neither}")),
        ("++/77/vv++/77/vv++/77/vv++/77/vv++/77/vv--8".to_owned(), format!("key 1 {neither}")),
        (many.join(","), "there are more than 16 keys; leave out the last, oldest ones".to_owned()),
    ];
    for (text, expected) in cases {
        let error = Keys::read(&text).expect_err(&text);
        assert_eq!((error.kind(), format!("{error:#}")), (ErrorKind::Config, expected), "{text}");
    }
    assert!(Keys::read(&many[..16].join(",")).is_ok());
}

#[test]
fn the_variable_may_be_missing_but_not_empty() {
    let read = |value| Keys::from_variable(value).map_err(|error| (error.kind(), error.to_string()));
    assert!(matches!(read(Err(VarError::NotPresent)), Ok(None)));
    let keys = read(Ok(COUNTING.to_owned())).expect("a key").expect("it is set");
    assert_eq!(keys.to_text(), counting().to_text());
    let no_key = "ANPU_KEYS: there is no key; `openssl rand -base64 32` makes one".to_owned();
    assert_eq!(read(Ok(String::new())).expect_err("empty"), (ErrorKind::Config, no_key));
    let no_text = "ANPU_KEYS is not text; `openssl rand -base64 32` makes one".to_owned();
    assert_eq!(read(Err(VarError::NotUnicode(OsString::new()))).expect_err("no text"), (ErrorKind::Config, no_text));
}

#[test]
fn a_ring_is_written_as_it_is_read() {
    let keys = Keys::random().expect("random bits").rotate(Keys::random().expect("random bits"));
    let text = keys.to_text();
    assert_eq!(text.len(), 2 * 43 + 1 + 2);
    assert_eq!(shown(&text), format!("{keys:?}"));
    assert_eq!(Keys::read(&text).expect("keys").to_text(), text);
    assert_eq!(counting().to_text(), COUNTING);
}

#[test]
fn a_new_key_goes_in_front_and_the_seventeenth_falls_out() {
    let shown = |keys: Keys| format!("{keys:?}");
    assert_eq!(shown(ring(&[1, 2]).rotate(ring(&[3]))), shown(ring(&[3, 1, 2])));
    assert_eq!(shown(ring(&[1, 2]).rotate(ring(&[2, 3]))), shown(ring(&[2, 3, 1])));
    let full: Vec<u8> = (1..=16).collect();
    let rotated = [&[99], &full[..15]].concat();
    assert_eq!(shown(ring(&full).rotate(ring(&[99]))), shown(ring(&rotated)));
}

#[test]
fn debug_shows_ids_and_no_key() {
    assert_eq!(format!("{:?}", counting()), "Keys[1c3f8672]");
    assert_ne!(format!("{:?}", Keys::random().expect("random")), format!("{:?}", Keys::random().expect("random")));
}
