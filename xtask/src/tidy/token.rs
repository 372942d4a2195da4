//! A source file as one flat list of tokens, each knowing its lines, its module depth and whether it is test code.

use proc_macro2::{Delimiter, LineColumn, TokenStream, TokenTree};

/// What a token is; groups are an `Open` and a `Close`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Word {
    Ident(String),
    Punct(char),
    /// A string literal as it is written, quotes included.
    Text(String),
    Literal,
    Open(Delimiter),
    Close(Delimiter),
}

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) word: Word,
    /// The first line of the token, counted from 1.
    pub(crate) line: usize,
    /// Its last line.
    pub(crate) last: usize,
    /// How many inline modules of this file enclose it.
    pub(crate) depth: usize,
    /// Whether only tests see it.
    pub(crate) test: bool,
}

impl Token {
    pub(crate) fn ident(&self) -> Option<&str> {
        match &self.word {
            Word::Ident(name) => Some(name),
            _ => None,
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.word {
            Word::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.ident() == Some(name)
    }

    pub(crate) fn punct(&self, mark: char) -> bool {
        self.word == Word::Punct(mark)
    }

    pub(crate) fn opens(&self, kind: Delimiter) -> bool {
        self.word == Word::Open(kind)
    }
}

/// The tokens of a file without its doc comments.
pub(crate) fn tokens(stream: TokenStream) -> Vec<Token> {
    let mut list = Vec::new();
    flatten(stream, &mut list);
    mark(&mut list);
    list
}

/// Whether `::` stands at this index.
pub(crate) fn colons(list: &[Token], at: usize) -> bool {
    list.get(at).is_some_and(|t| t.punct(':')) && list.get(at + 1).is_some_and(|t| t.punct(':'))
}

/// The index of the token that closes the group opened at `open`.
pub(crate) fn closing(list: &[Token], open: usize) -> usize {
    let mut depth = 0usize;
    for (at, token) in list.iter().enumerate().skip(open) {
        match token.word {
            Word::Open(_) => depth += 1,
            Word::Close(_) => {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    list.len().saturating_sub(1)
}

fn flatten(stream: TokenStream, list: &mut Vec<Token>) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let mut at = 0;
    while at < trees.len() {
        if let Some(length) = doc_comment(&trees[at..]) {
            at += length;
            continue;
        }
        match &trees[at] {
            TokenTree::Ident(ident) => push(list, Word::Ident(ident.to_string()), ident.span().start(), None),
            TokenTree::Punct(punct) => push(list, Word::Punct(punct.as_char()), punct.span().start(), None),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let word = if text.ends_with(['"', '#']) { Word::Text(text) } else { Word::Literal };
                push(list, word, literal.span().start(), Some(literal.span().end()));
            }
            TokenTree::Group(group) => {
                push(list, Word::Open(group.delimiter()), group.span_open().start(), None);
                flatten(group.stream(), list);
                push(list, Word::Close(group.delimiter()), group.span_close().start(), None);
            }
        }
        at += 1;
    }
}

fn push(list: &mut Vec<Token>, word: Word, start: LineColumn, end: Option<LineColumn>) {
    list.push(Token { word, line: start.line, last: end.map_or(start.line, |e| e.line), depth: 0, test: false });
}

/// The length of the `#[doc = "…"]` that these trees begin with, if they do: a doc comment reads like that.
fn doc_comment(trees: &[TokenTree]) -> Option<usize> {
    let mark = |at: usize, c: char| matches!(trees.get(at), Some(TokenTree::Punct(p)) if p.as_char() == c);
    if !mark(0, '#') {
        return None;
    }
    let at = if mark(1, '!') { 2 } else { 1 };
    let Some(TokenTree::Group(group)) = trees.get(at) else { return None };
    let inside: Vec<TokenTree> = group.stream().into_iter().collect();
    let is_doc = matches!(inside.first(), Some(TokenTree::Ident(i)) if i == "doc")
        && matches!(inside.get(2), Some(TokenTree::Literal(_)));
    is_doc.then_some(at + 1)
}

/// Marks what inline modules and `#[cfg(test)]` items enclose.
fn mark(list: &mut [Token]) {
    for at in 0..list.len() {
        let module = list[at].is("mod")
            && list.get(at + 1).is_some_and(|t| t.ident().is_some())
            && list.get(at + 2).is_some_and(|t| t.opens(Delimiter::Brace));
        if module {
            let end = closing(list, at + 2);
            list[at + 2..=end].iter_mut().for_each(|token| token.depth += 1);
        }
        if list[at].punct('#') && list.get(at + 1).is_some_and(|t| t.opens(Delimiter::Bracket)) {
            let close = closing(list, at + 1);
            if for_tests(&list[at + 2..close]) {
                let end = end_of_item(list, close + 1);
                list[at..=end].iter_mut().for_each(|token| token.test = true);
            }
        }
        let inner = list[at].punct('#')
            && list.get(at + 1).is_some_and(|t| t.punct('!'))
            && list.get(at + 2).is_some_and(|t| t.opens(Delimiter::Bracket));
        if inner && for_tests(&list[at + 3..closing(list, at + 2)]) {
            list.iter_mut().for_each(|token| token.test = true);
        }
    }
}

/// Whether an attribute with these tokens leaves its item to tests: `test`, `cfg(test)`, `cfg(all(test, …))`.
fn for_tests(attribute: &[Token]) -> bool {
    let words: Vec<&str> = attribute.iter().filter_map(Token::ident).collect();
    match words.as_slice() {
        ["test"] | ["cfg", "test"] => true,
        ["cfg", "all", rest @ ..] => rest.contains(&"test") && !rest.contains(&"not") && !rest.contains(&"any"),
        [first, ..] => *first == "tokio" && words.get(1) == Some(&"test"),
        [] => false,
    }
}

/// The index of the last token of the item that begins here: its `;`, its closing brace, or what ends its parent.
fn end_of_item(list: &[Token], from: usize) -> usize {
    let mut at = from;
    while at < list.len() {
        match list[at].word {
            Word::Punct(';') => return at,
            Word::Open(Delimiter::Brace) => return closing(list, at),
            Word::Open(_) => at = closing(list, at),
            Word::Close(_) => return at - 1,
            _ => {}
        }
        at += 1;
    }
    list.len() - 1
}
