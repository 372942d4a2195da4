//! JSON in its canonical form: RFC 8785, except that integers keep all their digits.
//!
//! RFC 8785 takes every number for a double, so 9007199254740993 and its neighbour would be one and a request for one
//! could be answered as the other. Here an integer keeps its value, also when it is written `1.0` or `1e3`, and so does a
//! fraction of more than the 17 digits that tell doubles apart. All else, and every integer up to 2^53, is written as
//! RFC 8785 has it.

use std::borrow::Cow;
use std::ops::Range;

use crate::error::{Error, ErrorKind, Result};

/// Deeper than any message may be, and few enough for a stack.
const DEEPEST: usize = 128;
/// As many significant digits as it takes to tell any two doubles apart.
const DOUBLE_DIGITS: usize = 17;

/// The canonical form of a JSON text, without these members of the outermost object.
pub(super) fn json(text: &str, without: &[&str]) -> Result<Vec<u8>> {
    let mut reader = Reader { text, at: 0, depth: 0, out: Vec::with_capacity(text.len()) };
    reader.value(without)?;
    if reader.peek().is_some() { Err(invalid("something follows the JSON")) } else { Ok(reader.out) }
}

/// Goes through a text once. It relies on valid JSON for its result, not for its end.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    out: Vec<u8>,
}

impl<'a> Reader<'a> {
    fn value(&mut self, without: &[&str]) -> Result {
        match self.peek() {
            Some(b'{') => self.nested(|reader| reader.object(without)),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => {
                let string = self.string()?;
                self.write_string(&string)
            }
            Some(b't' | b'f' | b'n') => {
                let word = self.word();
                self.out.extend(word.as_bytes());
                Ok(())
            }
            Some(b'-' | b'0'..=b'9') => {
                let number = number(self.word()).ok_or_else(|| invalid("a number has an exponent beyond all use"))?;
                self.out.extend(number.as_bytes());
                Ok(())
            }
            _ => Err(broken()),
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Result) -> Result {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(invalid(format!("the JSON is nested deeper than {DEEPEST} levels")));
        }
        read(self)?;
        self.depth -= 1;
        Ok(())
    }

    fn array(&mut self) -> Result {
        self.take(b'[')?;
        self.out.push(b'[');
        let mut first = true;
        while self.peek() != Some(b']') {
            if !first {
                self.take(b',')?;
                self.out.push(b',');
            }
            first = false;
            self.value(&[])?;
        }
        self.take(b']')?;
        self.out.push(b']');
        Ok(())
    }

    fn object(&mut self, without: &[&str]) -> Result {
        let start = self.out.len();
        let mut members: Vec<(Cow<'a, str>, Range<usize>)> = Vec::new();
        self.take(b'{')?;
        let mut first = true;
        while self.peek() != Some(b'}') {
            if !first {
                self.take(b',')?;
            }
            first = false;
            let from = self.out.len();
            let name = self.string()?;
            self.take(b':')?;
            if without.contains(&&*name) {
                self.skip()?;
                continue;
            }
            self.write_string(&name)?;
            self.out.push(b':');
            self.value(&[])?;
            members.push((name, from - start..self.out.len() - start));
        }
        self.take(b'}')?;
        // By UTF-16 code units, as the RFC has it: characters beyond the first plane come before U+E000.
        members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
        if members.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(invalid("an object has a member twice"));
        }
        let written = self.out.split_off(start);
        self.out.push(b'{');
        for (at, (_, range)) in members.into_iter().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            self.out.extend(&written[range]);
        }
        self.out.push(b'}');
        Ok(())
    }

    /// Goes over a value that is left out, whatever it is.
    fn skip(&mut self) -> Result {
        let mut open = 0_usize;
        loop {
            match self.peek().ok_or_else(broken)? {
                b'"' => {
                    self.raw_string()?;
                }
                b'{' | b'[' => {
                    open += 1;
                    self.at += 1;
                }
                b'}' | b']' if open > 0 => {
                    open -= 1;
                    self.at += 1;
                }
                b',' | b':' if open > 0 => {
                    self.at += 1;
                    continue;
                }
                _ if !self.word().is_empty() => {}
                _ => return Err(broken()),
            }
            if open == 0 {
                return Ok(());
            }
        }
    }

    /// The string here, decoded.
    fn string(&mut self) -> Result<Cow<'a, str>> {
        let raw = self.raw_string()?;
        if raw.contains('\\') {
            let string = serde_json::from_str(raw).map_err(|_| invalid("a string has half a surrogate pair"))?;
            return Ok(Cow::Owned(string));
        }
        Ok(Cow::Borrowed(&raw[1..raw.len() - 1]))
    }

    /// The string here with its quotes, as it is written.
    fn raw_string(&mut self) -> Result<&'a str> {
        if self.peek() != Some(b'"') {
            return Err(broken());
        }
        let rest = &self.text.as_bytes()[self.at..];
        let mut end = 1;
        loop {
            match rest.get(end) {
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(_) => end += 1,
                None => return Err(broken()),
            }
        }
        let raw = &self.text[self.at..=self.at + end];
        self.at += end + 1;
        Ok(raw)
    }

    /// serde_json escapes exactly what the RFC does, and as it does.
    fn write_string(&mut self, string: &str) -> Result {
        Ok(serde_json::to_writer(&mut self.out, string)?)
    }

    /// The letters and digits here: a literal or a number.
    fn word(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let belongs = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.');
        let word = &rest[..rest.find(|c| !belongs(c)).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.as_bytes().get(self.at)?;
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Result {
        if self.peek() != Some(byte) {
            return Err(broken());
        }
        self.at += 1;
        Ok(())
    }
}

/// The canonical form of a number, unless its exponent is no `i64`.
fn number(word: &str) -> Option<String> {
    let exact = Decimal::read(word)?;
    let integer = exact.point >= i64::try_from(exact.digits.len()).ok()?;
    if integer || exact.digits.len() > DOUBLE_DIGITS {
        return Some(exact.write());
    }
    match word.parse::<f64>().ok()? {
        // What only rounds to zero or to another integer is none.
        double if double.fract() == 0.0 => Some(exact.write()),
        double => Some(Decimal::read(&format!("{double:e}"))?.write()),
    }
}

/// A number as it is: 0.digits × 10^point.
struct Decimal {
    negative: bool,
    /// Without zeros at either end; none for zero.
    digits: String,
    point: i64,
}

impl Decimal {
    fn read(word: &str) -> Option<Self> {
        let (negative, word) = word.strip_prefix('-').map_or((false, word), |word| (true, word));
        let (mantissa, exponent) = word.split_once(['e', 'E']).unwrap_or((word, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole, fraction].concat();
        let digits = all.trim_start_matches('0');
        let leading = i64::try_from(all.len() - digits.len()).ok()?;
        let point = i64::try_from(whole.len()).ok()? - leading;
        let digits = digits.trim_end_matches('0').to_owned();
        if digits.is_empty() {
            return Some(Self { negative: false, digits, point: 0 });
        }
        Some(Self { negative, digits, point: exponent.parse::<i64>().ok()?.checked_add(point)? })
    }

    /// As ECMAScript writes numbers.
    fn write(&self) -> String {
        let Self { negative, digits, point } = self;
        let sign = if *negative { "-" } else { "" };
        let count = digits.len();
        match usize::try_from(*point) {
            _ if digits.is_empty() => "0".to_owned(),
            Ok(whole) if count <= whole && whole <= 21 => format!("{sign}{digits}{}", "0".repeat(whole - count)),
            Ok(whole @ 1..=21) => format!("{sign}{}.{}", &digits[..whole], &digits[whole..]),
            _ if (-5..=0).contains(point) => {
                format!("{sign}0.{}{digits}", "0".repeat(usize::try_from(-point).unwrap_or(0)))
            }
            _ => {
                let (first, rest) = digits.split_at(1);
                let dot = if rest.is_empty() { "" } else { "." };
                format!("{sign}{first}{dot}{rest}e{:+}", i128::from(*point) - 1)
            }
        }
    }
}

fn broken() -> Error {
    invalid("the text is no JSON")
}

fn invalid(why: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, why)
}
