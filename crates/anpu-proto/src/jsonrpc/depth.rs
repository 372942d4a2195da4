//! How deep a JSON text is nested, found without building anything.

use memchr::{memchr2, memchr2_iter};

/// Whether `text` opens more than `limit` arrays and objects inside each other.
///
/// The text need not be valid JSON: what is wrong with it is the parser's business.
pub(super) fn exceeds(text: &[u8], limit: usize) -> bool {
    // Nearly every message has fewer brackets than that, and then it does not matter where they are.
    if memchr2_iter(b'[', b'{', text).count() <= limit {
        return false;
    }
    let mut depth = 0_usize;
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match byte {
            b'"' => after_string(tail),
            b'[' | b'{' => {
                depth += 1;
                if depth > limit {
                    return true;
                }
                tail
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                tail
            }
            _ => tail,
        };
    }
    false
}

fn after_string(mut rest: &[u8]) -> &[u8] {
    while let Some(at) = memchr2(b'"', b'\\', rest) {
        if rest[at] == b'"' {
            return &rest[at + 1..];
        }
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::exceeds;

    #[test]
    fn brackets_count_only_outside_strings() {
        assert!(!exceeds(br#"{"a":["x"]}"#, 2));
        assert!(exceeds(br#"{"a":["x"]}"#, 1));
        assert!(!exceeds(br#"{"a":"[[[[\"[[[\\"}"#, 1));
        assert!(exceeds(br#"{"a":"\\","b":[[]]}"#, 2));
        assert!(!exceeds(b"\"[[[[", 0));
        assert!(!exceeds(b"]]]][", 1));
    }
}
