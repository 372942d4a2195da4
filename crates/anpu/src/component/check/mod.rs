//! Checks arguments against the schemas that `schema` writes, compiled once, and says of every wrong field what was
//! expected and what was found, so that a model can correct itself. Whole JSON Schema is not its business: a keyword
//! that it cannot enforce is refused when the schema is compiled, never passed over.

mod compile;
mod format;
mod number;
mod run;
#[cfg(test)]
mod tests;
mod wording;

use std::fmt;

use serde_json::Value;

use compile::Node;

/// More wrong fields than these are counted, not named.
pub(crate) const MOST_WRONGS: usize = 32;

/// A schema ready to check values with.
#[derive(Debug, Clone)]
pub(crate) struct Checker {
    nodes: Vec<Node>,
    root: usize,
}

impl Checker {
    /// Compiles the schema; the error names the place of what cannot be enforced.
    pub(crate) fn new(schema: &Value) -> Result<Self, BadSchema> {
        compile::compile(schema).map(|(nodes, root)| Self { nodes, root })
    }

    /// Everything that is wrong with the value: at most [`MOST_WRONGS`] fields by name, then how many more. `null` for a
    /// member that need not be there is taken as its absence.
    pub(crate) fn check(&self, value: &Value) -> Vec<Wrong> {
        run::check(&self.nodes, self.root, value)
    }
}

/// A schema that cannot be enforced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadSchema {
    /// Where in the schema, like `properties.item.pattern`; empty for its root.
    pub(crate) at: String,
    /// What is the matter.
    pub(crate) problem: String,
}

impl fmt::Display for BadSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = if self.at.is_empty() { "the root" } else { &self.at };
        write!(f, "the schema cannot be enforced: at {at}: {}", self.problem)
    }
}

impl std::error::Error for BadSchema {}

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// Which, like `items[2].name`; `arguments` for the whole; empty for the line that counts the rest.
    pub(crate) path: String,
    /// What should be there.
    pub(crate) expected: String,
    /// What is there, cut short.
    pub(crate) found: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return f.write_str(&self.found);
        }
        write!(f, "{}: expected {}, found {}", self.path, self.expected, self.found)
    }
}
