//! Collects the mistakes of one macro call, so that one compile shows them all.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// A growing list of errors, each at the user's own token.
#[derive(Default)]
pub(crate) struct Sink {
    found: Option<syn::Error>,
}

impl Sink {
    /// Adds an error that underlines all of `at`.
    pub(crate) fn at(&mut self, at: impl ToTokens, message: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(at, message));
    }

    /// Adds an error at one span.
    pub(crate) fn span(&mut self, span: Span, message: impl std::fmt::Display) {
        self.push(syn::Error::new(span, message));
    }

    /// Adds an error that syn found.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.found {
            Some(found) => found.combine(error),
            None => self.found = Some(error),
        }
    }

    /// Takes the value out of a result, keeping the error here.
    pub(crate) fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// The errors as `compile_error!` calls; `None` when there are none.
    pub(crate) fn finish(self) -> Option<TokenStream> {
        self.found.map(|error| error.into_compile_error())
    }
}
