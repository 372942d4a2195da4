//! What a note is, and what becomes of what a person or a model writes. Knows no file and no protocol.

use anpu::{Error, ErrorKind};
use jiff::{Timestamp, Unit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Characters of a title.
pub(super) const TITLE: usize = 200;
/// Characters of a text.
pub(super) const TEXT: usize = 100_000;
/// Tags of one note.
pub(super) const TAGS: usize = 20;
/// Characters of a tag.
const TAG: usize = 50;
/// Characters of the words in an id.
const SLUG: usize = 24;

/// A note.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct Note {
    /// its id, which never changes
    pub(super) id: String,
    /// what it is about, in a few words
    pub(super) title: String,
    /// what it says, as markdown
    pub(super) text: String,
    /// its tags, in order
    pub(super) tags: Vec<String>,
    /// when it was written
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) created: Timestamp,
    /// when it was changed last
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) updated: Timestamp,
}

/// A note that is not in the notebook yet.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Draft {
    pub(super) title: String,
    #[serde(default)]
    pub(super) text: String,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    /// Kept when a note comes from another notebook.
    #[serde(default)]
    pub(super) created: Option<Timestamp>,
}

impl Draft {
    /// The draft as it can be kept: without white space around it, tags in one spelling.
    pub(super) fn tidy(self) -> anpu::Result<Self> {
        let tidy = Self {
            title: title(&self.title)?,
            text: text(&self.text)?,
            tags: tags(&self.tags)?,
            created: self.created,
        };
        Ok(tidy)
    }

    /// The note that a tidy draft becomes as the `number`th of its notebook.
    pub(super) fn into_note(self, number: u64) -> Note {
        let now = now();
        Note {
            id: id(&self.title, number),
            title: self.title,
            text: self.text,
            tags: self.tags,
            created: self.created.unwrap_or(now),
            updated: now,
        }
    }
}

impl Note {
    /// The note as a page of markdown.
    pub(super) fn markdown(&self) -> String {
        let mut page = format!("# {}\n", self.title);
        if !self.tags.is_empty() {
            page.push_str(&format!("\ntags: {}\n", self.tags.join(", ")));
        }
        if !self.text.is_empty() {
            page.push_str(&format!("\n{}\n", self.text));
        }
        page
    }

    /// The URI of its resource.
    pub(super) fn uri(&self) -> String {
        uri(&self.id)
    }

    /// Whether it has this tag, however that is spelled.
    pub(super) fn has_tag(&self, tag: &str) -> bool {
        let tag = spelled(tag);
        self.tags.contains(&tag)
    }
}

/// The URI of the note of this id. Ids need no escaping.
pub(super) fn uri(id: &str) -> String {
    format!("note:///{id}")
}

/// An id as it was meant: a model that has read a note's URI may well send that.
pub(super) fn meant(id: &str) -> &str {
    let id = id.trim();
    id.strip_prefix("note:///").unwrap_or(id)
}

/// Now, as finely as a person could care.
pub(super) fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(Unit::Millisecond).unwrap_or(now)
}

/// A title on one line, without white space around it.
pub(super) fn title(written: &str) -> anpu::Result<String> {
    let title = written.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.is_empty() {
        return Err(invalid("a note needs a title"));
    }
    within("a title", &title, TITLE)?;
    Ok(title)
}

/// A text without empty lines before it and white space behind it; the first line may be indented.
pub(super) fn text(written: &str) -> anpu::Result<String> {
    let unix = written.replace("\r\n", "\n");
    let text = unix.trim_end();
    let start =
        text.find(|c: char| !c.is_whitespace()).map_or(0, |first| text[..first].rfind('\n').map_or(0, |n| n + 1));
    within("the text of a note", text, TEXT)?;
    Ok(text[start..].to_owned())
}

/// Tags in one spelling, each once, in order.
pub(super) fn tags(written: &[String]) -> anpu::Result<Vec<String>> {
    let mut tags: Vec<String> = written.iter().map(|tag| spelled(tag)).filter(|tag| !tag.is_empty()).collect();
    tags.sort();
    tags.dedup();
    tags.iter().try_for_each(|tag| within("a tag", tag, TAG))?;
    match tags.len() {
        0..=TAGS => Ok(tags),
        many => Err(invalid(format!("a note has at most {TAGS} tags, these are {many}"))),
    }
}

/// A tag as it is kept: `#Big Plans,` is `big-plans`.
fn spelled(tag: &str) -> String {
    let tag = tag.trim().trim_start_matches('#').replace(',', " ").to_lowercase();
    tag.split_whitespace().collect::<Vec<_>>().join("-")
}

/// A short id that says what the note is about: `buy-milk-7`. The number is never used again, so neither is the id.
fn id(title: &str, number: u64) -> String {
    let mut slug = String::new();
    for word in title.to_lowercase().split(|c: char| !c.is_alphanumeric()) {
        let word: String = word.chars().filter(char::is_ascii_alphanumeric).take(SLUG).collect();
        if slug.len() + word.len() >= SLUG && !slug.is_empty() {
            break;
        }
        if !word.is_empty() {
            slug.push_str(&word);
            slug.push('-');
        }
    }
    if slug.is_empty() { format!("note-{number}") } else { format!("{slug}{number}") }
}

fn within(what: &str, text: &str, most: usize) -> anpu::Result {
    match text.chars().count() {
        count if count > most => Err(invalid(format!("{what} has at most {most} characters, this has {count}"))),
        _ => Ok(()),
    }
}

/// What was written cannot be kept.
pub(super) fn invalid(text: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(title: &str, text: &str, tags: &[&str]) -> anpu::Result<Draft> {
        let tags = tags.iter().map(|&tag| tag.to_owned()).collect();
        Draft { title: title.to_owned(), text: text.to_owned(), tags, created: None }.tidy()
    }

    #[test]
    fn an_id_says_what_the_note_is_about() {
        let ids = [
            ("Buy milk!", "buy-milk-7"),
            ("Größe & Farbe", "gre-farbe-7"),
            ("世界", "note-7"),
            ("  ", "note-7"),
            ("A rather long title that goes on and on", "a-rather-long-title-7"),
            ("Donaudampfschifffahrtsgesellschaft", "donaudampfschifffahrtsge-7"),
        ];
        for (title, expected) in ids {
            assert_eq!(id(title, 7), expected);
        }
    }

    #[test]
    fn a_draft_is_tidied() {
        let tidy =
            draft(" Two\n lines ", "\n\n  indented\r\nnext \n\n", &["#Big Plans", "a,b", "big-plans", " "]).unwrap();
        assert_eq!(tidy.title, "Two lines");
        assert_eq!(tidy.text, "  indented\nnext");
        assert_eq!(tidy.tags, ["a-b", "big-plans"]);
        assert_eq!(draft("t", " \n ", &[]).unwrap().text, "");
    }

    #[test]
    fn what_cannot_be_kept_is_named() {
        let long = "x".repeat(TAG + 1);
        let many: Vec<String> = (0..=TAGS).map(|n| n.to_string()).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let wrong = [
            (draft(" ", "", &[]), "a note needs a title"),
            (draft(&"x".repeat(TITLE + 1), "", &[]), "a title has at most 200 characters, this has 201"),
            (draft("t", &"x".repeat(TEXT + 1), &[]), "the text of a note has at most 100000"),
            (draft("t", "", &[&long]), "a tag has at most 50 characters"),
            (draft("t", "", &many), "a note has at most 20 tags, these are 21"),
        ];
        for (draft, expected) in wrong {
            let error = draft.unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            assert_eq!(error.kind(), ErrorKind::Invalid);
        }
    }

    #[test]
    fn a_page_has_what_the_note_has() {
        let full = draft("T", "text", &["b", "a"]).unwrap().into_note(1);
        assert_eq!(full.markdown(), "# T\n\ntags: a, b\n\ntext\n");
        assert_eq!(draft("T", "", &[]).unwrap().into_note(1).markdown(), "# T\n");
    }
}
