//! What is wrong with a template, where, and what to write instead.

use std::fmt;

/// A template that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadTemplate {
    /// The template.
    pub(crate) template: String,
    /// The character where the trouble starts, counted from 0.
    pub(crate) at: usize,
    /// What is the matter.
    pub(crate) problem: String,
    /// What to write instead.
    pub(crate) instead: String,
}

impl fmt::Display for BadTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { template, at, problem, instead } = self;
        write!(f, "the URI template `{template}` is wrong at character {at}: {problem}; {instead}")
    }
}

impl std::error::Error for BadTemplate {}
