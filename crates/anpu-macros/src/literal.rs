//! Literals as values: what may stand behind `=` where the value is published and so must be known at compile time.

use syn::{Expr, Lit, LitStr, UnOp};

/// A value known at compile time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Integer(i128),
    Float(f64),
    Text(String),
    Bool(bool),
    List(Vec<Literal>),
}

impl Literal {
    /// Reads a literal, a negated number or a list of them; anything else is `None`.
    pub(crate) fn read(value: &Expr) -> Option<Self> {
        match bare(value) {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Int(number) => number.base10_parse().ok().map(Self::Integer),
                Lit::Float(number) => number.base10_parse().ok().map(Self::Float),
                Lit::Str(text) => Some(Self::Text(text.value())),
                Lit::Bool(on) => Some(Self::Bool(on.value)),
                _ => None,
            },
            Expr::Unary(negated) if matches!(negated.op, UnOp::Neg(_)) => match Self::read(&negated.expr)? {
                Self::Integer(number) => Some(Self::Integer(-number)),
                Self::Float(number) => Some(Self::Float(-number)),
                Self::Text(_) | Self::Bool(_) | Self::List(_) => None,
            },
            Expr::Array(list) => list.elems.iter().map(Self::read).collect::<Option<_>>().map(Self::List),
            _ => None,
        }
    }

    /// Reads a string literal, keeping its span.
    pub(crate) fn text(value: &Expr) -> Option<LitStr> {
        match bare(value) {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// The number, if it is one. Exact enough to compare bounds with.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            Self::Text(_) | Self::Bool(_) | Self::List(_) => None,
        }
    }

    /// The milliseconds, if it is a time: seconds as a number, or a text with its unit.
    pub(crate) fn milliseconds(&self) -> Option<u64> {
        match self {
            Self::Integer(seconds) => u64::try_from(*seconds).ok()?.checked_mul(1000),
            Self::Float(seconds) if *seconds > 0.0 => Some((seconds * 1000.0) as u64),
            Self::Text(text) => milliseconds(text),
            Self::Float(_) | Self::Bool(_) | Self::List(_) => None,
        }
    }

    /// The number as a literal of type `i64` or `f64`, so that it needs no type beside it.
    pub(crate) fn typed(&self) -> Option<proc_macro2::Literal> {
        match self {
            Self::Integer(number) => i64::try_from(*number).ok().map(proc_macro2::Literal::i64_suffixed),
            Self::Float(number) => Some(proc_macro2::Literal::f64_suffixed(*number)),
            Self::Text(_) | Self::Bool(_) | Self::List(_) => None,
        }
    }

    /// The value as JSON text.
    pub(crate) fn json(&self) -> String {
        match self {
            Self::Integer(number) => number.to_string(),
            Self::Float(number) => format!("{number:?}"),
            Self::Bool(on) => on.to_string(),
            Self::Text(text) => quoted(text),
            Self::List(list) => format!("[{}]", list.iter().map(Self::json).collect::<Vec<_>>().join(",")),
        }
    }

    /// What it is, for messages.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Text(_) => "a text",
            Self::Bool(_) => "a bool",
            Self::List(_) => "a list",
        }
    }
}

fn milliseconds(text: &str) -> Option<u64> {
    let unit = text.find(|letter: char| !letter.is_ascii_digit())?;
    let each = match text[unit..].trim() {
        "ms" => 1,
        "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    text[..unit].parse::<u64>().ok()?.checked_mul(each)
}

fn quoted(text: &str) -> String {
    let letters = text.chars().map(|letter| match letter {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        letter if letter.is_control() => format!("\\u{:04x}", u32::from(letter)),
        letter => letter.to_string(),
    });
    format!("\"{}\"", letters.collect::<String>())
}

/// Takes off the invisible groups and parentheses that `macro_rules!` leaves around a literal.
fn bare(mut value: &Expr) -> &Expr {
    loop {
        value = match value {
            Expr::Group(group) => &group.expr,
            Expr::Paren(paren) => &paren.expr,
            _ => return value,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::Literal;

    #[test]
    fn a_literal_is_json() {
        let value = syn::parse_str(r#"["a\"b\\c\n", -1, 1.5, true, []]"#).unwrap();
        assert_eq!(Literal::read(&value).unwrap().json(), r#"["a\"b\\c\u000a",-1,1.5,true,[]]"#);
        assert_eq!(Literal::read(&syn::parse_str("LEAST").unwrap()), None);
    }
}
