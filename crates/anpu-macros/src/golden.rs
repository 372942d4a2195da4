//! Expansions and error messages as files: `NAME.in.rs` goes in, `NAME.out.*` comes out, `UPDATE=1` rewrites the latter.

use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, Item, LitStr, Meta};

use crate::{args, prompt, resource, tool};

#[test]
fn expansions_are_as_written() {
    check("expansions", "rs", expand_file);
}

/// Compares what `expand` makes of each `NAME.in.rs` with `NAME.out.EXTENSION` beside it.
fn check(folder: &str, extension: &str, expand: impl Fn(&str) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut inputs: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.retain(|path| path.to_string_lossy().ends_with(".in.rs"));
    inputs.sort();
    assert!(!inputs.is_empty(), "nothing in {}", folder.display());
    let mut wrong = Vec::new();
    for input in inputs {
        let output = input.with_extension("").with_extension(format!("out.{extension}"));
        let expanded = expand(&std::fs::read_to_string(&input).unwrap());
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&output, &expanded).unwrap();
        } else if std::fs::read_to_string(&output).unwrap_or_default() != expanded {
            wrong.push(format!("{}:\n{expanded}", output.display()));
        }
    }
    assert!(wrong.is_empty(), "UPDATE=1 rewrites these after a change that was meant:\n{}", wrong.join("\n"));
}

/// Expands each item of a file that has one of our attributes; other items are left out of the output.
fn expand_file(source: &str) -> String {
    let file = syn::parse_file(source).unwrap();
    let expanded: TokenStream = file.items.into_iter().map(expand_item).collect();
    prettyplease::unparse(&syn::parse2(expanded).unwrap())
}

fn expand_item(mut item: Item) -> TokenStream {
    let attributes = match &mut item {
        Item::Fn(function) => &mut function.attrs,
        Item::Struct(structure) => {
            structure.attrs.retain(|attribute| !attribute.path().is_ident("derive"));
            let rest = args::expand(structure.to_token_stream());
            structure.attrs.retain(|attribute| attribute.path().is_ident("doc"));
            for field in &mut structure.fields {
                field.attrs.retain(|attribute| attribute.path().is_ident("doc"));
            }
            return quote!(#item #rest);
        }
        other => panic!("not for a macro of ours: {}", other.to_token_stream()),
    };
    let ours =
        |attribute: &Attribute| ["tool", "prompt", "resource"].iter().any(|name| attribute.path().is_ident(name));
    let at = attributes.iter().position(ours).unwrap();
    let attribute = attributes.remove(at);
    let inside = match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    match attribute.path().get_ident().unwrap().to_string().as_str() {
        "tool" => tool::expand(inside, item.to_token_stream()),
        "prompt" => prompt::expand(inside, item.to_token_stream()),
        _ => resource::expand(inside, item.to_token_stream()),
    }
}

/// Each item of `tests/mistakes/NAME.in.rs` is wrong somewhere; `NAME.out.txt` has what is said about it, and where.
#[test]
fn mistakes_are_told_all_at_once() {
    check("mistakes", "txt", |source| {
        let items = syn::parse_file(source).unwrap().items;
        let told = items.into_iter().map(|item| {
            let mut told = Vec::new();
            errors(expand_item(item), &mut told);
            assert!(!told.is_empty(), "an item of {source} expands without a word");
            told.join("\n")
        });
        told.collect::<Vec<_>>().join("\n\n") + "\n"
    });
}

/// The `compile_error!` calls among the tokens, each with the place it points to.
fn errors(tokens: TokenStream, told: &mut Vec<String>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(name) if name == "compile_error" => {
                let Some(TokenTree::Group(message)) = tokens.nth(1) else { panic!("compile_error without a message") };
                let text: LitStr = syn::parse2(message.stream()).unwrap();
                told.push(format!("{}:{}: {}", name.span().start().line, name.span().start().column + 1, text.value()));
            }
            TokenTree::Group(group) => errors(group.stream(), told),
            _ => {}
        }
    }
}
