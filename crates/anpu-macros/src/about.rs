//! What every component may say about itself: name, title, description, icons, meta.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{LitStr, Path};

use crate::function::Function;
use crate::literal::Literal;
use crate::options::{Item, Options, Value};
use crate::sink::Sink;

/// The keys read here, and those that every component shares with [`crate::emit::Target`].
pub(crate) const KNOWN: &[&str] = &["name", "title", "description", "icon", "meta", "component", "crate"];

/// The keys that may be repeated.
pub(crate) const MANY: &[&str] = &["icon", "meta"];

/// What was said.
pub(crate) struct About {
    pub(crate) name: String,
    /// `.title(..)`, `.description(..)`, `.icon(..)` and `.meta(..)`, as builder calls.
    pub(crate) calls: TokenStream,
}

impl About {
    /// `called`: clients call it by its name, so not every name will do.
    pub(crate) fn read(
        options: &mut Options,
        function: &Function,
        krate: &Path,
        called: bool,
        sink: &mut Sink,
    ) -> Self {
        let given = options.text("name", sink);
        if let Some(given) = given.as_ref().filter(|_| called) {
            check_name(given, sink);
        }
        let name = given.map_or_else(|| function.name(), |given| given.value());
        let title = options.text("title", sink).map(|text| quote!(.title(#text)));
        let description = options.text("description", sink).map(|text| text.value()).or_else(|| function.docs.clone());
        let description = description.map(|text| quote!(.description(#text)));
        let mut calls = quote!(#title #description);
        while options.span_of("icon").is_some() {
            if let Some(source) = options.text("icon", sink) {
                check_icon(&source, sink);
                calls.extend(quote!(.icon(#krate::model::Icon::new(#source))));
            }
        }
        while let Some(item) = options.take("meta") {
            calls.extend(meta(item, sink));
        }
        Self { name, calls }
    }
}

/// The names that the builders take.
fn check_name(name: &LitStr, sink: &mut Sink) {
    let text = name.value();
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_-./".contains(letter);
    if text.is_empty() || text.len() > 128 || !text.chars().all(allowed) {
        sink.at(name, "a name is 1 to 128 letters, digits, `_`, `-`, `.` and `/`; what people read is the `title`");
    }
}

/// An icon is fetched by clients, which accept nothing else.
fn check_icon(source: &LitStr, sink: &mut Sink) {
    let text = source.value();
    if !(text.starts_with("https://") || text.starts_with("data:image/")) {
        sink.at(source, "an icon is an `https://` address or a `data:image/..` URI");
    }
}

/// `meta(key = "value", "example.com/key" = 1)`.
fn meta(item: Item, sink: &mut Sink) -> TokenStream {
    let Value::List(tokens) = item.value else {
        sink.span(item.span, "write `meta(key = \"value\")`");
        return TokenStream::new();
    };
    let pairs =
        syn::parse::Parser::parse2(syn::punctuated::Punctuated::<Pair, syn::Token![,]>::parse_terminated, tokens);
    let calls = sink.keep(pairs).into_iter().flatten().map(|Pair { key, value }| {
        let literal = Literal::read(&value);
        match (&literal, literal.as_ref().and_then(Literal::typed)) {
            (_, Some(number)) => quote!(.meta(#key, #number)),
            (Some(Literal::Text(_) | Literal::Bool(_)), _) => quote!(.meta(#key, #value)),
            _ => {
                sink.at(
                    &value,
                    "`meta` takes a text, number or bool here; `.meta(key, value)` of the builder takes any",
                );
                TokenStream::new()
            }
        }
    });
    calls.collect()
}

/// One entry of `meta(..)`: a key with a slash or a dot is written as a text.
struct Pair {
    key: LitStr,
    value: syn::Expr,
}

impl syn::parse::Parse for Pair {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        let key = if input.peek(LitStr) {
            input.parse()?
        } else {
            let name = <syn::Ident as syn::ext::IdentExt>::parse_any(input)?;
            LitStr::new(&name.to_string(), name.span())
        };
        input.parse::<syn::Token![=]>()?;
        Ok(Self { key, value: input.parse()? })
    }
}
