//! `#[prompt]`: a function as a prompt, written as calls of `anpu::Prompt`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::LitStr;
use syn::spanned::Spanned;

use crate::about::{self, About};
use crate::constraint;
use crate::emit::{self, Mode, Target};
use crate::function::{self, Function, Wanted};
use crate::options::Options;
use crate::sink::Sink;
use crate::text::{self, Text};

const WANTED: Wanted = Wanted { name: "prompt", arg: constraint::KNOWN_OF_TEXTS, texts: true };

/// Expands `#[prompt(attribute)] item`.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let known = [about::KNOWN, &["blocking"]].concat();
    let mut options = Options::read(attribute, "#[prompt(..)]", &known, about::MANY, &mut sink);
    let Some(mut function) = Function::read(item.clone(), &WANTED, &mut sink) else {
        return [sink.finish().unwrap_or_default(), item].into_iter().collect();
    };
    let target = Target::read(&mut options, &function, &mut sink);
    let about = About::read(&mut options, &function, &target.krate, true, &mut sink);
    let mode = Mode::read(&mut options, &function, &mut sink);
    let texts = text::read(&mut function, &mut sink);
    match sink.finish() {
        Some(errors) => emit::broken(&target, &function, &errors),
        None => write(&target, &function, &about, mode, &texts),
    }
}

fn write(target: &Target, function: &Function, about: &About, mode: Mode, texts: &[Text]) -> TokenStream {
    let krate = &target.krate;
    let About { name, calls } = about;
    let name = LitStr::new(name, function.item.sig.ident.span());
    let arguments = texts.iter().map(|text| argument(target, text));
    let completions = texts.iter().map(Text::completion);
    let requires = emit::requires(function);
    let call = emit::call(target, function, "IntoMessages");
    let vars = emit::hidden(if texts.is_empty() { "_vars" } else { "vars" });
    let cx = emit::cx_parameter(target, function);
    let (method, body) = (mode.method(), body(target, function, mode, texts));
    let component = quote! {
        #krate::Prompt::new(#name) #calls #(#arguments)* #(#completions)* #requires
            .#method(|#vars: #krate::Vars, #cx| #body)
    };
    target.write(function, &call, &component)
}

/// The body of the handler of a prompt or a template: fetch each text as its type, then call.
pub(crate) fn body(target: &Target, function: &Function, mode: Mode, texts: &[Text]) -> TokenStream {
    let vars = emit::hidden("vars");
    let fetch = texts.iter().map(|text| text.fetch(&vars));
    let fetch: TokenStream = fetch.collect();
    emit::body(target, function, mode, &fetch, |parameter| parameter.name.to_token_stream())
}

/// `.argument(PromptArgument::new("code").description("..").required(true))`
fn argument(target: &Target, text: &Text) -> TokenStream {
    let krate = &target.krate;
    let name = &text.published;
    let title = text.title.as_ref().map(|title| quote!(.title(#title)));
    let description = function::docs(&text.docs).map(|docs| quote!(.description(#docs)));
    let required = text.optional.is_none();
    quote_spanned!(text.ty.span()=> .argument(#krate::model::PromptArgument::new(#name) #title #description .required(#required)))
}
