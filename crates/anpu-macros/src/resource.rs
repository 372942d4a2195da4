//! `#[resource]`: a function as a resource or, with variables in its URI, a resource template.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{LitStr, Token};

use crate::about::{self, About};
use crate::constraint;
use crate::emit::{self, Mode, Target};
use crate::function::{Function, Wanted};
use crate::literal::Literal;
use crate::options::Options;
use crate::prompt;
use crate::sink::Sink;
use crate::template::Template;
use crate::text::{self, Text};

const KNOWN: &[&str] = &["mime", "size", "audience", "priority", "cache", "public", "blocking"];

const WANTED: Wanted = Wanted { name: "resource", arg: constraint::KNOWN_OF_TEXTS, texts: true };

/// Expands `#[resource(attribute)] item`.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let Head { uri, rest } = sink.keep(syn::parse2(attribute)).unwrap_or_default();
    let known = [about::KNOWN, KNOWN].concat();
    let mut options = Options::read(rest, "#[resource(..)]", &known, about::MANY, &mut sink);
    let Some(mut function) = Function::read(item.clone(), &WANTED, &mut sink) else {
        return [sink.finish().unwrap_or_default(), item].into_iter().collect();
    };
    let target = Target::read(&mut options, &function, &mut sink);
    let about = About::read(&mut options, &function, &target.krate, false, &mut sink);
    let mode = Mode::read(&mut options, &function, &mut sink);
    let texts = text::read(&mut function, &mut sink);
    let template = uri.as_ref().and_then(|uri| {
        Template::read(&uri.value()).map_err(|wrong| sink.at(uri, format!("not a URI template: {wrong}"))).ok()
    });
    if let (Some(uri), Some(template)) = (&uri, &template) {
        check_variables(uri, template, &texts, &mut sink);
    }
    let settings = settings(&mut options, template.as_ref(), &target, &mut sink);
    match (sink.finish(), uri) {
        (None, Some(uri)) => write(&target, &function, &about, &settings, (&uri, mode), &texts),
        (errors, _) => emit::broken(&target, &function, &errors.unwrap_or_default()),
    }
}

/// `"uri"`, then the list of keys.
#[derive(Default)]
struct Head {
    uri: Option<LitStr>,
    rest: TokenStream,
}

impl Parse for Head {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(LitStr) {
            return Err(input.error("a resource begins with its URI: write `#[resource(\"note:///{id}\")]`"));
        }
        let uri = Some(input.parse()?);
        input.parse::<Option<Token![,]>>()?;
        Ok(Self { uri, rest: input.parse()? })
    }
}

/// The URI's variables and the function's plain parameters are the same names.
fn check_variables(uri: &LitStr, template: &Template, texts: &[Text], sink: &mut Sink) {
    for variable in &template.variables {
        match texts.iter().find(|text| text.published == variable.name) {
            None => {
                let name = &variable.name;
                let add = match syn::parse_str::<syn::Ident>(name) {
                    Ok(_) => format!("`{name}: String`"),
                    Err(_) => format!("`#[arg(rename = \"{name}\")] name: String`"),
                };
                sink.at(uri, format!("no parameter for `{{{name}}}`: add {add} to the function"));
            }
            Some(text) if variable.optional && text.optional.is_none() => {
                let (name, ty) = (&variable.name, crate::kind::spelled(&text.ty));
                sink.at(&text.ty, format!("a URI may lack `{name}`, which stands there by name: write `Option<{ty}>`"));
            }
            Some(_) => {}
        }
    }
    for text in texts.iter().filter(|text| template.variables.iter().all(|variable| variable.name != text.published)) {
        let name = &text.published;
        let told = format!("`{name}` is not in the URI: write `{{{name}}}` there, or mark the parameter `#[from_cx]`");
        sink.at(&text.name, told);
    }
}

/// `mime`, `size`, `audience`, `priority`, `cache` and `public`, as builder calls.
fn settings(options: &mut Options, template: Option<&Template>, target: &Target, sink: &mut Sink) -> TokenStream {
    let krate = &target.krate;
    let mut calls = TokenStream::new();
    if let Some(mime) = options.text("mime", sink) {
        if !mime.value().contains('/') {
            sink.at(&mime, "a media type has two parts, as in \"text/markdown\"");
        }
        calls.extend(quote!(.mime(#mime)));
    }
    if let Some((size, written)) = options.literal("size", sink) {
        match (size, template.is_some_and(|template| !template.variables.is_empty())) {
            (_, true) => sink.at(written, "a template stands for many resources, which have no one size"),
            (Literal::Integer(0..), false) => calls.extend(quote!(.size(#written))),
            _ => sink.at(written, "a size is a whole number of bytes"),
        }
    }
    let audience = audience(options, target, sink);
    let priority = options.literal("priority", sink).and_then(|(literal, written)| match literal.number() {
        Some(priority @ 0.0..=1.0) => Some(quote!(.priority(#priority))),
        _ => {
            sink.at(written, "a priority is a number from 0 (optional) to 1 (required)");
            None
        }
    });
    if audience.is_some() || priority.is_some() {
        calls.extend(quote!(.annotations(#krate::model::Annotations::new() #audience #priority)));
    }
    calls.extend(cache(options, target, sink));
    calls
}

/// `cache = "1h"`, for the one who asked unless it is `public`.
fn cache(options: &mut Options, target: &Target, sink: &mut Sink) -> Option<TokenStream> {
    let krate = &target.krate;
    let (cached, public) = (options.span_of("cache"), options.span_of("public"));
    let time = options.time("cache", sink);
    let shared = options.flag("public", sink);
    if let (None, Some(public)) = (cached, public) {
        sink.span(public, "`public` says who may share what is cached: write `cache = \"1h\", public`");
    }
    let time = time?;
    Some(if shared {
        quote!(.cache(#krate::Caching::public(#time)))
    } else {
        quote!(.cache(#krate::Caching::private(#time)))
    })
}

/// `audience = "user"`, or a list of `"user"` and `"assistant"`.
fn audience(options: &mut Options, target: &Target, sink: &mut Sink) -> Option<TokenStream> {
    let krate = &target.krate;
    let (literal, written) = options.literal("audience", sink)?;
    let list = match literal {
        Literal::List(list) => list,
        one => vec![one],
    };
    let roles = list.iter().map(|one| match one {
        Literal::Text(text) if text == "user" => Some(quote!(#krate::model::Role::User)),
        Literal::Text(text) if text == "assistant" => Some(quote!(#krate::model::Role::Assistant)),
        _ => None,
    });
    match roles.collect::<Option<Vec<TokenStream>>>() {
        Some(roles) => Some(quote!(#(.audience(#roles))*)),
        None => {
            sink.at(written, "the audience is \"user\", \"assistant\" or a list of both");
            None
        }
    }
}

fn write(
    target: &Target,
    function: &Function,
    about: &About,
    settings: &TokenStream,
    (uri, mode): (&LitStr, Mode),
    texts: &[Text],
) -> TokenStream {
    let krate = &target.krate;
    let About { name, calls } = about;
    let name = LitStr::new(name, function.item.sig.ident.span());
    let completions = texts.iter().map(Text::completion);
    let requires = emit::requires(function);
    let call = emit::call(target, function, "IntoContents");
    let cx = emit::cx_parameter(target, function);
    let (builder, handler) = if texts.is_empty() {
        let body = emit::body(target, function, mode, &TokenStream::new(), |_| TokenStream::new());
        (quote!(Resource), quote!(|#cx| #body))
    } else {
        let (vars, body) = (emit::hidden("vars"), prompt::body(target, function, mode, texts));
        (quote!(ResourceTemplate), quote!(|#vars: #krate::Vars, #cx| #body))
    };
    let method = mode.method();
    let component = quote! {
        #krate::#builder::new(#uri) .name(#name) #calls #settings #(#completions)* #requires .#method(#handler)
    };
    target.write(function, &call, &component)
}
