//! What a component may be called.

/// Whether clients take this as the name of a tool or a prompt.
pub(super) fn check(name: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
    if (1..=128).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(());
    }
    Err("a name has 1 to 128 characters: ASCII letters, digits, `_`, `-`, `.` and `/`; what people read is the title"
        .to_owned())
}

/// Whether this is the URI of a resource: a scheme, and nothing that a URI has to escape.
pub(super) fn check_uri(uri: &str) -> Result<(), String> {
    if uri.contains(['{', '}']) {
        return Err("a URI has no `{..}`: with variables it is a `ResourceTemplate`".to_owned());
    }
    if let Some(wrong) = uri.chars().find(|letter| letter.is_whitespace() || letter.is_control()) {
        return Err(format!("a URI has no {wrong:?}: it is percent-encoded"));
    }
    let (scheme, rest) = uri.split_once(':').ok_or_else(no_scheme)?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let is_scheme = scheme.starts_with(|letter: char| letter.is_ascii_alphabetic()) && scheme.bytes().all(allowed);
    if is_scheme && !rest.is_empty() { Ok(()) } else { Err(no_scheme()) }
}

fn no_scheme() -> String {
    "a URI begins with a scheme, as in `note:///1`".to_owned()
}

/// A name for what has only a URI: its last part.
pub(super) fn of_uri(uri: &str) -> &str {
    uri.rsplit(['/', ':']).find(|part| !part.is_empty()).unwrap_or(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_clients_take() {
        for good in ["a", "get_user", "A-1.b/c", &"x".repeat(128)] {
            assert_eq!(check(good), Ok(()));
        }
        for bad in ["", "a b", "ä", "a,b", &"x".repeat(129)] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_uri_has_a_scheme_and_no_variables() {
        for good in ["note:///1", "a:b", "urn:isbn:1", "test://static-text", "https://a/%20"] {
            assert_eq!(check_uri(good), Ok(()));
        }
        for bad in ["", "note", "/a/b", ":a", "1a:b", "a:", "a:{b}", "a:b c"] {
            assert!(check_uri(bad).is_err(), "{bad}");
        }
        assert_eq!(of_uri("note:///list/"), "list");
        assert_eq!(of_uri("urn:x"), "x");
    }
}
