//! The comma-separated list inside an attribute, `key`, `key = value` or `key(..)`, read once for every macro.
//! Knows no macro: the caller names the keys it has.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, LitStr, Token};

use crate::literal::Literal;
use crate::sink::Sink;

/// One entry of the list.
pub(crate) struct Item {
    pub(crate) key: String,
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// What follows the key.
pub(crate) enum Value {
    Flag,
    Is(Box<Expr>),
    List(TokenStream),
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Value::Is(Box::new(input.parse()?))
        } else if input.peek(syn::token::Paren) {
            let inside;
            syn::parenthesized!(inside in input);
            Value::List(inside.parse()?)
        } else {
            Value::Flag
        };
        Ok(Self { key: key.unraw().to_string(), span: key.span(), value })
    }
}

/// The entries of one attribute, taken out one by one.
pub(crate) struct Options {
    items: Vec<Item>,
}

impl Options {
    /// Reads the list; unknown and repeated keys are reported here. `many` may be repeated.
    pub(crate) fn read(tokens: TokenStream, place: &str, known: &[&str], many: &[&str], sink: &mut Sink) -> Self {
        let list = Punctuated::<Item, Token![,]>::parse_terminated.parse2(tokens);
        let mut items: Vec<Item> = Vec::new();
        for item in sink.keep(list).into_iter().flatten() {
            if !known.contains(&item.key.as_str()) {
                sink.span(item.span, unknown(&item.key, place, known));
            } else if !many.contains(&item.key.as_str()) && items.iter().any(|other| other.key == item.key) {
                sink.span(item.span, format!("`{}` is given twice", item.key));
            } else {
                items.push(item);
            }
        }
        Self { items }
    }

    /// Adds the entries of another attribute of the same kind (`#[arg(min = 1)] #[arg(max = 9)]`).
    pub(crate) fn join(&mut self, other: Self, sink: &mut Sink) {
        for item in other.items {
            if self.items.iter().any(|mine| mine.key == item.key) {
                sink.span(item.span, format!("`{}` is given twice", item.key));
            } else {
                self.items.push(item);
            }
        }
    }

    /// Where `key` stands, if it is there.
    pub(crate) fn span_of(&self, key: &str) -> Option<Span> {
        self.items.iter().find(|item| item.key == key).map(|item| item.span)
    }

    /// Takes the entry `key` out of the list.
    pub(crate) fn take(&mut self, key: &str) -> Option<Item> {
        let at = self.items.iter().position(|item| item.key == key)?;
        Some(self.items.remove(at))
    }

    /// `key = "text"`.
    pub(crate) fn text(&mut self, key: &str, sink: &mut Sink) -> Option<LitStr> {
        let item = self.take(key)?;
        match item.value {
            Value::Is(value) => match Literal::text(&value) {
                Some(text) => Some(text),
                None => {
                    sink.at(value, format!("`{key}` is a text: write `{key} = \"..\"`"));
                    None
                }
            },
            Value::Flag | Value::List(_) => {
                sink.span(item.span, format!("`{key}` needs a text: write `{key} = \"..\"`"));
                None
            }
        }
    }

    /// `key`, `key = true` or `key = false`.
    pub(crate) fn switch(&mut self, key: &str, sink: &mut Sink) -> Option<bool> {
        let item = self.take(key)?;
        match item.value {
            Value::Flag => Some(true),
            Value::Is(value) => match Literal::read(&value) {
                Some(Literal::Bool(on)) => Some(on),
                _ => {
                    sink.at(value, format!("write `{key}`, `{key} = true` or `{key} = false`"));
                    None
                }
            },
            Value::List(_) => {
                sink.span(item.span, format!("write `{key}`, `{key} = true` or `{key} = false`"));
                None
            }
        }
    }

    /// `key` alone.
    pub(crate) fn flag(&mut self, key: &str, sink: &mut Sink) -> bool {
        self.switch(key, sink) == Some(true)
    }

    /// `key = some::path`.
    pub(crate) fn path(&mut self, key: &str, sink: &mut Sink) -> Option<syn::Path> {
        let item = self.take(key)?;
        match item.value {
            Value::Is(value) => match *value {
                Expr::Path(path) if path.qself.is_none() => Some(path.path),
                other => {
                    sink.at(other, format!("`{key}` is a path, without quotes: write `{key} = Name`"));
                    None
                }
            },
            Value::Flag | Value::List(_) => {
                sink.span(item.span, format!("`{key}` needs a path: write `{key} = Name`"));
                None
            }
        }
    }

    /// `key = literal`, and the expression it was written as.
    pub(crate) fn literal(&mut self, key: &str, sink: &mut Sink) -> Option<(Literal, Expr)> {
        let item = self.take(key)?;
        let Value::Is(value) = item.value else {
            sink.span(item.span, format!("`{key}` needs a value: write `{key} = ..`"));
            return None;
        };
        let Some(literal) = Literal::read(&value) else {
            sink.at(value, format!("`{key}` is published in the schema: write a literal, not an expression"));
            return None;
        };
        Some((literal, *value))
    }

    /// `key = "30s"` or, in seconds, `key = 30`, as a `Duration`.
    pub(crate) fn time(&mut self, key: &str, sink: &mut Sink) -> Option<TokenStream> {
        let (literal, written) = self.literal(key, sink)?;
        match literal.milliseconds() {
            Some(whole @ 1..) if whole % 1000 == 0 => {
                let seconds = whole / 1000;
                Some(quote!(::core::time::Duration::from_secs(#seconds)))
            }
            Some(some @ 1..) => Some(quote!(::core::time::Duration::from_millis(#some))),
            _ => {
                sink.at(written, format!("`{key}` is seconds, or a text like \"500ms\", \"30s\", \"5m\", \"1h\""));
                None
            }
        }
    }
}

/// The text for a key nobody knows: what is known, and what was probably meant.
pub(crate) fn unknown(key: &str, place: &str, known: &[&str]) -> String {
    let list = known.join("`, `");
    let near = known
        .iter()
        .map(|name| (if same_word(key, name) { 1 } else { distance(key, name) }, name))
        .filter(|(far, name)| *far <= 1 + name.len() / 4)
        .min_by_key(|(far, _)| *far);
    match near {
        Some((_, name)) => format!("unknown key `{key}` in {place}: did you mean `{name}`? known are `{list}`"),
        None => format!("unknown key `{key}` in {place}: known are `{list}`"),
    }
}

/// Is this the JSON Schema spelling of our key: `minLength`, `minimum`, `exclusiveMaximum`?
fn same_word(key: &str, name: &str) -> bool {
    let letters =
        |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let (key, name) = (letters(key), letters(name));
    key == name || key.strip_suffix("imum") == Some(&name)
}

/// How many letters must be changed to make one word the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, a) in left.chars().enumerate() {
        let mut corner = row[0];
        row[0] = line + 1;
        for (column, b) in right.iter().enumerate() {
            let changed = corner + usize::from(a != *b);
            corner = row[column + 1];
            row[column + 1] = changed.min(corner + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}
