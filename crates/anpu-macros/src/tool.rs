//! `#[tool]`: a function as a tool, written as calls of `anpu::Tool`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::LitStr;

use crate::about::{self, About};
use crate::arguments::{self, Argument};
use crate::constraint;
use crate::emit::{self, Mode, Target};
use crate::function::{Function, Parameter, Source, Wanted};
use crate::kind;
use crate::options::Options;
use crate::sink::Sink;

const KNOWN: &[&str] =
    &["read_only", "destructive", "idempotent", "open_world", "timeout", "replay", "blocking", "raw_schema"];

const WANTED: Wanted = Wanted { name: "tool", arg: constraint::KNOWN, texts: false };

/// Expands `#[tool(attribute)] item`.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let known = [about::KNOWN, KNOWN].concat();
    let mut options = Options::read(attribute, "#[tool(..)]", &known, about::MANY, &mut sink);
    let Some(mut function) = Function::read(item.clone(), &WANTED, &mut sink) else {
        return [sink.finish().unwrap_or_default(), item].into_iter().collect();
    };
    let target = Target::read(&mut options, &function, &mut sink);
    let about = About::read(&mut options, &function, &target.krate, true, &mut sink);
    let flags = flags(&mut options, &mut sink);
    let mode = Mode::read(&mut options, &function, &mut sink);
    let list = list(&mut function, &mut sink);
    match sink.finish() {
        Some(errors) => emit::broken(&target, &function, &errors),
        None => write(&target, &function, &about, &flags, mode, &list),
    }
}

/// The annotations and settings, as builder calls.
fn flags(options: &mut Options, sink: &mut Sink) -> TokenStream {
    let mut calls = TokenStream::new();
    let said = ["read_only", "destructive", "idempotent", "open_world"].map(|key| {
        let span = options.span_of(key).unwrap_or_else(Span::call_site);
        let on = options.switch(key, sink);
        if let Some(on) = on {
            let method = Ident::new(key, span);
            calls.extend(quote!(.#method(#on)));
        }
        (on, span)
    });
    if let [(Some(true), _), (Some(true), span), ..] = said {
        sink.span(span, "a tool that only reads destroys nothing: take one of `read_only` and `destructive` off");
    }
    if let Some(timeout) = options.time("timeout", sink) {
        calls.extend(quote!(.timeout(#timeout)));
    }
    if options.flag("replay", sink) {
        calls.extend(quote!(.replay()));
    }
    if options.flag("raw_schema", sink) {
        calls.extend(quote!(.raw_schema()));
    }
    calls
}

/// The arguments one by one; empty where `Args<T>` takes them all.
fn list(function: &mut Function, sink: &mut Sink) -> Vec<Argument> {
    let arguments = function.parameters.iter_mut().filter(|parameter| parameter.source == Source::Argument);
    let list =
        arguments.map(|Parameter { name, ty, docs, arg, .. }| Argument::new(name, ty, docs.clone(), arg.take(), sink));
    let list: Vec<Argument> = list.collect();
    arguments::check_distinct(&list, sink);
    list
}

fn write(
    target: &Target,
    function: &Function,
    about: &About,
    flags: &TokenStream,
    mode: Mode,
    list: &[Argument],
) -> TokenStream {
    let krate = &target.krate;
    let About { name, calls } = about;
    let literal = LitStr::new(name, function.item.sig.ident.span());
    let requires = emit::requires(function);
    let input = Input::of(function, list);
    let (structure, ty) = match &input {
        Input::None => (TokenStream::new(), None),
        Input::Struct => {
            let hidden = Ident::new("__Arguments", Span::call_site());
            let assertions = arguments::assertions(krate, list);
            let structure = arguments::structure(krate, &hidden, name, &[], list);
            (quote!(#assertions #structure), Some(hidden.to_token_stream()))
        }
        Input::Whole(ty) => (TokenStream::new(), Some(ty.clone())),
    };
    let call = emit::call(target, function, "IntoReply");
    let all = emit::hidden("arguments");
    let body = emit::body(target, function, mode, &TokenStream::new(), |parameter| match parameter.source {
        Source::Whole => quote!(#krate::Args(#all)),
        Source::Argument | Source::Request => {
            let name = &parameter.name;
            quote!(#all.#name)
        }
    });
    let cx = emit::cx_parameter(target, function);
    let parameters = ty.as_ref().map_or_else(|| cx.clone(), |ty| quote!(#all: #ty, #cx));
    let typed = ty.map(|ty| quote!(.input::<#ty>()));
    let method = mode.method();
    let component = quote! {
        #krate::Tool::new(#literal) #calls #flags #requires #typed .#method(|#parameters| #body)
    };
    target.write(function, &quote!(#structure #call), &component)
}

/// What a tool takes.
enum Input {
    None,
    /// The hidden struct of its arguments.
    Struct,
    /// `T` of `Args<T>`.
    Whole(TokenStream),
}

impl Input {
    fn of(function: &Function, list: &[Argument]) -> Self {
        let whole = function.parameters.iter().find(|parameter| parameter.source == Source::Whole);
        match whole.and_then(|parameter| kind::inside(&parameter.ty)) {
            Some(ty) => Self::Whole(ty.to_token_stream()),
            None if list.is_empty() => Self::None,
            None => Self::Struct,
        }
    }
}
