//! The words for what a schema asks and for what was found instead.

use std::{cmp::Ordering, collections::HashSet, fmt::Write, io};

use serde_json::{Number, Value};

use super::{
    compile::{Kind, Node},
    number,
};

/// A value is shown up to this many characters.
const LONGEST_FOUND: usize = 60;
/// As many values of an enum are named.
const MOST_VALUES: usize = 24;

/// What the value itself fails of this node, not counting what is inside it.
pub(super) fn unmet(node: &Node, value: &Value) -> Option<String> {
    if node.kinds.as_ref().is_some_and(|kinds| !kinds.iter().any(|kind| is_kind(*kind, value))) {
        return Some(full(node));
    }
    if let Some(values) = &node.values
        && !values.iter().any(|allowed| equal(allowed, value))
    {
        return Some(one_of(values));
    }
    let phrases: Vec<String> = match value {
        Value::Number(number) => number_phrases(node, Some(number)),
        Value::String(text) => text_phrases(node, Some(text)),
        Value::Array(items) => list_phrases(node, Some(items)),
        Value::Null | Value::Bool(_) | Value::Object(_) => Vec::new(),
    };
    let noun = match (value, node.kinds.as_deref()) {
        (Value::Number(_), Some([Kind::Integer])) => "an integer",
        (Value::Number(_), _) => "a number",
        (Value::String(_), _) => "a string",
        _ => "an array",
    };
    (!phrases.is_empty()).then(|| format!("{noun} {}", phrases.join(" and ")))
}

/// The whole of what a schema asks of a value that is not there or of another kind.
pub(super) fn full(node: &Node) -> String {
    if let Some(values) = &node.values {
        return one_of(values);
    }
    let Some(kinds) = &node.kinds else { return "a value".to_owned() };
    let nouns: Vec<String> = kinds.iter().map(|kind| full_kind(node, *kind)).collect();
    nouns.join(", or ")
}

fn full_kind(node: &Node, kind: Kind) -> String {
    let (noun, phrases) = match kind {
        Kind::Null => ("null", Vec::new()),
        Kind::Boolean => ("true or false", Vec::new()),
        Kind::Integer => ("an integer", number_phrases(node, None)),
        Kind::Number => ("a number", number_phrases(node, None)),
        Kind::String => ("a string", text_phrases(node, None)),
        Kind::Array => ("an array", list_phrases(node, None)),
        Kind::Object => {
            let names: Vec<String> = node.required.iter().map(|name| format!("`{name}`")).collect();
            return if names.is_empty() {
                "an object".to_owned()
            } else {
                format!("an object with {}", listed(&names))
            };
        }
    };
    if phrases.is_empty() { noun.to_owned() } else { format!("{noun} {}", phrases.join(" and ")) }
}

/// The bounds that the number breaks, or all of them without a number.
fn number_phrases(node: &Node, found: Option<&Number>) -> Vec<String> {
    let breaks =
        |bound: &Number, wrong: &[Ordering]| found.is_none_or(|found| wrong.contains(&number::compare(found, bound)));
    let bounds: [(&Option<Number>, &str, &[Ordering]); 4] = [
        (&node.minimum, "of at least", &[Ordering::Less]),
        (&node.maximum, "of at most", &[Ordering::Greater]),
        (&node.above, "greater than", &[Ordering::Less, Ordering::Equal]),
        (&node.below, "less than", &[Ordering::Greater, Ordering::Equal]),
    ];
    let mut phrases: Vec<String> = bounds
        .into_iter()
        .filter_map(|(bound, words, wrong)| {
            let bound = bound.as_ref()?;
            breaks(bound, wrong).then(|| format!("{words} {bound}"))
        })
        .collect();
    if let Some(step) = &node.multiple_of
        && found.is_none_or(|found| !number::is_multiple(found, step))
    {
        phrases.push(format!("that is a multiple of {step}"));
    }
    phrases
}

fn text_phrases(node: &Node, found: Option<&str>) -> Vec<String> {
    let length = found.map(|text| text.chars().count() as u64);
    let mut phrases = count_phrases((node.min_length, node.max_length), length, "character");
    if let Some(pattern) = &node.pattern
        && found.is_none_or(|text| !pattern.is_match(text))
    {
        phrases.push(format!("that matches `{}`", pattern.as_str()));
    }
    if let Some(format) = &node.format
        && found.is_none_or(|text| !(format.fits)(text))
    {
        phrases.push(format!("that is {}", format.like));
    }
    phrases
}

fn list_phrases(node: &Node, found: Option<&[Value]>) -> Vec<String> {
    let length = found.map(|items| items.len() as u64);
    let mut phrases = count_phrases((node.min_items, node.max_items), length, "item");
    if node.unique && found.is_none_or(repeats) {
        phrases.push("without repeated items".to_owned());
    }
    phrases
}

fn count_phrases((least, most): (Option<u64>, Option<u64>), found: Option<u64>, what: &str) -> Vec<String> {
    let said = |words: &str, count: u64| format!("of {words} {count} {what}{}", if count == 1 { "" } else { "s" });
    let too_few = least.filter(|least| found.is_none_or(|found| found < *least));
    let too_many = most.filter(|most| found.is_none_or(|found| found > *most));
    if least == most && (too_few.is_some() || too_many.is_some()) {
        return least.map(|count| said("exactly", count)).into_iter().collect();
    }
    too_few.map(|least| said("at least", least)).into_iter().chain(too_many.map(|most| said("at most", most))).collect()
}

pub(super) fn is_kind(kind: Kind, value: &Value) -> bool {
    match (kind, value) {
        (Kind::Integer, Value::Number(found)) => number::integer(found).is_some(),
        (Kind::Null, Value::Null)
        | (Kind::Boolean, Value::Bool(_))
        | (Kind::Number, Value::Number(_))
        | (Kind::String, Value::String(_))
        | (Kind::Array, Value::Array(_))
        | (Kind::Object, Value::Object(_)) => true,
        _ => false,
    }
}

pub(super) fn equal(left: &Value, right: &Value) -> bool {
    left == right || canonical(left) == canonical(right)
}

/// Sorted text instead of comparing each with each: a long array must not cost its square.
fn repeats(items: &[Value]) -> bool {
    let mut seen = HashSet::new();
    !items.iter().all(|item| seen.insert(canonical(item)))
}

/// A text that is equal for equal JSON. Members are sorted already.
fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write_canonical(value, &mut out);
    out
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Number(found) => match number::integer(found) {
            Some(integer) => _ = write!(out, "{integer}"),
            None => _ = write!(out, "{found}"),
        },
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (name, member) in members {
                _ = write!(out, "{name:?}:");
                write_canonical(member, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Null | Value::Bool(_) | Value::String(_) => _ = write!(out, "{value}"),
    }
}

fn one_of(values: &[Value]) -> String {
    match values {
        [] => "nothing here".to_owned(),
        [only] => only.to_string(),
        _ => format!("one of {}", listed(&values.iter().map(Value::to_string).collect::<Vec<_>>())),
    }
}

pub(super) fn listed(names: &[String]) -> String {
    match names.len().checked_sub(MOST_VALUES) {
        Some(more) if more > 0 => format!("{} and {more} more", names[..MOST_VALUES].join(", ")),
        _ => names.join(", "),
    }
}

/// A list of the wrong length is shown by its length, anything else by itself.
pub(super) fn found_for(node: &Node, value: &Value) -> String {
    let Some(items) = value.as_array() else { return shown(value) };
    let count = items.len() as u64;
    let wrong_length =
        node.min_items.is_some_and(|least| count < least) || node.max_items.is_some_and(|most| count > most);
    match (wrong_length, count) {
        (true, 0) => "none".to_owned(),
        (true, 1) => "1 item".to_owned(),
        (true, _) => format!("{count} items"),
        (false, _) => shown(value),
    }
}

/// The JSON text of the value, cut short. What is cut is never written, however large the value.
pub(super) fn shown(value: &Value) -> String {
    let mut start = Start(Vec::with_capacity(64));
    let whole = serde_json::to_writer(&mut start, value).is_ok();
    let text = String::from_utf8_lossy(&start.0);
    if whole { cut(&text) } else { format!("{}…", text.chars().take(LONGEST_FOUND).collect::<String>()) }
}

/// Takes the first bytes, enough for the longest text shown, and fails the rest.
struct Start(Vec<u8>);

impl io::Write for Start {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = (4 * LONGEST_FOUND + 4).saturating_sub(self.0.len());
        if room == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        let taken = bytes.len().min(room);
        self.0.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST_FOUND) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// `.name`, or `["odd name"]` where the plain form could be misread.
pub(super) fn step(name: &str) -> String {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'));
    if plain && name.len() <= LONGEST_FOUND { format!(".{name}") } else { format!("[{:?}]", cut(name)) }
}
