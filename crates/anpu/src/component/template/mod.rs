//! URI templates (RFC 6570, levels 1 to 3) read backwards: from a URI to the values of its variables, in time linear in
//! the URI, and never to a value that climbs out of its place. `docs/uri-templates.md` says what matches and why.

#[cfg(test)]
mod expand;
mod matching;
mod parse;
mod problem;
#[cfg(test)]
mod tests;

use std::{cmp::Reverse, fmt, str::FromStr};

use parse::Part;
pub(crate) use problem::BadTemplate;

/// A URI longer than this matches nothing, and a template longer than this is refused.
pub(crate) const LONGEST_URI: usize = 8 * 1024;

/// A parsed template.
#[derive(Debug, Clone)]
pub(crate) struct UriTemplate {
    text: Box<str>,
    parts: Box<[Part]>,
}

impl UriTemplate {
    /// Parses the template; the error says where it is wrong and what to write instead.
    pub(crate) fn parse(template: &str) -> Result<Self, BadTemplate> {
        parse::parse(template).map(|parts| Self { text: template.into(), parts: parts.into() })
    }

    /// The names of its variables, in order.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts
            .iter()
            .flat_map(|part| match part {
                Part::Literal(_) => [].as_slice(),
                Part::Variable(variable) => std::slice::from_ref(&variable.name),
                Part::Named(named) => &named.names,
            })
            .map(|name| &**name)
    }

    /// The percent-decoded values of the variables, in the order of the template, if the URI is one of this template.
    /// Named variables (`{?a}`, `{&a}`, `{;a}`) that the URI leaves out are left out.
    pub(crate) fn matches(&self, uri: &str) -> Option<Vec<(Box<str>, String)>> {
        matching::matches(&self.parts, uri)
    }

    #[cfg(test)]
    /// The URI with these values. What it makes of non-empty values without a way out, [`matches`](Self::matches) takes
    /// apart again into the same values.
    pub(crate) fn expand(&self, values: &[(&str, &str)]) -> String {
        expand::expand(&self.parts, values)
    }

    /// How closely the template describes its URIs. Of two that match, the greater one is meant: the one with more
    /// literal characters, then with fewer variables that cross `/`, then with fewer variables.
    pub(crate) fn specificity(&self) -> Specificity {
        let literal = self.parts.iter().map(|part| if let Part::Literal(text) = part { text.len() } else { 0 }).sum();
        let reserved = self.parts.iter().filter(|part| matches!(part, Part::Variable(it) if it.is_reserved)).count();
        Specificity { literal, reserved: Reverse(reserved), variables: Reverse(self.variables().count()) }
    }
}

impl fmt::Display for UriTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for UriTemplate {
    type Err = BadTemplate;

    fn from_str(template: &str) -> Result<Self, BadTemplate> {
        Self::parse(template)
    }
}

/// An order among templates; see [`UriTemplate::specificity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Specificity {
    literal: usize,
    reserved: Reverse<usize>,
    variables: Reverse<usize>,
}
