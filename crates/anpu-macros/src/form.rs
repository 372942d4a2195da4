//! `derive(Form)`: a struct as a form that a person fills in, an enum as a choice in it.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Expr, Field, Fields, Meta, Path, Type, Variant};

use crate::emit;
use crate::function::docs;
use crate::kind::{self, Kind};
use crate::literal::Literal;
use crate::options::Options;
use crate::sink::Sink;

/// What `#[form(..)]` may say about a field.
const OF_FIELDS: &[&str] = &[
    "title",
    "description",
    "min",
    "max",
    "min_length",
    "max_length",
    "min_items",
    "max_items",
    "format",
    "default",
    "rename",
];

/// What it may say about a variant.
const OF_VARIANTS: &[&str] = &["title", "rename"];

/// Expands `#[derive(Form)] item`.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut sink = Sink::default();
    let krate = emit::krate(&mut options(&input.attrs, &["crate"], &mut sink), &mut sink);
    if !input.generics.params.is_empty() {
        sink.at(&input.generics, "the schema of a form is one: write concrete types instead of generics");
    }
    let written = match &input.data {
        Data::Struct(data) => structure(&krate, &input.ident, &data.fields, &mut sink),
        Data::Enum(data) => choice(&krate, &input.ident, data.variants.iter(), &mut sink),
        Data::Union(_) => {
            sink.at(&input.ident, "a union is no form: write a struct");
            TokenStream::new()
        }
    };
    sink.finish().unwrap_or(written)
}

/// All `#[form(..)]` attributes of one thing.
fn options(attributes: &[Attribute], known: &[&str], sink: &mut Sink) -> Options {
    let mut all = Options::read(TokenStream::new(), "#[form(..)]", known, &[], sink);
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("form")) {
        match &attribute.meta {
            Meta::List(list) => all.join(Options::read(list.tokens.clone(), "#[form(..)]", known, &[], sink), sink),
            _ => sink.at(attribute, "`#[form]` says something about a field: write `#[form(title = \"..\")]`"),
        }
    }
    all
}

fn structure(krate: &Path, name: &Ident, fields: &Fields, sink: &mut Sink) -> TokenStream {
    if let Fields::Unnamed(_) = fields {
        sink.at(name, "the fields of a form have names: write `struct Name { field: Type }`");
        return TokenStream::new();
    }
    let filled = emit::hidden(if fields.is_empty() { "_filled" } else { "filled" });
    let mut published: Vec<String> = Vec::new();
    let (mut asked, mut taken) = (TokenStream::new(), TokenStream::new());
    for field in fields {
        let Some(ident) = &field.ident else { continue };
        let mut options = options(&field.attrs, OF_FIELDS, sink);
        let rename = options.text("rename", sink).map(|text| text.value());
        let wire = rename.unwrap_or_else(|| ident.unraw().to_string());
        if published.contains(&wire) {
            sink.at(ident, format!("another field is already called `{wire}`"));
        }
        let said = said(krate, field, options, sink);
        let ty = &field.ty;
        asked.extend(quote_spanned!(ty.span()=> .field::<#ty>(#wire, |field| field #said)));
        taken.extend(quote!(#ident: #filled.take::<#ty>(#wire)?,));
        published.push(wire);
    }
    quote! {
        #[automatically_derived]
        impl #krate::FormFields for #name {
            fn fields() -> #krate::Fields {
                #krate::Fields::new() #asked
            }

            fn read(#filled: &mut #krate::Filled) -> #krate::Result<Self> {
                ::core::result::Result::Ok(Self { #taken })
            }
        }
    }
}

/// The builder calls that say what the attributes say.
fn said(krate: &Path, field: &Field, options: Options, sink: &mut Sink) -> TokenStream {
    let (ty, calls) = (&field.ty, TokenStream::new());
    let mut reader = Reader { krate, options, kind: Kind::of(ty), ty, sink, calls };
    if let Some(title) = reader.options.text("title", reader.sink) {
        reader.calls.extend(quote!(.title(#title)));
    }
    let description = reader.options.text("description", reader.sink).map(|text| text.value());
    if let Some(text) = description.or_else(|| docs(&field.attrs)) {
        reader.calls.extend(quote!(.description(#text)));
    }
    reader.bound("min");
    reader.bound("max");
    reader.size("min_length", Kind::Text, "texts");
    reader.size("max_length", Kind::Text, "texts");
    reader.size("min_items", Kind::List, "lists");
    reader.size("max_items", Kind::List, "lists");
    reader.format();
    reader.default();
    reader.calls
}

struct Reader<'a> {
    krate: &'a Path,
    options: Options,
    kind: Kind,
    ty: &'a Type,
    sink: &'a mut Sink,
    calls: TokenStream,
}

impl Reader<'_> {
    fn bound(&mut self, key: &str) {
        let Some(span) = self.options.span_of(key) else { return };
        let Some((literal, written)) = self.options.literal(key, self.sink) else { return };
        if !matches!(self.kind, Kind::Integer(..) | Kind::Float) {
            let spelled = kind::spelled(self.ty);
            let instead = match self.kind {
                Kind::Text => format!(": use `{key}_length`"),
                Kind::List => format!(": use `{key}_items`"),
                _ => String::new(),
            };
            return self.sink.span(span, format!("`{key}` is for numbers, this is `{spelled}`{instead}"));
        }
        match literal.number() {
            Some(number) if self.fits(&literal, &written) => {
                // A literal has no sign.
                let sign = (number < 0.0).then(|| quote!(-));
                let number = proc_macro2::Literal::f64_suffixed(number.abs());
                let method = Ident::new(key, span);
                self.calls.extend(quote!(.#method(#sign #number)));
            }
            Some(_) => {}
            None => self.sink.at(written, format!("`{key}` is a number, not {}", literal.name())),
        }
    }

    fn size(&mut self, key: &str, of: Kind, noun: &str) {
        let Some(span) = self.options.span_of(key) else { return };
        let Some((literal, written)) = self.options.literal(key, self.sink) else { return };
        if self.kind != of {
            let spelled = kind::spelled(self.ty);
            return self.sink.span(span, format!("`{key}` is for {noun}, this is `{spelled}`"));
        }
        let Literal::Integer(number @ 0..=0xFFFF_FFFF) = literal else {
            return self.sink.at(written, format!("`{key}` is a whole number from 0"));
        };
        let number = proc_macro2::Literal::u64_suffixed(number as u64);
        let method = Ident::new(key, span);
        self.calls.extend(quote!(.#method(#number)));
    }

    fn format(&mut self) {
        let Some(text) = self.options.text("format", self.sink) else { return };
        if self.kind != Kind::Text {
            let told = format!("`format` is for texts, this is `{}`", kind::spelled(self.ty));
            return self.sink.at(&text, told);
        }
        let word = match text.value().as_str() {
            "email" => "Email",
            "uri" => "Uri",
            "date" => "Date",
            "date-time" => "DateTime",
            other => {
                let told = format!("forms have no format `{other}`: known are `email`, `uri`, `date`, `date-time`");
                return self.sink.at(&text, told);
            }
        };
        let (krate, word) = (self.krate, Ident::new(word, text.span()));
        self.calls.extend(quote!(.format(#krate::model::StringFormat::#word)));
    }

    fn default(&mut self) {
        let Some((literal, written)) = self.options.literal("default", self.sink) else { return };
        let suits = match (&literal, self.kind) {
            (Literal::Integer(_), Kind::Integer(..)) => self.fits(&literal, &written),
            (Literal::Integer(_) | Literal::Float(_), Kind::Float) => true,
            (Literal::Bool(_), Kind::Bool) => true,
            (Literal::Text(_), Kind::Text | Kind::Other) => true,
            (Literal::List(list), Kind::List) => list.iter().all(|item| matches!(item, Literal::Text(_))),
            _ => false,
        };
        if suits {
            self.calls.extend(quote!(.default_value(#written)));
        } else {
            let told = format!("the default of `{}` cannot be {}", kind::spelled(self.ty), literal.name());
            self.sink.at(written, told);
        }
    }

    /// Whether the field's type holds this number; told if it does not.
    fn fits(&mut self, literal: &Literal, written: &Expr) -> bool {
        let Kind::Integer(least, greatest) = self.kind else { return true };
        let fits = matches!(literal, Literal::Integer(number) if (least..=greatest).contains(number));
        if !fits {
            let told = format!("`{}` holds whole numbers from {least} to {greatest}", kind::spelled(self.ty));
            self.sink.at(written, told);
        }
        fits
    }
}

fn choice<'a>(krate: &Path, name: &Ident, variants: impl Iterator<Item = &'a Variant>, sink: &mut Sink) -> TokenStream {
    let mut published: Vec<String> = Vec::new();
    let (mut options_of, mut read) = (TokenStream::new(), TokenStream::new());
    for variant in variants {
        let ident = &variant.ident;
        if !matches!(variant.fields, Fields::Unit) {
            sink.at(variant, "what is chosen has no fields: write the variant's name alone");
            continue;
        }
        let mut options = options(&variant.attrs, OF_VARIANTS, sink);
        let value = options.text("rename", sink).map_or_else(|| ident.unraw().to_string(), |text| text.value());
        let title = options.text("title", sink).map(|text| text.value()).or_else(|| docs(&variant.attrs));
        let title = title.unwrap_or_else(|| words(&ident.unraw().to_string()));
        if published.contains(&value) {
            sink.at(ident, format!("another variant is already called `{value}`"));
        }
        options_of.extend(quote!((#value, #title),));
        read.extend(quote!(#value => ::core::option::Option::Some(Self::#ident),));
        published.push(value);
    }
    if published.is_empty() {
        sink.at(name, "there is nothing to choose from: write a variant");
    }
    quote! {
        #[automatically_derived]
        impl #krate::FormChoice for #name {
            const OPTIONS: &'static [(&'static str, &'static str)] = &[#options_of];

            fn from_value(value: &str) -> ::core::option::Option<Self> {
                match value {
                    #read
                    _ => ::core::option::Option::None,
                }
            }
        }
    }
}

/// `ExtraLarge` as people read it: `Extra large`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && words.ends_with(|last: char| last.is_lowercase() || last.is_ascii_digit()) {
            words.push(' ');
            words.extend(letter.to_lowercase());
        } else {
            words.push(letter);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(source: &str) -> String {
        expand(source.parse().unwrap()).to_string()
    }

    #[test]
    fn a_struct_is_its_builder_calls() {
        let source = r#"struct Order {
            /// where it goes
            #[form(format = "email", title = "Address")] address: String,
            #[form(min = -1, max = 10, default = 1, rename = "n")] count: Option<i32>,
        }"#;
        let expected = quote! {
            #[automatically_derived]
            impl ::anpu::FormFields for Order {
                fn fields() -> ::anpu::Fields {
                    ::anpu::Fields::new()
                        .field::<String>("address", |field| field
                            .title("Address")
                            .description("where it goes")
                            .format(::anpu::model::StringFormat::Email))
                        .field::<Option<i32>>("n", |field| field.min(-1f64).max(10f64).default_value(1))
                }

                fn read(filled: &mut ::anpu::Filled) -> ::anpu::Result<Self> {
                    ::core::result::Result::Ok(Self {
                        address: filled.take::<String>("address")?,
                        count: filled.take::<Option<i32>>("n")?,
                    })
                }
            }
        };
        let dense = |tokens: TokenStream| tokens.to_string().replace(char::is_whitespace, "");
        assert_eq!(dense(expand(source.parse().unwrap())), dense(expected));
    }

    #[test]
    fn names_of_variants_become_words() {
        assert_eq!(["Small", "ExtraLarge", "V2Beta", "HTTP"].map(words), ["Small", "Extra large", "V2 beta", "HTTP"]);
    }

    #[test]
    fn what_does_not_suit_is_told() {
        let cases = [
            ("struct A { #[form(min = 1)] a: String }", "use `min_length`"),
            ("struct A { #[form(max_length = 1)] a: u8 }", "`max_length` is for texts"),
            ("struct A { #[form(max = 256)] a: u8 }", "from 0 to 255"),
            ("struct A { #[form(format = \\\"uuid\\\")] a: String }", "no format `uuid`"),
            ("struct A { #[form(default = \\\"x\\\")] a: bool }", "cannot be a text"),
            ("struct A { #[form(minimum = 1)] a: u8 }", "did you mean `min`?"),
            ("struct A { #[form(rename = \\\"b\\\")] a: u8, b: u8 }", "already called `b`"),
            ("struct A(u8);", "have names"),
            ("struct A<T> { a: T }", "concrete types"),
            ("enum A { B(u8) }", "has no fields"),
            ("enum A {}", "nothing to choose from"),
        ];
        for (source, told) in cases {
            let errors = mistakes(&source.replace("\\\"", "\""));
            assert!(errors.contains(told), "{source}: {errors}");
        }
    }
}
