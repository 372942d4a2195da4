//! The argument object as a struct: fields with docs, constraints, defaults; shared by `#[tool]` and `derive(Args)`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Path, Type};

use crate::constraint::{self, Constraints, Default};
use crate::emit::quoted;
use crate::kind::{self, Kind};
use crate::literal::Literal;
use crate::options::Options;
use crate::sink::Sink;

/// One argument, wherever it was written.
pub(crate) struct Argument {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    /// Doc comments, and serde's and schemars' own attributes on fields.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) constraints: Constraints,
}

impl Argument {
    pub(crate) fn new(
        name: &Ident,
        ty: &Type,
        attributes: Vec<Attribute>,
        arg: Option<Options>,
        sink: &mut Sink,
    ) -> Self {
        let constraints = arg.map(|arg| constraint::read(arg, ty, sink)).unwrap_or_default();
        Self { name: name.clone(), ty: ty.clone(), attributes, constraints }
    }

    /// The name on the wire.
    fn published(&self) -> String {
        self.constraints.rename.clone().unwrap_or_else(|| self.name.unraw().to_string())
    }

    fn field(&self) -> TokenStream {
        let Self { name, ty, attributes, constraints } = self;
        let rename = constraints.rename.as_ref().map(|rename| quote!(#[serde(rename = #rename)]));
        let default = constraints.default.as_ref().map(|default| match default {
            Default::OfType => quote!(#[serde(default)]),
            Default::Is(..) => {
                let function = self.default_name().to_string();
                quote!(#[serde(default = #function)])
            }
        });
        let title = constraints.title.as_ref().map(|title| quote!("title" = #title));
        let keywords = constraints.keywords.iter().map(|(key, value)| quote!(#key = #value));
        let keywords: Vec<TokenStream> = title.into_iter().chain(keywords).collect();
        let extend = (!keywords.is_empty()).then(|| quote!(#[schemars(extend(#(#keywords),*))]));
        quote!(#(#attributes)* #rename #default #extend #name: #ty)
    }

    fn default_name(&self) -> Ident {
        format_ident!("__default_{}", self.name.unraw())
    }

    /// The function that serde calls for an absent argument.
    fn default_function(&self, krate: &Path) -> Option<TokenStream> {
        let Some(Default::Is(literal, written)) = &self.constraints.default else { return None };
        let (name, ty) = (self.default_name(), &self.ty);
        let value = match kind::optional(ty) {
            Some(inside) => {
                let value = default_value(krate, &self.published(), inside, literal, written);
                quote!(::core::option::Option::Some(#value))
            }
            None => default_value(krate, &self.published(), ty, literal, written),
        };
        Some(quote!(fn #name() -> #ty { #value }))
    }
}

/// A default literal as an expression of type `ty`: as it stands where the types agree, else decoded as it would be from
/// a request (an enum's name, a newtype's number). The schema is made with it, so a bad one shows when the server starts.
fn default_value(krate: &Path, name: &str, ty: &Type, literal: &Literal, written: &Expr) -> TokenStream {
    let spelled = kind::last(ty).unwrap_or_default();
    match (Kind::of(ty), literal, spelled.as_str()) {
        (Kind::Text, Literal::Text(_), "String") => quote!(::std::string::String::from(#written)),
        (Kind::Float, Literal::Integer(number), "f32" | "f64") => {
            let number = proc_macro2::Literal::f64_unsuffixed(*number as f64);
            quote!(#number)
        }
        (Kind::Float, _, "f32" | "f64") | (Kind::Bool, _, "bool") => quote!(#written),
        (Kind::Integer(..), _, spelled) if !spelled.starts_with("NonZero") => quote!(#written),
        (_, literal, _) => {
            let json = literal.json();
            let told = format!("the default of `{name}` is a value of its type");
            quote!(#krate::serde_json::from_str::<#ty>(#json).expect(#told))
        }
    }
}

/// The struct named `name` with these fields, and the functions of its defaults.
pub(crate) fn structure(
    krate: &Path,
    name: &Ident,
    serde_name: &str,
    outer: &[Attribute],
    arguments: &[Argument],
) -> TokenStream {
    let (serde, schemars) = (quoted(krate, "serde"), quoted(krate, "schemars"));
    let fields = arguments.iter().map(Argument::field);
    let defaults = arguments.iter().filter_map(|argument| argument.default_function(krate));
    quote! {
        #[derive(#krate::serde::Deserialize, #krate::schemars::JsonSchema)]
        #[serde(crate = #serde, rename = #serde_name)]
        #[schemars(crate = #schemars)]
        #(#outer)*
        struct #name {
            #(#fields,)*
        }

        #(#defaults)*
    }
}

/// Asks of each type that is not plainly one that it can be an argument, at the type itself.
pub(crate) fn assertions(krate: &Path, arguments: &[Argument]) -> Option<TokenStream> {
    let asked = arguments.iter().filter(|argument| !Kind::of(&argument.ty).is_plain());
    let asked = asked.map(|argument| {
        let ty = &argument.ty;
        quote_spanned!(ty.span()=> argument::<#ty>();)
    });
    let asked: Vec<TokenStream> = asked.collect();
    (!asked.is_empty()).then(|| {
        quote! {
            const _: fn() = || {
                fn argument<T: #krate::Argument>() {}
                #(#asked)*
            };
        }
    })
}

/// Two arguments of one name, or in one header, cannot be told apart.
pub(crate) fn check_distinct(arguments: &[Argument], sink: &mut Sink) {
    for (at, argument) in arguments.iter().enumerate() {
        let before = &arguments[..at];
        if before.iter().any(|other| other.published() == argument.published()) {
            sink.at(&argument.name, format!("another argument is already called `{}`", argument.published()));
        }
        let Some((header, span)) = &argument.constraints.header else { continue };
        if before.iter().filter_map(|other| other.constraints.header.as_ref()).any(|(other, _)| other == header) {
            sink.span(*span, "another argument already travels in this header");
        }
    }
}
