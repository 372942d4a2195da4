//! `derive(Args)`: a struct as the whole argument object of a tool. A mirror struct has the derives of serde and schemars,
//! so that the user's struct needs neither crate nor attribute of theirs.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Data, DeriveInput, Field, Fields, Path};

use crate::arguments::{self, Argument};
use crate::constraint;
use crate::emit;
use crate::kind;
use crate::options::Options;
use crate::sink::Sink;

/// Expands `#[derive(Args)] item`.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let input: DeriveInput = match syn::parse2(item) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut outer = outer(&input.attrs, &mut sink);
    let krate = emit::krate(&mut outer, &mut sink);
    if !input.generics.params.is_empty() {
        let told = "the schema of an argument object is one: write concrete types instead of generics";
        sink.at(&input.generics, told);
    }
    let list: Vec<Argument> = fields(&input, &mut sink).iter().filter_map(|field| argument(field, &mut sink)).collect();
    arguments::check_distinct(&list, &mut sink);
    match sink.finish() {
        None => write(&krate, &input, &list),
        Some(errors) if input.generics.params.is_empty() => {
            let body = quote!(::core::panic!("it does not compile"));
            let rest = implementations(
                &krate,
                &input.ident,
                &quote!(let _ = decoder; #body),
                &quote!(let _ = generator; #body),
            );
            quote!(#errors const _: () = { #rest };)
        }
        Some(errors) => errors,
    }
}

/// `#[arg(crate = path)]` on the struct.
fn outer(attributes: &[Attribute], sink: &mut Sink) -> Options {
    let none = Options::read(TokenStream::new(), "#[arg(..)]", &[], &[], sink);
    constraint::options(attributes, &["crate"], sink).unwrap_or(none)
}

/// The named fields; anything else is told what to be.
fn fields<'a>(input: &'a DeriveInput, sink: &mut Sink) -> Vec<&'a Field> {
    let told = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return fields.named.iter().collect(),
            Fields::Unit => return Vec::new(),
            Fields::Unnamed(_) => {
                "arguments have names: write a struct with named fields, `struct Name { field: Type }`"
            }
        },
        Data::Enum(_) => {
            "`Args` is for the argument object, a struct; an enum inside of it derives `anpu::serde::Deserialize` and \
             `anpu::schemars::JsonSchema` (with `#[serde(crate = \"anpu::serde\")]` and \
             `#[schemars(crate = \"anpu::schemars\")]`)"
        }
        Data::Union(_) => "a union cannot be decoded from JSON: write a struct",
    };
    sink.at(&input.ident, told);
    Vec::new()
}

fn argument(field: &Field, sink: &mut Sink) -> Option<Argument> {
    let name = field.ident.as_ref()?;
    kind::check_owned(&field.ty, sink);
    let arg = constraint::options(&field.attrs, constraint::KNOWN, sink);
    Some(Argument::new(name, &field.ty, passed(&field.attrs), arg, sink))
}

/// Docs become descriptions; what serde and schemars can say about a field or a struct, they may.
fn passed(attributes: &[Attribute]) -> Vec<Attribute> {
    let passes =
        |attribute: &&Attribute| ["doc", "cfg", "serde", "schemars"].iter().any(|name| attribute.path().is_ident(name));
    attributes.iter().filter(passes).cloned().collect()
}

fn write(krate: &Path, input: &DeriveInput, list: &[Argument]) -> TokenStream {
    let (name, mirror) = (&input.ident, format_ident!("__{}", input.ident));
    let outer: Vec<Attribute> = passed(&input.attrs);
    let structure = arguments::structure(krate, &mirror, &name.to_string(), &outer, list);
    let assertions = arguments::assertions(krate, list);
    let moved = list.iter().map(|argument| {
        let name = &argument.name;
        let conditions = argument.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
        quote!(#(#conditions)* #name: mirror.#name)
    });
    let decode = quote! {
        let mirror = <#mirror as #krate::serde::Deserialize>::deserialize(decoder)?;
        ::core::result::Result::Ok(Self { #(#moved,)* })
    };
    let describe = quote!(<#mirror as #krate::schemars::JsonSchema>::json_schema(generator));
    let implementations = implementations(krate, name, &decode, &describe);
    quote! {
        const _: () = {
            #assertions
            #structure
            #implementations
        };
    }
}

/// `Deserialize` and `JsonSchema` for the user's struct.
fn implementations(krate: &Path, name: &Ident, decode: &TokenStream, describe: &TokenStream) -> TokenStream {
    let text = name.to_token_stream().to_string();
    quote! {
        #[automatically_derived]
        impl<'de> #krate::serde::Deserialize<'de> for #name {
            fn deserialize<D: #krate::serde::Deserializer<'de>>(
                decoder: D,
            ) -> ::core::result::Result<Self, <D as #krate::serde::Deserializer<'de>>::Error> {
                #decode
            }
        }

        #[automatically_derived]
        impl #krate::schemars::JsonSchema for #name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                ::std::borrow::Cow::Borrowed(#text)
            }

            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                ::std::borrow::Cow::Borrowed(::core::concat!(::core::module_path!(), "::", #text))
            }

            fn json_schema(generator: &mut #krate::schemars::SchemaGenerator) -> #krate::schemars::Schema {
                #describe
            }
        }
    }
}
