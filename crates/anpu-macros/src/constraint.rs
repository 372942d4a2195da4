//! `#[arg(..)]`: reads the constraints of one argument, checks them against its type, and writes them as schema keywords.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Attribute, Expr, LitStr, Meta, Type};

use crate::kind::{self, Kind};
use crate::literal::Literal;
use crate::options::{Options, Value};
use crate::pattern;
use crate::sink::Sink;

/// Everything `#[arg(..)]` may say about the argument of a tool.
pub(crate) const KNOWN: &[&str] = &[
    "min",
    "max",
    "exclusive",
    "exclusive_min",
    "exclusive_max",
    "multiple_of",
    "min_length",
    "max_length",
    "pattern",
    "format",
    "min_items",
    "max_items",
    "unique",
    "default",
    "rename",
    "title",
    "examples",
    "header",
];

/// What it may say about the argument of a prompt or the variable of a template: these are texts on the wire.
pub(crate) const KNOWN_OF_TEXTS: &[&str] = &["rename", "title"];

/// The formats that are enforced, so that nothing is promised in a schema that is not kept.
const FORMATS: &[&str] = &["date-time", "date", "email", "uri", "uuid", "ipv4", "ipv6"];

/// The constraints of one argument.
#[derive(Default)]
pub(crate) struct Constraints {
    pub(crate) rename: Option<String>,
    pub(crate) default: Option<Default>,
    /// Schema keywords and their values, in the order they are published.
    pub(crate) keywords: Vec<(&'static str, TokenStream)>,
    pub(crate) title: Option<String>,
    pub(crate) header: Option<(String, Span)>,
}

/// `default` or `default = literal`.
pub(crate) enum Default {
    OfType,
    Is(Literal, Box<Expr>),
}

/// Gathers all `#[arg(..)]` attributes of one parameter or field.
pub(crate) fn options(attributes: &[Attribute], known: &[&str], sink: &mut Sink) -> Option<Options> {
    let mut all: Option<Options> = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("arg")) {
        let Meta::List(list) = &attribute.meta else {
            sink.at(attribute, "`#[arg]` says something about an argument: write `#[arg(min = 1)]`");
            continue;
        };
        let some = Options::read(list.tokens.clone(), "#[arg(..)]", known, &[], sink);
        match &mut all {
            Some(all) => all.join(some, sink),
            None => all = Some(some),
        }
    }
    all
}

/// Reads and checks the constraints of an argument of type `ty`.
pub(crate) fn read(options: Options, ty: &Type, sink: &mut Sink) -> Constraints {
    let mut reader = Reader { options, kind: Kind::of(ty), spelled: kind::spelled(ty), keywords: Vec::new(), sink };
    let numbers = reader.numbers();
    let texts = reader.sizes(["min_length", "max_length"], ["minLength", "maxLength"], Kind::Text);
    reader.pattern();
    reader.format();
    reader.sizes(["min_items", "max_items"], ["minItems", "maxItems"], Kind::List);
    reader.unique();
    let default = reader.default(numbers, texts);
    reader.examples();
    let title = reader.options.text("title", reader.sink).map(|text| text.value());
    let rename = reader.options.text("rename", reader.sink);
    let rename = rename.map(|text| text.value());
    let header = reader.header();
    Constraints { rename, default, keywords: reader.keywords, title, header }
}

/// The lower and upper bound, for checking the default against them.
type Bounds = (Option<f64>, Option<f64>);

struct Reader<'a> {
    options: Options,
    kind: Kind,
    spelled: String,
    keywords: Vec<(&'static str, TokenStream)>,
    sink: &'a mut Sink,
}

impl Reader<'_> {
    /// `min`, `max`, their exclusive forms, and `multiple_of`.
    fn numbers(&mut self) -> Bounds {
        let exclusive = self.options.span_of("exclusive");
        let both = self.options.flag("exclusive", self.sink);
        let [least, greatest] = if both { ["exclusiveMinimum", "exclusiveMaximum"] } else { ["minimum", "maximum"] };
        let min = self.number("min", least);
        let max = self.number("max", greatest);
        if let (true, Some(span), None, None) = (both, exclusive, min, max) {
            self.sink.span(span, "`exclusive` leaves out the bounds of `min` and `max`: give one of them too");
        }
        let over = self.number("exclusive_min", "exclusiveMinimum");
        let under = self.number("exclusive_max", "exclusiveMaximum");
        let step = self.options.span_of("multiple_of");
        if let (Some(span), Some(..=0.0)) = (step, self.number("multiple_of", "multipleOf")) {
            self.sink.span(span, "`multiple_of` is greater than 0");
        }
        let (lower, upper) = (min.or(over), max.or(under));
        self.ordered("max", lower, upper);
        (lower, upper)
    }

    /// One bound of a number, published as `keyword`.
    fn number(&mut self, key: &'static str, keyword: &'static str) -> Option<f64> {
        let span = self.options.span_of(key)?;
        let (literal, written) = self.options.literal(key, self.sink)?;
        if !matches!(self.kind, Kind::Integer(..) | Kind::Float | Kind::Other) {
            let instead = match (key, self.kind) {
                ("min", Kind::Text) => ": use `min_length`",
                ("max", Kind::Text) => ": use `max_length`",
                ("min", Kind::List) => ": use `min_items`",
                ("max", Kind::List) => ": use `max_items`",
                _ => "",
            };
            self.sink.span(span, format!("`{key}` is for numbers, this is `{}`{instead}", self.spelled));
            return None;
        }
        let Some(number) = literal.number() else {
            self.sink.at(written, format!("`{key}` is a number, not {}", literal.name()));
            return None;
        };
        self.fits(&literal, &written)?;
        self.keywords.push((keyword, quote!(#written)));
        Some(number)
    }

    /// A number that the argument's type can hold.
    fn fits(&mut self, literal: &Literal, written: &Expr) -> Option<()> {
        let Kind::Integer(least, greatest) = self.kind else { return Some(()) };
        match literal {
            Literal::Integer(number) if (least..=greatest).contains(number) => Some(()),
            Literal::Integer(_) => {
                self.sink.at(written, format!("`{}` holds {least} to {greatest}", self.spelled));
                None
            }
            _ => {
                self.sink.at(written, format!("`{}` holds whole numbers", self.spelled));
                None
            }
        }
    }

    /// The least and greatest length of a text or a list.
    fn sizes(&mut self, keys: [&'static str; 2], keywords: [&'static str; 2], of: Kind) -> Bounds {
        let lower = self.size(keys[0], keywords[0], of);
        let upper = self.size(keys[1], keywords[1], of);
        self.ordered(keys[1], lower, upper);
        (lower, upper)
    }

    fn size(&mut self, key: &'static str, keyword: &'static str, of: Kind) -> Option<f64> {
        let span = self.options.span_of(key)?;
        let (literal, written) = self.options.literal(key, self.sink)?;
        self.suits(key, span, of)?;
        match literal {
            Literal::Integer(number @ 0..=0xFFFF_FFFF) => {
                self.keywords.push((keyword, quote!(#written)));
                Some(number as f64)
            }
            _ => {
                self.sink.at(written, format!("`{key}` is a whole number from 0"));
                None
            }
        }
    }

    /// Is `key`, which is for texts or for lists, on one of them?
    fn suits(&mut self, key: &str, span: Span, of: Kind) -> Option<()> {
        if self.kind == of || self.kind == Kind::Other {
            return Some(());
        }
        let noun = if of == Kind::Text { "texts" } else { "lists" };
        let instead = match (key.get(..4), self.kind) {
            (Some(end @ ("min_" | "max_")), Kind::Integer(..) | Kind::Float) => format!(": use `{}`", &end[..3]),
            (Some(end @ ("min_" | "max_")), Kind::Text) => format!(": use `{end}length`"),
            (Some(end @ ("min_" | "max_")), Kind::List) => format!(": use `{end}items`"),
            _ => String::new(),
        };
        self.sink.span(span, format!("`{key}` is for {noun}, this is `{}`{instead}", self.spelled));
        None
    }

    fn ordered(&mut self, upper_key: &str, lower: Option<f64>, upper: Option<f64>) {
        if let (Some(lower), Some(upper)) = (lower, upper)
            && lower > upper
        {
            let at = self.keywords.last().map(|(_, value)| value.clone());
            let lower_key = upper_key.replace("max", "min");
            self.sink.at(at, format!("no value fits: `{lower_key}` {lower} is greater than `{upper_key}` {upper}"));
        }
    }

    fn pattern(&mut self) {
        let Some(text) = self.of_text("pattern") else { return };
        match pattern::check(&text.value()) {
            Err(wrong) => self.sink.at(&text, format!("this pattern cannot be enforced: {wrong}")),
            Ok(()) => self.keywords.push(("pattern", quote!(#text))),
        }
    }

    fn format(&mut self) {
        let Some(text) = self.of_text("format") else { return };
        if FORMATS.contains(&text.value().as_str()) {
            self.keywords.push(("format", quote!(#text)));
        } else {
            let known = FORMATS.join("`, `");
            let told = format!("`{}` cannot be enforced: known are `{known}`; a `pattern` says the rest", text.value());
            self.sink.at(&text, told);
        }
    }

    /// `key = ".."` on a text.
    fn of_text(&mut self, key: &str) -> Option<LitStr> {
        let span = self.options.span_of(key)?;
        let text = self.options.text(key, self.sink)?;
        self.suits(key, span, Kind::Text)?;
        Some(text)
    }

    fn unique(&mut self) {
        let Some(span) = self.options.span_of("unique") else { return };
        if self.options.flag("unique", self.sink) && self.suits("unique", span, Kind::List).is_some() {
            self.keywords.push(("uniqueItems", quote!(true)));
        }
    }

    fn default(&mut self, numbers: Bounds, texts: Bounds) -> Option<Default> {
        let item = self.options.take("default")?;
        let Value::Is(written) = item.value else { return Some(Default::OfType) };
        let Some(literal) = Literal::read(&written) else {
            self.sink
                .at(written, "a default is published in the schema: write a literal, or `default` for the type's own");
            return None;
        };
        self.suits_kind("default", &literal, &written)?;
        let measured = match &literal {
            Literal::Text(text) => Some((text.chars().count() as f64, texts, "long")),
            other => other.number().map(|number| (number, numbers, "")),
        };
        if let Some((value, (lower, upper), long)) = measured
            && (lower.is_some_and(|lower| value < lower) || upper.is_some_and(|upper| value > upper))
        {
            let text = if long.is_empty() { "the default" } else { "the default's length" };
            self.sink.at(&written, format!("{text} is outside of the argument's own bounds"));
            return None;
        }
        self.keywords.push(("default", quote!(#written)));
        Some(Default::Is(literal, written))
    }

    /// A literal of the argument's own kind.
    fn suits_kind(&mut self, key: &str, literal: &Literal, written: &Expr) -> Option<()> {
        let suits = match self.kind {
            Kind::Integer(..) | Kind::Float => literal.number().is_some(),
            Kind::Text => matches!(literal, Literal::Text(_)),
            Kind::Bool => matches!(literal, Literal::Bool(_)),
            Kind::List => matches!(literal, Literal::List(_)),
            Kind::Map => false,
            Kind::Other => true,
        };
        if !suits {
            self.sink.at(written, format!("`{key}` of `{}` cannot be {}", self.spelled, literal.name()));
            return None;
        }
        if literal.number().is_some() { self.fits(literal, written) } else { Some(()) }
    }

    fn examples(&mut self) {
        let Some(span) = self.options.span_of("examples") else { return };
        let Some((literal, written)) = self.options.literal("examples", self.sink) else { return };
        let (Literal::List(examples), Expr::Array(list)) = (literal, &written) else {
            self.sink.span(span, "`examples` is a list: write `examples = [..]`");
            return;
        };
        let all = examples.iter().zip(&list.elems).all(|(one, at)| self.suits_kind("examples", one, at).is_some());
        if all {
            self.keywords.push(("examples", quote!(#written)));
        }
    }

    /// `header = "Region"`: the value also travels as `Mcp-Param-Region`, so it must be a header name and the value plain.
    fn header(&mut self) -> Option<(String, Span)> {
        let text = self.options.text("header", self.sink)?;
        let name = text.value();
        let token = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(letter);
        if name.is_empty() || !name.chars().all(token) {
            self.sink.at(&text, "`header` is one word of letters, digits and `-`, as in `Mcp-Param-Region`");
            return None;
        }
        if matches!(self.kind, Kind::Float | Kind::List | Kind::Map) {
            self.sink.at(&text, format!("only a text, whole number or bool can be a header, not `{}`", self.spelled));
            return None;
        }
        self.keywords.push(("x-mcp-header", quote!(#text)));
        Some((name.to_ascii_lowercase(), text.span()))
    }
}
