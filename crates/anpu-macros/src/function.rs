//! The function under an attribute: checked, its parameters sorted into arguments and extractors, our attributes taken off.

use proc_macro2::{Ident, Span, TokenStream};
use quote::format_ident;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, FnArg, ItemFn, Lit, Meta, Pat, PatType, Receiver, Safety, Type};

use crate::constraint;
use crate::kind;
use crate::options::Options;
use crate::sink::Sink;

/// Types that come from the request, by their last segment.
const EXTRACTORS: &[&str] = &["Cx", "State", "Session", "User", "Extension"];

/// A function that will be a component.
pub(crate) struct Function {
    /// As written, without `#[arg]`, `#[complete]`, `#[from_cx]` and the docs of parameters.
    pub(crate) item: ItemFn,
    /// The doc comment.
    pub(crate) docs: Option<String>,
    pub(crate) parameters: Vec<Parameter>,
}

/// One parameter.
pub(crate) struct Parameter {
    /// Its own name, or one made up for a pattern.
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) source: Source,
    pub(crate) arg: Option<Options>,
    pub(crate) complete: Option<Expr>,
}

/// Where a parameter's value comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Source {
    /// One of the request's arguments.
    Argument,
    /// All of them: `Args<T>`.
    Whole,
    /// The request: `FromCx`.
    Request,
}

/// What a macro wants of its function.
pub(crate) struct Wanted {
    /// `tool`, `prompt`, `resource`.
    pub(crate) name: &'static str,
    /// The keys that `#[arg(..)]` has here.
    pub(crate) arg: &'static [&'static str],
    /// Arguments are texts that can be completed, not JSON.
    pub(crate) texts: bool,
}

impl Function {
    /// Reads the item under the attribute; `None` if it is no function at all.
    pub(crate) fn read(tokens: TokenStream, wanted: &Wanted, sink: &mut Sink) -> Option<Self> {
        let mut item: ItemFn = match syn::parse2(tokens.clone()) {
            Ok(item) => item,
            Err(error) => {
                let is_function = tokens.into_iter().any(|token| token.to_string() == "fn");
                if !is_function {
                    sink.span(Span::call_site(), format!("`#[{}]` goes on a free function", wanted.name));
                }
                sink.push(error);
                return None;
            }
        };
        check_signature(&item, wanted, sink);
        let inputs = item.sig.inputs.iter_mut().enumerate();
        let parameters = inputs.filter_map(|(at, input)| match input {
            FnArg::Receiver(receiver) => {
                refuse_receiver(receiver, wanted, sink);
                None
            }
            FnArg::Typed(typed) => Some(Parameter::read(at, typed, wanted, sink)),
        });
        let parameters: Vec<Parameter> = parameters.collect();
        check_whole(&parameters, wanted, sink);
        let docs = docs(&item.attrs);
        Some(Self { item, docs, parameters })
    }

    /// The function's name without `r#`.
    pub(crate) fn name(&self) -> String {
        self.item.sig.ident.unraw().to_string()
    }

    pub(crate) fn is_async(&self) -> bool {
        self.item.sig.asyncness.is_some()
    }

    /// The parameters that come from the request.
    pub(crate) fn extractors(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|parameter| parameter.source == Source::Request)
    }
}

impl Parameter {
    fn read(at: usize, typed: &mut PatType, wanted: &Wanted, sink: &mut Sink) -> Self {
        let (ours, theirs) = std::mem::take(&mut typed.attrs).into_iter().partition(is_ours);
        typed.attrs = theirs;
        let ours: Vec<Attribute> = ours;
        if let Some(cfg) = typed.attrs.iter().find(|a| a.path().is_ident("cfg") || a.path().is_ident("cfg_attr")) {
            sink.at(cfg, "a parameter cannot come and go: put `#[cfg]` on two functions instead");
        }
        let ty = (*typed.ty).clone();
        let marked = ours.iter().find(|attribute| attribute.path().is_ident("from_cx"));
        let source = source(&ty, marked);
        let parameter = Self {
            name: name(at, &typed.pat, source, sink),
            arg: constraint::options(&ours, wanted.arg, sink),
            complete: complete(&ours, wanted, source, sink),
            docs: ours.iter().filter(|attribute| attribute.path().is_ident("doc")).cloned().collect(),
            source,
            ty,
        };
        parameter.check(&ours, wanted, sink);
        parameter
    }

    fn check(&self, attributes: &[Attribute], wanted: &Wanted, sink: &mut Sink) {
        if self.source == Source::Argument {
            match &self.ty {
                Type::Reference(reference) if source(&reference.elem, None) != Source::Argument => {
                    let instead = kind::spelled(&reference.elem);
                    sink.at(reference, format!("extractors are taken by value: write `{instead}`"));
                }
                ty => kind::check_owned(ty, sink),
            }
        } else if let Some(arg) = attributes.iter().find(|attribute| attribute.path().is_ident("arg")) {
            let ty = kind::spelled(&self.ty);
            sink.at(
                arg,
                format!("`#[arg]` is for arguments, `{ty}` is not one; the fields of an `Args` struct take it"),
            );
        }
        if self.source == Source::Whole {
            if wanted.texts {
                let name = wanted.name;
                sink.at(&self.ty, format!("a {name} has texts, not an argument object: take them one by one"));
            } else if kind::inside(&self.ty).is_none() {
                sink.at(&self.ty, "say which: write `Args<T>` where `T` derives `Args`");
            }
        }
    }
}

/// Is this attribute one of ours, to be taken off?
fn is_ours(attribute: &Attribute) -> bool {
    ["arg", "complete", "from_cx", "doc"].iter().any(|name| attribute.path().is_ident(name))
}

fn source(ty: &Type, marked: Option<&Attribute>) -> Source {
    match kind::last(ty).as_deref() {
        _ if marked.is_some() => Source::Request,
        Some("Args") => Source::Whole,
        Some(name) if EXTRACTORS.contains(&name) => Source::Request,
        _ => Source::Argument,
    }
}

/// An argument's name is published, so it must have one; an extractor may be taken apart.
fn name(at: usize, pattern: &Pat, source: Source, sink: &mut Sink) -> Ident {
    match pattern {
        Pat::Ident(named) if named.subpat.is_none() && named.by_ref.is_none() => named.ident.clone(),
        pattern => {
            if source == Source::Argument {
                sink.at(pattern, "an argument is published under its name: write `name: Type`");
            }
            format_ident!("parameter_{at}", span = pattern.span())
        }
    }
}

fn complete(attributes: &[Attribute], wanted: &Wanted, source: Source, sink: &mut Sink) -> Option<Expr> {
    let attribute = attributes.iter().find(|attribute| attribute.path().is_ident("complete"))?;
    if !wanted.texts || source != Source::Argument {
        sink.at(attribute, "only arguments of prompts and variables of resource templates can be completed");
        return None;
    }
    let Meta::List(list) = &attribute.meta else {
        sink.at(attribute, "say what completes it: write `#[complete(function)]`");
        return None;
    };
    sink.keep(list.parse_args())
}

fn check_signature(item: &ItemFn, wanted: &Wanted, sink: &mut Sink) {
    let (sig, name) = (&item.sig, wanted.name);
    if !sig.generics.params.is_empty() {
        let told =
            format!("a {name} has one shape: write concrete types instead of `{}`", kind::spelled(&sig.generics));
        sink.at(&sig.generics, told);
    } else if let Some(clause) = &sig.generics.where_clause {
        sink.at(clause, format!("a {name} has one shape: a `where` clause has nothing to say"));
    }
    if let Safety::Unsafe(token) = &sig.safety {
        sink.at(token, format!("a {name} is called with whatever a client sends: it cannot be `unsafe`"));
    }
    if let Some(abi) = &sig.abi {
        sink.at(abi, format!("a {name} is a plain Rust function"));
    }
    if let Some(variadic) = &sig.variadic {
        sink.at(variadic, format!("a {name} is a plain Rust function"));
    }
}

fn refuse_receiver(receiver: &Receiver, wanted: &Wanted, sink: &mut Sink) {
    let name = wanted.name;
    sink.at(
        receiver,
        format!("{name}s are free functions; keep shared things in `State<T>` and take it as a parameter"),
    );
}

/// `Args<T>` is the whole argument object, so it stands alone.
fn check_whole(parameters: &[Parameter], wanted: &Wanted, sink: &mut Sink) {
    if wanted.texts {
        return;
    }
    let mut whole = parameters.iter().filter(|parameter| parameter.source == Source::Whole);
    let Some(first) = whole.next() else { return };
    for second in whole {
        sink.at(&second.ty, "there is one argument object: take `Args<T>` once");
    }
    let inside =
        kind::inside(&first.ty).map_or_else(|| "the struct".to_owned(), |ty| format!("`{}`", kind::spelled(ty)));
    for other in parameters.iter().filter(|parameter| parameter.source == Source::Argument) {
        let told = format!(
            "`Args<T>` is the whole argument object: make `{}` a field of {inside}, or mark it `#[from_cx]`",
            other.name
        );
        sink.at(&other.name, told);
    }
}

/// Doc comments as one text: joined by line, each without its first space, as rustdoc and schemars do.
pub(crate) fn docs(attributes: &[Attribute]) -> Option<String> {
    let lines = attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(|attribute| {
        let Meta::NameValue(pair) = &attribute.meta else { return None };
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value else { return None };
        let text = text.value();
        Some(text.strip_prefix(' ').unwrap_or(&text).trim_end().to_owned())
    });
    let text = lines.collect::<Vec<_>>().join("\n").trim().to_owned();
    if text.is_empty() { None } else { Some(text) }
}
