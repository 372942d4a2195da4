//! The tools that look at notes and change them.

use std::sync::Arc;

use anpu::prelude::*;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::note::{self, Draft, Note, invalid};
use super::search;
use super::store::Notebook;

pub(super) fn components() -> Components {
    components![
        add_note,
        search_notes,
        list_notes,
        read_note,
        edit_note,
        tag_note,
        untag_note,
        delete_note,
        summarize_note
    ]
}

/// A note in a list.
#[derive(Debug, Serialize, JsonSchema)]
struct Entry {
    /// its id, for the other tools
    id: String,
    title: String,
    tags: Vec<String>,
    /// when it was changed last
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated: Timestamp,
    /// a line of its text
    excerpt: String,
}

/// A list of notes, perhaps only its beginning.
#[derive(Debug, Serialize, JsonSchema)]
struct Entries {
    /// how many there are in all
    total: usize,
    notes: Vec<Entry>,
}

impl Entries {
    fn new(notes: &[Arc<Note>], limit: u32, query: &str) -> Self {
        let entry = |note: &Arc<Note>| Entry {
            id: note.id.clone(),
            title: note.title.clone(),
            tags: note.tags.clone(),
            updated: note.updated,
            excerpt: search::excerpt(note, query),
        };
        Self { total: notes.len(), notes: notes.iter().take(limit as usize).map(entry).collect() }
    }
}

/// Write a new note into the notebook. To change one that is there, use edit_note.
#[tool(title = "Add a note", destructive = false, open_world = false, blocking)]
fn add_note(
    /// what it is about, in a few words
    #[arg(min_length = 1, max_length = 200)]
    title: String,
    /// what it says, as markdown
    #[arg(max_length = 100_000, default)]
    text: String,
    /// short words to find it by
    #[arg(max_items = 20, default, examples = [["shopping", "home"]])]
    tags: Vec<String>,
    notebook: State<Notebook>,
    cx: Cx,
) -> Result<Json<Note>> {
    let note = notebook.add(Draft { title, text, tags, created: None })?;
    changed(&cx, &note, "added");
    super::resources::list_changed(&cx);
    Ok(Json(Note::clone(&note)))
}

/// Find notes that have all the given words in their title, tags or text, best first.
#[tool(title = "Search the notes", read_only, open_world = false)]
fn search_notes(
    /// the words; upper and lower case are the same
    #[arg(min_length = 1, max_length = 1000)]
    query: String,
    /// only notes with this tag
    tag: Option<String>,
    /// how many at most
    #[arg(min = 1, max = 100, default = 20)]
    limit: u32,
    notebook: State<Notebook>,
) -> Json<Entries> {
    let found = search::matching(search::tagged(notebook.all(), tag.as_deref()), &query);
    Json(Entries::new(&found, limit, &query))
}

/// List the notes, those changed last first.
#[tool(title = "List the notes", read_only, open_world = false)]
fn list_notes(
    /// only notes with this tag
    tag: Option<String>,
    /// how many at most
    #[arg(min = 1, max = 100, default = 20)]
    limit: u32,
    notebook: State<Notebook>,
) -> Json<Entries> {
    Json(Entries::new(&search::tagged(notebook.all(), tag.as_deref()), limit, ""))
}

/// Read a whole note.
#[tool(title = "Read a note", read_only, open_world = false)]
fn read_note(
    /// the note's id
    id: String,
    notebook: State<Notebook>,
) -> Result<Json<Note>> {
    Ok(Json(Note::clone(&*notebook.get(&id)?)))
}

/// Change the title or the text of a note; what is not given stays as it is.
#[tool(title = "Edit a note", destructive, idempotent = false, open_world = false, blocking)]
fn edit_note(
    /// the note's id
    id: String,
    /// the new title; the id stays
    #[arg(min_length = 1, max_length = 200)]
    title: Option<String>,
    /// the new text, in place of the old
    #[arg(max_length = 100_000)]
    text: Option<String>,
    /// text to be added at the end
    #[arg(max_length = 100_000)]
    append: Option<String>,
    notebook: State<Notebook>,
    cx: Cx,
) -> Result<Json<Note>> {
    if title.is_none() && text.is_none() && append.is_none() {
        return Err(invalid("say what to change: give a title, a text, or a text to append"));
    }
    let note = notebook.change(&id, |note| {
        if let Some(title) = &title {
            note.title = note::title(title)?;
        }
        let whole = text.unwrap_or_else(|| note.text.clone());
        note.text = note::text(&[whole.as_str(), append.as_deref().unwrap_or_default()].join("\n"))?;
        Ok(())
    })?;
    changed(&cx, &note, "edited");
    if title.is_some() {
        super::resources::list_changed(&cx);
    }
    Ok(Json(Note::clone(&note)))
}

/// Give a note tags, beside those that it has.
#[tool(title = "Tag a note", destructive = false, idempotent, open_world = false, blocking)]
fn tag_note(
    /// the note's id
    id: String,
    /// the tags to add
    #[arg(min_items = 1, max_items = 20)]
    tags: Vec<String>,
    notebook: State<Notebook>,
    cx: Cx,
) -> Result<Json<Note>> {
    let note = notebook.change(&id, |note| {
        note.tags = note::tags(&[note.tags.as_slice(), &tags].concat())?;
        Ok(())
    })?;
    changed(&cx, &note, "tagged");
    Ok(Json(Note::clone(&note)))
}

/// Take tags off a note.
#[tool(title = "Untag a note", destructive = false, idempotent, open_world = false, blocking)]
fn untag_note(
    /// the note's id
    id: String,
    /// the tags to take off
    #[arg(min_items = 1, max_items = 20)]
    tags: Vec<String>,
    notebook: State<Notebook>,
    cx: Cx,
) -> Result<Json<Note>> {
    let off = note::tags(&tags)?;
    let note = notebook.change(&id, |note| {
        note.tags.retain(|tag| !off.contains(tag));
        Ok(())
    })?;
    changed(&cx, &note, "untagged");
    Ok(Json(Note::clone(&note)))
}

/// Remove a note for good, after the user confirmed it (where the client can ask them). Its last state is returned.
#[tool(title = "Delete a note", destructive, idempotent = false, open_world = false)]
async fn delete_note(
    /// the note's id
    id: String,
    notebook: State<Notebook>,
    cx: Cx,
) -> Result<Json<Note>> {
    let note = notebook.get(&id)?;
    if cx.client_capabilities().elicits_form() {
        let question = Confirm::new(format!("Delete the note \u{201c}{}\u{201d} for good?", note.title));
        cx.ask("delete", question).await?.or_declined("the user wants to keep the note")?;
    }
    let note = tokio::task::spawn_blocking(move || notebook.remove(&id)).await??;
    cx.resource_updated(&note.uri());
    cx.resource_updated(super::resources::INDEX);
    super::resources::list_changed(&cx);
    cx.info(format!("deleted the note {}", note.id)).await;
    Ok(Json(Note::clone(&note)))
}

/// Summarize a note in a few sentences. The client's own model does it, if the client lends it.
#[tool(title = "Summarize a note", read_only, open_world = false)]
async fn summarize_note(
    /// the note's id
    id: String,
    /// how many sentences at most
    #[arg(min = 1, max = 10, default = 3)]
    sentences: u32,
    notebook: State<Notebook>,
    cx: Cx,
) -> Result<String> {
    let note = notebook.get(&id)?;
    let task = format!("Summarize this note in at most {sentences} sentences:\n\n# {}\n\n{}", note.title, note.text);
    let summary = cx.sample("summary", Sample::new(task).max_tokens(500)).await?;
    Ok(summary.text())
}

/// Tells whoever watches the note or the index, and the client's log.
fn changed(cx: &Cx, note: &Note, how: &str) {
    cx.resource_updated(&note.uri());
    cx.resource_updated(super::resources::INDEX);
    cx.wait(cx.info(format!("{how} the note {}", note.id)));
}

#[cfg(test)]
mod tests {
    use anpu::Probe;

    use super::super::store::tests::folder;
    use super::*;

    fn notebook(name: &str) -> State<Notebook> {
        State::from(Notebook::open(&folder(name)).unwrap())
    }

    /// Runs what a blocking tool runs, where it may block.
    async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
        tokio::task::spawn_blocking(work).await.unwrap()
    }

    #[tokio::test]
    async fn a_note_is_written_found_changed_and_removed() {
        let (notebook, cx) = (notebook("life"), Probe::new().cx());
        blocking(move || {
            let at = || notebook.clone();
            let tags = vec!["Home".to_owned()];
            let Json(note) = add_note("Milk".into(), "two litres".into(), tags, at(), cx.clone()).unwrap();
            assert_eq!((note.id.as_str(), note.tags.as_slice()), ("milk-1", ["home".to_owned()].as_slice()));
            let append = Some("and bread".to_owned());
            let Json(note) = edit_note(note.id, None, None, append, at(), cx.clone()).unwrap();
            assert_eq!(note.text, "two litres\nand bread");
            tag_note("note:///milk-1".into(), vec!["#shop".into()], at(), cx.clone()).unwrap();
            let Json(note) = untag_note(note.id, vec!["HOME".into()], at(), cx.clone()).unwrap();
            assert_eq!(note.tags, ["shop"]);
            let Json(found) = search_notes("bread".into(), Some("shop".into()), 20, at());
            assert_eq!((found.total, found.notes[0].excerpt.as_str()), (1, "and bread"));
            cx.wait(delete_note(note.id.clone(), at(), cx.clone())).unwrap();
            assert_eq!(read_note(note.id, at()).unwrap_err().kind(), ErrorKind::NotFound);
            assert_eq!(list_notes(None, 20, at()).0.total, 0);
        })
        .await;
    }

    #[tokio::test]
    async fn a_note_that_the_user_wants_to_keep_stays() {
        let notebook = notebook("keep");
        let draft = (notebook.clone(), Probe::new().cx());
        blocking(move || add_note("Milk".into(), String::new(), Vec::new(), draft.0, draft.1)).await.unwrap();
        let asked = |action| {
            let capabilities = serde_json::from_value(serde_json::json!({ "elicitation": {} })).unwrap();
            let answer = serde_json::from_value(serde_json::json!({ "action": action })).unwrap();
            let client = anpu::model::Implementation::new("test", "1");
            Probe::new().client(client, capabilities).answer("delete", anpu::model::Answer::Elicit(answer)).cx()
        };
        let kept = delete_note("milk-1".into(), notebook.clone(), asked("decline")).await.unwrap_err();
        assert_eq!(kept.kind(), ErrorKind::Declined);
        delete_note("milk-1".into(), notebook.clone(), asked("accept")).await.unwrap();
        assert_eq!(notebook.get("milk-1").unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn an_edit_of_nothing_is_refused() {
        let (notebook, cx) = (notebook("nothing"), Probe::new().cx());
        let error = blocking(move || edit_note("x".into(), None, None, None, notebook, cx)).await.unwrap_err();
        assert!(error.to_string().contains("say what to change"), "{error}");
    }

    #[tokio::test]
    async fn the_client_hears_of_it_in_its_log() {
        let (notebook, probe) = (notebook("log"), Probe::new());
        let cx = probe.cx();
        blocking(move || add_note("Milk".into(), String::new(), Vec::new(), notebook, cx)).await.unwrap();
        assert_eq!(probe.said().len(), 1);
    }
}
