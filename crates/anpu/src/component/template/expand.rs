//! From values to a URI.

use std::fmt::Write;

use super::parse::{Named, Part, Variable};

pub(super) fn expand(parts: &[Part], values: &[(&str, &str)]) -> String {
    let known = |wanted: &str| values.iter().find(|(name, _)| *name == wanted).map(|(_, value)| *value);
    let mut out = String::new();
    for (index, part) in parts.iter().enumerate() {
        match part {
            Part::Literal(text) => out.push_str(text),
            Part::Variable(variable) => {
                let value = known(&variable.name).unwrap_or_default();
                // The last literal is tied to the end of the URI, so nothing fits before it.
                let after = match parts[index + 1..] {
                    [Part::Literal(ref text), _, ..] => Some(&**text),
                    _ => None,
                };
                out.push_str(&placed(variable, value, after));
            }
            Part::Named(named) => write_named(named, known, &mut out),
        }
    }
    out
}

/// The value as it stands before this literal. Matching ends a value at the first place where the literal fits, so a
/// value that has such a place has the literal's first character escaped: another spelling of the same URI.
fn placed(variable: &Variable, value: &str, after: Option<&str>) -> String {
    let keep = |byte: u8| is_unreserved(byte) || variable.is_reserved && b":/?#[]@!$&'()*+,;=".contains(&byte);
    let plain = escaped(value, |byte| keep(byte) && !variable.stops.contains(byte));
    let Some(first) = after.and_then(|after| after.bytes().next()) else { return plain };
    let fits_early = after.is_some_and(|after| format!("{plain}{after}").find(after) != Some(plain.len()));
    if fits_early {
        return escaped(value, |byte| keep(byte) && !variable.stops.contains(byte) && byte != first);
    }
    plain
}

fn write_named<'v>(named: &Named, known: impl Fn(&str) -> Option<&'v str>, out: &mut String) {
    let mut before = named.first;
    for name in &named.names {
        let Some(value) = known(name) else { continue };
        out.push(char::from(before));
        out.push_str(name);
        if named.first != b';' || !value.is_empty() {
            out.push('=');
            out.push_str(&escaped(value, is_unreserved));
        }
        before = named.between;
    }
}

fn escaped(value: &str, keeps: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if keeps(byte) {
            out.push(char::from(byte));
        } else {
            _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}
