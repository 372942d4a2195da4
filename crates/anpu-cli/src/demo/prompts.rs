//! The prompts: what a person may want a model to do with their notes.

use std::fmt::Write;

use anpu::model::ResourceContents;
use anpu::prelude::*;

use super::resources::ids;
use super::search;
use super::store::Notebook;

/// Characters of notes in one prompt.
const ROOM: usize = 60_000;

pub(super) fn components() -> Components {
    components![review_notes, summarize_note]
}

/// Go through the notes: what is open, what is old, what belongs together.
#[prompt(title = "Review my notes")]
fn review_notes(
    /// only notes with this tag
    #[complete(tags)]
    tag: Option<String>,
    /// what to look at above all
    focus: Option<String>,
    notebook: State<Notebook>,
) -> Result<String> {
    let notes = search::tagged(notebook.all(), tag.as_deref());
    if notes.is_empty() {
        return Err(refused(match tag {
            Some(tag) => format!("no note has the tag `{tag}`"),
            None => "there are no notes yet".to_owned(),
        }));
    }
    let mut text = "Review my notes below. Tell me what is still open, what seems out of date, and which notes belong \
        together; propose tags and edits, but change nothing before I agree."
        .to_owned();
    if let Some(focus) = focus.filter(|focus| !focus.trim().is_empty()) {
        text.push_str(&format!(" Look above all at this: {}.", focus.trim().trim_end_matches('.')));
    }
    for (shown, note) in notes.iter().enumerate() {
        let page = note.markdown();
        if text.len() + page.len() > ROOM && shown > 0 {
            let left = notes.len() - shown;
            text.push_str(&format!("\n\n(There are {left} more notes; search_notes and read_note show them.)"));
            break;
        }
        // Writing to a string cannot fail.
        let _ = write!(text, "\n\n<note id=\"{}\" updated=\"{}\">\n{page}</note>", note.id, note.updated);
    }
    Ok(text)
}

/// Sum up one note.
#[prompt(title = "Summarize a note")]
fn summarize_note(
    /// the note's id
    #[complete(ids)]
    id: String,
    notebook: State<Notebook>,
) -> Result<Vec<Message>> {
    let note = notebook.get(&id)?;
    let page = ResourceContents::text(note.uri(), note.markdown()).mime_type("text/markdown");
    let ask =
        "Sum up this note in at most three sentences. Keep names, dates and numbers; leave out what you do not know.";
    Ok(vec![Message::user(ask), Message::user(Content::embedded(page))])
}

/// The tags that begin with what is typed, the most used first.
async fn tags(asked: Completing) -> Result<Vec<String>> {
    let notebook = State::<Notebook>::from_cx(&asked.cx).await?;
    let typed = asked.value.trim().trim_start_matches('#').to_lowercase();
    let tags = search::tags(&notebook.all()).into_iter().map(|(tag, _)| tag);
    Ok(tags.filter(|tag| tag.starts_with(&typed)).collect())
}

#[cfg(test)]
mod tests {
    use anpu::Probe;

    use super::super::store::tests::{draft, folder};
    use super::*;

    fn notebook(name: &str) -> Notebook {
        let notebook = Notebook::open(&folder(name)).unwrap();
        for (title, tag) in [("Milk", "shop"), ("Bread", "shop"), ("Call", "home")] {
            let mut draft = draft(title);
            draft.tags = vec![tag.to_owned()];
            notebook.add(draft).unwrap();
        }
        notebook
    }

    #[test]
    fn a_review_has_the_notes_of_its_tag() {
        let notebook = State::from(notebook("review"));
        let text = review_notes(Some("#Shop".into()), Some("prices.".into()), notebook.clone()).unwrap();
        assert!(text.contains("<note id=\"milk-1\"") && text.contains("at this: prices."), "{text}");
        assert!(!text.contains("call-3"), "{text}");
        let error = review_notes(Some("none".into()), None, notebook).unwrap_err();
        assert_eq!(error.to_string(), "no note has the tag `none`");
    }

    #[test]
    fn a_review_of_many_notes_says_how_many_are_left() {
        let notebook = Notebook::open(&folder("long")).unwrap();
        for title in ["A", "B", "C"] {
            let mut draft = draft(title);
            draft.text = "x".repeat(ROOM / 2 + 1);
            notebook.add(draft).unwrap();
        }
        let text = review_notes(None, None, State::from(notebook)).unwrap();
        assert!(text.ends_with("(There are 2 more notes; search_notes and read_note show them.)"));
    }

    #[tokio::test]
    async fn tags_are_completed_the_most_used_first() {
        let mut asked = Completing::test("tag", "");
        asked.cx = Probe::new().state(notebook("tags")).cx();
        assert_eq!(tags(asked.clone()).await.unwrap(), ["shop", "home"]);
        asked.value = "#HO".to_owned();
        assert_eq!(tags(asked).await.unwrap(), ["home"]);
    }
}
