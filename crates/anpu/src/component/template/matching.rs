//! From a URI to values. Works backwards over the parts, noting for each place of the URI whether the rest of the
//! template can match from there; then walks forwards once. Each part looks at each byte at most a fixed number of times.

use std::borrow::Cow;
use std::fmt::Write;

use super::{
    LONGEST_URI,
    parse::{Named, Part, Variable},
};

pub(super) fn matches(parts: &[Part], uri: &str) -> Option<Vec<(Box<str>, String)>> {
    if uri.len() > LONGEST_URI {
        return None;
    }
    let uri = normalized(uri)?;
    let uri = uri.as_bytes();
    let open = places(parts, uri);
    let mut values = Vec::new();
    let mut at = 0;
    if !open[0][0] {
        return None;
    }
    for (index, part) in parts.iter().enumerate() {
        let rest = &open[index + 1];
        match part {
            Part::Literal(text) => at += text.len(),
            Part::Variable(variable) => {
                // The shortest value after which the rest can match.
                let end = (at + 1..=uri.len()).find(|end| rest[*end])?;
                let follows_slash = uri[..at].ends_with(b"/") && !uri[..at].ends_with(b"://");
                values.push((variable.name.clone(), value(variable, &uri[at..end], follows_slash)?));
                at = end;
            }
            Part::Named(named) => {
                let end = end_of(named, uri, at);
                if end > at && rest[end] {
                    pairs(named, &uri[at + 1..end], &mut values)?;
                    at = end;
                }
            }
        }
    }
    Some(values)
}

/// For each part, and for the end after them, the places from which the rest of the template matches.
fn places(parts: &[Part], uri: &[u8]) -> Vec<Vec<bool>> {
    let is_escaped = inside_escapes(uri);
    let mut open = vec![vec![false; uri.len() + 1]; parts.len() + 1];
    open[parts.len()][uri.len()] = true;
    for (index, part) in parts.iter().enumerate().rev() {
        let (before, after) = open.split_at_mut(index + 1);
        let (here, next) = (&mut before[index], &after[0]);
        match part {
            Part::Literal(text) => {
                for (at, here) in here.iter_mut().enumerate() {
                    *here = !is_escaped[at] && uri[at..].starts_with(text.as_bytes()) && next[at + text.len()];
                }
            }
            Part::Variable(variable) => {
                // Whether some end lies ahead before the next stop. An escape is one character.
                let mut reaches = false;
                for at in (0..uri.len()).rev() {
                    reaches |= next[at + 1] && !is_escaped[at + 1];
                    reaches &= !variable.stops.contains(uri[at]);
                    here[at] = reaches && !is_escaped[at];
                }
            }
            Part::Named(named) => {
                here[uri.len()] = next[uri.len()];
                let mut end = uri.len();
                for at in (0..uri.len()).rev() {
                    if named.ends().contains(&uri[at]) {
                        end = at;
                    }
                    here[at] = !is_escaped[at] && (next[at] || uri[at] == named.first && next[end]);
                }
            }
        }
    }
    open
}

/// Where named values that begin here end; the same place if none do.
fn end_of(named: &Named, uri: &[u8], at: usize) -> usize {
    if uri.get(at) != Some(&named.first) {
        return at;
    }
    uri[at..].iter().position(|byte| named.ends().contains(byte)).map_or(uri.len(), |length| at + length)
}

fn pairs(named: &Named, text: &[u8], values: &mut Vec<(Box<str>, String)>) -> Option<()> {
    let mut found: Vec<Option<String>> = vec![None; named.names.len()];
    for pair in text.split(|byte| *byte == named.between) {
        let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(equals) => (&pair[..equals], &pair[equals + 1..]),
            None => (pair, &b""[..]),
        };
        let index = named.names.iter().position(|known| known.as_bytes() == name)?;
        let value = decoded(value).filter(|value| stays_inside(value, false))?;
        if found[index].replace(value).is_some() {
            return None;
        }
    }
    let named = named.names.iter().cloned().zip(found);
    values.extend(named.filter_map(|(name, value)| Some((name, value?))));
    Some(())
}

/// The decoded value, if it cannot lead out of its place.
fn value(variable: &Variable, text: &[u8], follows_slash: bool) -> Option<String> {
    let value = decoded(text)?;
    let is_good = if variable.is_reserved { stays_inside(&value, follows_slash) } else { is_segment(&value) };
    is_good.then_some(value)
}

pub(super) fn is_segment(value: &str) -> bool {
    !value.contains(['/', '\\', '\0']) && value != "." && value != ".."
}

/// A value of several segments: none of them climbs. After a `/` of the template (other than that of `scheme://`) it must
/// not begin with one itself, or joining it to a directory would replace the directory.
pub(super) fn stays_inside(value: &str, follows_slash: bool) -> bool {
    let is_absolute = follows_slash && value.starts_with('/');
    !is_absolute && !value.contains(['\\', '\0']) && value.split('/').all(|segment| segment != "." && segment != "..")
}

fn decoded(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let hex = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

/// Whether a place lies inside a `%XX`, where nothing can begin or end.
fn inside_escapes(uri: &[u8]) -> Vec<bool> {
    let mut inside = vec![false; uri.len() + 1];
    for (at, _) in uri.iter().enumerate().filter(|(_, byte)| **byte == b'%') {
        inside[at + 1] = true;
        inside[at + 2] = true;
    }
    inside
}

/// The text with what cannot stand in a URI escaped, and its escapes in upper case; nothing if an escape is broken or a
/// control character is in it.
pub(super) fn normalized(text: &str) -> Option<Cow<'_, str>> {
    let bytes = text.as_bytes();
    let hex = |at: usize| bytes.get(at + 1..at + 3).filter(|hex| hex.iter().all(u8::is_ascii_hexdigit));
    if bytes.iter().any(u8::is_ascii_control) {
        return None;
    }
    if !bytes.iter().any(|byte| *byte == b'%' || !stands(*byte)) {
        return Some(Cow::Borrowed(text));
    }
    let mut out = String::with_capacity(bytes.len() + 16);
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        if *byte == b'%' {
            let hex = hex(at)?;
            out.push('%');
            out.extend(hex.iter().map(|digit| char::from(digit.to_ascii_uppercase())));
            at += 3;
            continue;
        }
        if stands(*byte) {
            out.push(char::from(*byte));
        } else {
            _ = write!(out, "%{byte:02X}");
        }
        at += 1;
    }
    Some(Cow::Owned(out))
}

/// A backslash is left as it is, so that it stops every value.
fn stands(byte: u8) -> bool {
    byte.is_ascii_graphic() && !br#""<>^`{|}"#.contains(&byte)
}
