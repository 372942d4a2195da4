//! What all components have in common when they are written out: the marker, the call, the extractors.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Path, ReturnType, Type, parse_quote};

use crate::function::{Function, Parameter, Source};
use crate::options::Options;
use crate::sink::Sink;

/// The crate that the generated code names, and the marker it is about.
pub(crate) struct Target {
    pub(crate) krate: Path,
    pub(crate) marker: Ident,
}

impl Target {
    /// Reads `crate = path` and `component = Name`.
    pub(crate) fn read(options: &mut Options, function: &Function, sink: &mut Sink) -> Self {
        let krate = krate(options, sink);
        let marker = options.path("component", sink).and_then(|path| match path.get_ident() {
            Some(name) => Some(name.clone()),
            None => {
                sink.at(&path, "`component` is the name of a new struct, not a path");
                None
            }
        });
        Self { krate, marker: marker.unwrap_or_else(|| function.item.sig.ident.clone()) }
    }

    /// The function, the marker, and the marker's component: `items` beside it, `component` its value.
    pub(crate) fn write(&self, function: &Function, items: &TokenStream, component: &TokenStream) -> TokenStream {
        let Self { krate, marker } = self;
        let Function { item, .. } = function;
        let vis = &item.vis;
        // All of it at the function's name, where the compiler then shows a module or type that is in the way.
        let structure = quote_spanned!(item.sig.ident.span()=> struct #marker {});
        let conditions: Vec<_> = item.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")).collect();
        let told = format!(" The component of [`{0}()`]({0}()), for `components!`.", item.sig.ident);
        quote! {
            // A handler owns what it is given, whether it needs to or not.
            #[allow(clippy::needless_pass_by_value)]
            #item

            #(#conditions)*
            #[doc = #told]
            #[allow(non_camel_case_types, missing_debug_implementations)]
            #vis #structure

            #(#conditions)*
            #[allow(deprecated, clippy::too_many_arguments, clippy::unused_async)]
            const _: () = {
                #items

                impl #krate::Described for #marker {
                    fn component() -> #krate::Component {
                        #component
                    }
                }
            };
        }
    }
}

/// The path of anpu: `crate = path`, or `::anpu`.
pub(crate) fn krate(options: &mut Options, sink: &mut Sink) -> Path {
    options.path("crate", sink).unwrap_or_else(|| parse_quote!(::anpu))
}

/// A path as the text that serde and schemars want it in.
pub(crate) fn quoted(krate: &Path, rest: &str) -> String {
    format!("{}::{rest}", krate.to_token_stream().to_string().replace(' ', ""))
}

/// What is written instead when there are mistakes: the function, and a component that cannot be called, so that the
/// only errors the user sees are the ones we found.
pub(crate) fn broken(target: &Target, function: &Function, errors: &TokenStream) -> TokenStream {
    let item = &function.item;
    if item.sig.receiver().is_some() {
        // It stands in an `impl`, where there can be no struct.
        return quote!(#errors #item);
    }
    let rest = target.write(function, &TokenStream::new(), &quote!(::core::panic!("it does not compile")));
    quote!(#errors #rest)
}

/// `__call`, through which the component calls the function. It says in its signature what is asked of the function, so
/// that a future that is not `Send` or a type that is no reply is told once, at the user's own token.
pub(crate) fn call(target: &Target, function: &Function, bound: &str) -> TokenStream {
    let krate = &target.krate;
    let name = &function.item.sig.ident;
    // Under their own names for messages, but hidden, as a parameter may have the name of the function.
    let names = function.parameters.iter().map(|parameter| {
        let mut name = parameter.name.clone();
        name.set_span(Span::mixed_site().located_at(name.span()));
        name
    });
    let names: Vec<Ident> = names.collect();
    let types = function.parameters.iter().map(|parameter| &parameter.ty);
    let (first, last) = match &function.item.sig.output {
        ReturnType::Default => (name.span(), name.span()),
        ReturnType::Type(_, ty) => ends(ty),
    };
    let (opens, bound) = (quote_spanned!(first=> impl), Ident::new(bound, last));
    let reply = quote!(#opens #krate::#bound);
    let reply = if function.is_async() {
        quote_spanned!(name.span()=> impl ::core::future::Future<Output = #reply> + ::core::marker::Send)
    } else {
        reply
    };
    let body = quote_spanned!(name.span()=> #name(#(#names),*));
    quote! {
        fn __call(#(#names: #types),*) -> #reply {
            #body
        }
    }
}

/// A name for a local that the user's code cannot see or shadow: a parameter `cx` of theirs is another `cx`.
pub(crate) fn hidden(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// How a handler gets at its values.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    /// `async fn`
    Async,
    /// A quick `fn`, called where the request is handled.
    Quick,
    /// A `fn` on the blocking pool.
    Blocking,
}

impl Mode {
    /// Reads `blocking`.
    pub(crate) fn read(options: &mut Options, function: &Function, sink: &mut Sink) -> Self {
        match (options.flag("blocking", sink), function.item.sig.asyncness) {
            (false, Some(_)) => Self::Async,
            (false, None) => Self::Quick,
            (true, None) => Self::Blocking,
            (true, Some(token)) => {
                sink.at(token, "what blocks is a plain `fn`: take `async` off, or `blocking`");
                Self::Blocking
            }
        }
    }

    /// The builder's method that takes the handler.
    pub(crate) fn method(self) -> Ident {
        Ident::new(if self == Self::Blocking { "blocking" } else { "handler" }, Span::call_site())
    }
}

/// The body of the closure given to `.handler(..)` or `.blocking(..)`; `fetch` are statements that may fail with `?`,
/// `value` is where an argument's value is found.
pub(crate) fn body(
    target: &Target,
    function: &Function,
    mode: Mode,
    fetch: &TokenStream,
    value: impl Fn(&Parameter) -> TokenStream,
) -> TokenStream {
    let krate = &target.krate;
    let cx = hidden("cx");
    let taken = function.extractors().map(|parameter| {
        let (name, take) = (&parameter.name, take(target, parameter, &cx));
        match mode {
            Mode::Async | Mode::Quick => quote!(let #name = #take.await?;),
            Mode::Blocking => quote!(let #name = #cx.wait(#take)?;),
        }
    });
    let taken: TokenStream = taken.collect();
    let values = function.parameters.iter().map(|parameter| match parameter.source {
        Source::Request => parameter.name.to_token_stream(),
        Source::Argument | Source::Whole => value(parameter),
    });
    let call = quote!(__call(#(#values),*));
    let sure = fetch.is_empty() && taken.is_empty();
    let reply = if mode == Mode::Async { quote!(#call.await) } else { call.clone() };
    let told = quote!(#fetch #taken ::core::result::Result::Ok::<_, #krate::Error>(#reply));
    match (mode, sure) {
        (Mode::Async | Mode::Blocking, true) => call,
        (Mode::Quick, true) => quote!(async move { #call }),
        (Mode::Async | Mode::Quick, false) => quote!(async move { #told }),
        (Mode::Blocking, false) => quote!({ #told }),
    }
}

/// `<State<Notes> as FromCx>::from_cx(&cx)`, spanned so that an error underlines all of the type. It is then the same
/// error at the same place as that of [`requires`], and the compiler shows it once.
fn take(target: &Target, parameter: &Parameter, cx: &Ident) -> TokenStream {
    let (krate, ty) = (&target.krate, &parameter.ty);
    let (first, last) = ends(ty);
    let (opens, closes) = (quote_spanned!(first=> <), quote_spanned!(last=> as #krate::FromCx>::from_cx(&#cx)));
    quote!(#opens #ty #closes)
}

/// Where a type begins and where it ends: stable Rust cannot join the two.
fn ends(ty: &Type) -> (Span, Span) {
    let mut spans = ty.to_token_stream().into_iter().map(|token| token.span());
    let first = spans.next().unwrap_or_else(Span::call_site);
    (first, spans.last().unwrap_or(first))
}

/// The closure's parameter for `Cx`, named only if it is used.
pub(crate) fn cx_parameter(target: &Target, function: &Function) -> TokenStream {
    let krate = &target.krate;
    let name = hidden(if function.extractors().next().is_some() { "cx" } else { "_cx" });
    quote!(#name: #krate::Cx)
}

/// `.requires::<State<Notes>>()` for each extractor, so that what is missing is found when the server is built.
pub(crate) fn requires(function: &Function) -> TokenStream {
    let needed = function.extractors().filter(|parameter| crate::kind::last(&parameter.ty).as_deref() != Some("Cx"));
    let calls = needed.map(|parameter| {
        let ty = &parameter.ty;
        quote_spanned!(ty.span()=> .requires::<#ty>())
    });
    calls.collect()
}
