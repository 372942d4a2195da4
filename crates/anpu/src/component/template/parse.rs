//! From the text of a template to its parts. Lists and operators become literals between variables here, so that
//! matching knows only three kinds of part.

use std::collections::BTreeSet;

use super::{BadTemplate, LONGEST_URI};

/// More variables than any template of ours needs; it bounds what matching costs.
const MOST_VARIABLES: usize = 64;

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Normalized: ASCII, percent escapes in upper case.
    Literal(Box<str>),
    Variable(Variable),
    Named(Named),
}

/// One value at a fixed place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) name: Box<str>,
    /// `{+var}` and `{#var}`: crosses `/`, and is expanded with its reserved characters as they are.
    pub(super) is_reserved: bool,
    /// ASCII characters at which the value ends unless they are escaped.
    pub(super) stops: Stops,
}

/// Values with their names, in any order, each of them optional.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) names: Box<[Box<str>]>,
    /// What stands before the first pair, and between pairs.
    pub(super) first: u8,
    pub(super) between: u8,
}

impl Named {
    /// Where the values end: with the segment, or with the query.
    pub(super) fn ends(&self) -> &'static [u8] {
        if self.first == b';' { b"/?#" } else { b"#" }
    }
}

/// A set of ASCII characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stops(u128);

impl Stops {
    pub(super) fn of(characters: &[u8]) -> Self {
        Self(characters.iter().fold(0, |set, byte| set | 1 << (byte & 127)))
    }

    pub(super) fn contains(self, byte: u8) -> bool {
        byte.is_ascii() && self.0 & (1 << byte) != 0
    }

    fn add(&mut self, byte: u8) {
        self.0 |= Self::of(&[byte]).0;
    }
}

pub(super) fn parse(template: &str) -> Result<Vec<Part>, BadTemplate> {
    let mut parser = Parser { template, parts: Vec::new(), names: BTreeSet::new() };
    if template.len() > LONGEST_URI {
        return Err(parser.bad(0, "it is longer than 8192 bytes", "use a shorter one"));
    }
    parser.scheme()?;
    let mut at = 0;
    while at < template.len() {
        let rest = &template[at..];
        if let Some(inside) = rest.strip_prefix('{') {
            let Some(end) = inside.find('}') else {
                return Err(parser.bad(at, "the expression is not closed", "write `}` after its name"));
            };
            parser.expression(&inside[..end], at)?;
            at += end + 2;
        } else {
            let end = rest.find('{').unwrap_or(rest.len());
            parser.literal(&rest[..end], at)?;
            at += end;
        }
    }
    parser.finish()
}

struct Parser<'a> {
    template: &'a str,
    /// With the place where each begins.
    parts: Vec<(usize, Part)>,
    names: BTreeSet<&'a str>,
}

impl<'a> Parser<'a> {
    fn bad(&self, at: usize, problem: &str, instead: &str) -> BadTemplate {
        let at = self.template.char_indices().take_while(|(index, _)| *index < at).count();
        BadTemplate { template: self.template.to_owned(), at, problem: problem.to_owned(), instead: instead.to_owned() }
    }

    fn scheme(&self) -> Result<(), BadTemplate> {
        let scheme = self.template.split_once(':').map_or("", |(scheme, _)| scheme);
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        if is_scheme {
            return Ok(());
        }
        Err(self.bad(0, "it does not begin with a scheme", "write one before it, like `note:///{id}`"))
    }

    fn literal(&mut self, text: &str, at: usize) -> Result<(), BadTemplate> {
        if let Some(close) = text.find('}') {
            return Err(self.bad(
                at + close,
                "`}` closes nothing",
                "write `{` before the name, or `%7D` for the character",
            ));
        }
        let odd = |(_, c): &(usize, char)| {
            c.is_ascii_control() || matches!(c, ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '|')
        };
        if let Some((index, c)) = text.char_indices().find(odd) {
            let problem = format!("{c:?} cannot stand in a URI");
            return Err(self.bad(at + index, &problem, &format!("write `%{:02X}`", u32::from(c))));
        }
        let Some(text) = super::matching::normalized(text) else {
            let index = bad_escape(text);
            return Err(self.bad(
                at + index,
                "`%` is not followed by two hexadecimal digits",
                "write `%25` for the character",
            ));
        };
        self.push_literal(at, &text);
        Ok(())
    }

    fn push_literal(&mut self, at: usize, text: &str) {
        if let Some((_, Part::Literal(last))) = self.parts.last_mut() {
            *last = format!("{last}{text}").into();
        } else if !text.is_empty() {
            self.parts.push((at, Part::Literal(text.into())));
        }
    }

    fn expression(&mut self, inside: &'a str, at: usize) -> Result<(), BadTemplate> {
        let (operator, list) = match inside.chars().next() {
            None => {
                return Err(self.bad(
                    at,
                    "the expression is empty",
                    "write the name of a variable between `{` and `}`",
                ));
            }
            Some(c @ ('+' | '#' | '.' | '/' | ';' | '?' | '&')) => (Some(c), &inside[1..]),
            Some(c @ ('=' | ',' | '!' | '@' | '|')) => {
                let problem = format!("the operator `{c}` is reserved by RFC 6570");
                return Err(self.bad(at + 1, &problem, "use one of + # . / ; ? & or none"));
            }
            Some(_) => (None, inside),
        };
        let mut names = Vec::new();
        let mut place = at + 1 + (inside.len() - list.len());
        for name in list.split(',') {
            self.name(name, place)?;
            names.push(name);
            place += name.len() + 1;
        }
        match operator {
            Some(operator @ ('?' | '&' | ';')) => self.named(operator, &names, at),
            _ => {
                self.placed(operator, &names, at);
                Ok(())
            }
        }
    }

    fn name(&mut self, name: &'a str, at: usize) -> Result<(), BadTemplate> {
        if let Some(base) = name.strip_suffix('*') {
            let instead = format!("write `{base}`; `{{+{base}}}` takes several segments at once");
            return Err(self.bad(at + base.len(), "the modifier `*` is of level 4, which cannot be matched", &instead));
        }
        if let Some((base, _)) = name.split_once(':') {
            let instead = format!("write `{base}`, and check its length in the handler");
            return Err(self.bad(at + base.len(), "a prefix length is of level 4, which cannot be matched", &instead));
        }
        if name.is_empty() {
            return Err(self.bad(at, "a name is missing", "write the name of a variable here"));
        }
        let odd = |c: &char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        if let Some(c) = name.chars().find(odd) {
            let problem = format!("the name `{name}` holds {c:?}");
            return Err(self.bad(at, &problem, "use letters, digits, `_` and `.` only"));
        }
        if name.starts_with('.') || name.ends_with('.') || name.contains("..") {
            return Err(self.bad(
                at,
                &format!("the name `{name}` has a `.` at its edge"),
                "put a letter on both its sides",
            ));
        }
        if self.names.len() >= MOST_VARIABLES {
            return Err(self.bad(at, "it has more than 64 variables", "use fewer"));
        }
        if !self.names.insert(name) {
            let instead = format!("give the second one another name, like `{name}2`");
            return Err(self.bad(at, &format!("the variable `{name}` is there twice"), &instead));
        }
        Ok(())
    }

    fn placed(&mut self, operator: Option<char>, names: &[&str], at: usize) {
        let (before, between, is_reserved) = match operator {
            Some('+') => ("", ",", true),
            Some('#') => ("#", ",", true),
            Some('.') => (".", ".", false),
            Some('/') => ("/", "/", false),
            _ => ("", ",", false),
        };
        let mut stops = Stops::of(if is_reserved { br"\" } else { br"/?#\" });
        // In a list the separator ends a value; a label ends at a dot even alone, so that `{name}{.ext}` is clear.
        if names.len() > 1 || operator == Some('.') {
            stops.add(between.as_bytes()[0]);
        }
        for (index, name) in names.iter().enumerate() {
            self.push_literal(at, if index == 0 { before } else { between });
            self.parts.push((at, Part::Variable(Variable { name: (*name).into(), is_reserved, stops })));
        }
    }

    fn named(&mut self, operator: char, names: &[&str], at: usize) -> Result<(), BadTemplate> {
        if let Some((_, Part::Named(last))) = self.parts.last()
            && (last.first != b';' || operator != '?')
        {
            let problem = "two expressions with named values stand side by side";
            return Err(self.bad(at, problem, "put all names into one, like `{?a,b}`"));
        }
        let (first, between) = match operator {
            '?' => (b'?', b'&'),
            '&' => (b'&', b'&'),
            _ => (b';', b';'),
        };
        let query_open = self.parts.iter().any(|(_, part)| matches!(part, Part::Literal(text) if text.contains('?')));
        if operator == '?' && query_open {
            return Err(self.bad(at, "there is a `?` before it already", "write `&` instead of `?` in the expression"));
        }
        if operator == '&' && !query_open {
            return Err(self.bad(at, "there is no `?` before it", "write `?` instead of `&` in the expression"));
        }
        let names = names.iter().map(|name| Box::from(*name)).collect();
        self.parts.push((at, Part::Named(Named { names, first, between })));
        Ok(())
    }

    /// Looks at what stands side by side, and ends values where the next part must begin.
    fn finish(mut self) -> Result<Vec<Part>, BadTemplate> {
        for index in 1..self.parts.len() {
            let (at, next) = &self.parts[index];
            match (&self.parts[index - 1].1, next) {
                (Part::Variable(left), Part::Variable(right)) => {
                    let problem = format!("`{}` and `{}` touch, so nothing says where one ends", left.name, right.name);
                    let instead = format!("put a literal between them, like `{{{}}}/{{{}}}`", left.name, right.name);
                    return Err(self.bad(*at, &problem, &instead));
                }
                (Part::Named(named), next) => {
                    let begins = match next {
                        Part::Literal(text) => text.bytes().next(),
                        Part::Named(next) => Some(next.first),
                        Part::Variable(_) => None,
                    };
                    if begins.is_none_or(|byte| !named.ends().contains(&byte)) {
                        let problem = "named values take everything up to the end of the query or segment";
                        return Err(self.bad(*at, problem, "put them last, before a fragment at most"));
                    }
                }
                _ => {}
            }
        }
        let mut coming = Stops::of(b"");
        for index in (0..self.parts.len()).rev() {
            match &mut self.parts[index].1 {
                Part::Literal(text) => {
                    text.bytes().filter(|byte| b"?#".contains(byte)).for_each(|byte| coming.add(byte));
                }
                Part::Named(named) => coming.add(named.first),
                Part::Variable(variable) => variable.stops.0 |= coming.0,
            }
            // A parameter of a segment ends at most that segment.
            if matches!(self.parts[index].1, Part::Literal(_)) {
                coming.0 &= Stops::of(b"?#").0;
            }
        }
        Ok(self.parts.into_iter().map(|(_, part)| part).collect())
    }
}

fn bad_escape(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_bad = |at: &usize| {
        bytes[*at] == b'%' && !bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    };
    (0..bytes.len()).find(is_bad).unwrap_or(0)
}
