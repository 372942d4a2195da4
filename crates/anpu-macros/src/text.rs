//! Arguments that are texts on the wire: those of prompts and the variables of resource templates.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Type};

use crate::function::{Function, Source};
use crate::kind;
use crate::sink::Sink;

/// One such argument.
pub(crate) struct Text {
    /// The parameter's name.
    pub(crate) name: Ident,
    /// The name on the wire.
    pub(crate) published: String,
    pub(crate) title: Option<String>,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) ty: Type,
    /// `T` of `Option<T>`.
    pub(crate) optional: Option<Type>,
    complete: Option<Expr>,
}

/// Reads the arguments of `function`, in order.
pub(crate) fn read(function: &mut Function, sink: &mut Sink) -> Vec<Text> {
    let mut texts: Vec<Text> = Vec::new();
    for parameter in function.parameters.iter_mut().filter(|parameter| parameter.source == Source::Argument) {
        let (mut title, mut rename) = (None, None);
        if let Some(mut arg) = parameter.arg.take() {
            title = arg.text("title", sink).map(|text| text.value());
            rename = arg.text("rename", sink).map(|text| text.value());
        }
        let text = Text {
            name: parameter.name.clone(),
            published: rename.unwrap_or_else(|| parameter.name.unraw().to_string()),
            title,
            docs: parameter.docs.clone(),
            ty: parameter.ty.clone(),
            optional: kind::optional(&parameter.ty).cloned(),
            complete: parameter.complete.take(),
        };
        if texts.iter().any(|other| other.published == text.published) {
            sink.at(&text.name, format!("another argument is already called `{}`", text.published));
        }
        texts.push(text);
    }
    texts
}

impl Text {
    /// `let code = vars.get::<String>("code")?;`
    pub(crate) fn fetch(&self, vars: &Ident) -> TokenStream {
        let (name, published) = (&self.name, &self.published);
        let read = match &self.optional {
            Some(ty) => quote_spanned!(ty.span()=> #vars.optional::<#ty>(#published)),
            None => {
                let ty = &self.ty;
                quote_spanned!(ty.span()=> #vars.get::<#ty>(#published))
            }
        };
        quote!(let #name = #read?;)
    }

    /// `.complete("language", languages)`
    pub(crate) fn completion(&self) -> Option<TokenStream> {
        let (published, complete) = (&self.published, self.complete.as_ref()?);
        Some(quote_spanned!(complete.span()=> .complete(#published, #complete)))
    }
}
