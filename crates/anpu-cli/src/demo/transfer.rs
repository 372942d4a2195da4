//! Import and export: many notes as one text, in markdown or JSON. What one notebook exports, another imports.

use anpu::Error;
use anpu::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::note::{Draft, Note, invalid};
use super::search;
use super::store::Notebook;

pub(super) fn components() -> Components {
    components![export_notes, import_notes]
}

/// What notes are written in.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    Markdown,
    Json,
}

/// The outcome of an import.
#[derive(Debug, Serialize, JsonSchema)]
struct Imported {
    /// how many notes were added
    count: usize,
    /// their ids, in the order of the text
    ids: Vec<String>,
}

/// All notes as one text, to be kept elsewhere or given to import_notes. Markdown notes are separated by lines of `---`.
#[tool(title = "Export the notes", read_only, open_world = false)]
fn export_notes(
    #[arg(default = "markdown")] format: Format,
    /// only notes with this tag
    tag: Option<String>,
    notebook: State<Notebook>,
) -> Result<String> {
    let notes = search::tagged(notebook.all(), tag.as_deref());
    let notes: Vec<&Note> = notes.iter().map(AsRef::as_ref).collect();
    match format {
        Format::Markdown => Ok(notes.into_iter().map(written).collect::<Vec<_>>().join("\n---\n\n")),
        Format::Json => Ok(serde_json::to_string_pretty(&notes)?),
    }
}

/// Add many notes at once: all of them, or none if one is wrong or the import is cancelled.
///
/// Markdown notes are separated by lines of `---`; the first line of each is its title (`# Title`), and a line
/// `tags: a, b` may follow. JSON is an array of objects with title, text and tags.
#[tool(title = "Import notes", destructive = false, open_world = false, timeout = "5m", blocking)]
fn import_notes(
    /// the notes, as markdown or JSON
    #[arg(min_length = 1)]
    text: String,
    notebook: State<Notebook>,
    cx: Cx,
) -> Result<Json<Imported>> {
    let drafts = read(&text)?;
    let total = drafts.len();
    // A report for each note of thousands would be read by nobody.
    let step = total.div_ceil(100);
    let added = notebook.add_all(drafts, |done| {
        if done % step == 0 || done == total {
            let message = format!("{done} of {total} notes");
            cx.wait(cx.progress_of(done as f64, Some(total as f64), Some(&message)));
        }
        !cx.is_cancelled()
    })?;
    let Some(added) = added else {
        return Err(Error::new(ErrorKind::Cancelled, "the import was cancelled; no note was added"));
    };
    cx.resource_updated(super::resources::INDEX);
    super::resources::list_changed(&cx);
    cx.wait(cx.info(format!("imported {total} notes")));
    Ok(Json(Imported { count: total, ids: added.iter().map(|note| note.id.clone()).collect() }))
}

/// One note as import_notes reads it.
fn written(note: &Note) -> String {
    let mut page = format!("# {}\n", note.title);
    if !note.tags.is_empty() {
        page.push_str(&format!("tags: {}\n", note.tags.join(", ")));
    }
    page.push_str(&format!("created: {}\n", note.created));
    if !note.text.is_empty() {
        page.push('\n');
    }
    for line in note.text.lines() {
        // A line of the text that looks like a separator is marked as none.
        let mark = if is_separator(line.trim_start_matches('\\')) { "\\" } else { "" };
        page.push_str(&format!("{mark}{line}\n"));
    }
    page
}

/// The notes of a text.
fn read(text: &str) -> Result<Vec<Draft>> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let drafts = if is_json(text) { read_json(text)? } else { read_markdown(text)? };
    if drafts.is_empty() {
        return Err(invalid("there is no note in this text"));
    }
    Ok(drafts)
}

/// Whether a text is meant as JSON: markdown may begin with a bracket, too, but not with these.
fn is_json(text: &str) -> bool {
    text.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with(['{', ']']))
}

fn read_json(text: &str) -> Result<Vec<Draft>> {
    let notes: Vec<serde_json::Value> = serde_json::from_str(text).map_err(|e| invalid(format!("not JSON: {e}")))?;
    let read = |(number, note)| {
        let draft = serde_json::from_value(note).map_err(anpu::Error::from);
        draft.and_then(Draft::tidy).map_err(|error| numbered(number, &error))
    };
    (1..).zip(notes).map(read).collect()
}

fn read_markdown(text: &str) -> Result<Vec<Draft>> {
    let lines: Vec<&str> = text.lines().collect();
    let pages = lines.split(|line| is_separator(line)).filter(|page| page.iter().any(|line| !line.trim().is_empty()));
    (1..).zip(pages).map(|(number, page)| read_page(page).map_err(|error| numbered(number, &error))).collect()
}

/// One note: its title, then `tags:` and `created:` up to the first line that is neither, then the text.
fn read_page(lines: &[&str]) -> Result<Draft> {
    let mut lines = lines.iter().skip_while(|line| line.trim().is_empty()).peekable();
    let title = lines.next().map_or("", |line| line.trim().trim_start_matches('#')).to_owned();
    let (mut tags, mut created) = (Vec::new(), None);
    while let Some(line) = lines.peek() {
        if let Some(list) = line.strip_prefix("tags:") {
            tags.extend(list.split(',').map(str::to_owned));
        } else if let Some(time) = line.strip_prefix("created:") {
            let time = time.trim();
            created = Some(time.parse().map_err(|_| invalid(format!("`created: {time}` is no point in time")))?);
        } else {
            break;
        }
        lines.next();
    }
    let text: Vec<&str> = lines.map(|line| unmarked(line)).collect();
    Draft { title, text: text.join("\n"), tags, created }.tidy()
}

fn is_separator(line: &str) -> bool {
    line.trim_end() == "---"
}

/// A line without the mark that says that it is no separator.
fn unmarked(line: &str) -> &str {
    match line.strip_prefix('\\') {
        Some(rest) if is_separator(rest.trim_start_matches('\\')) => rest,
        _ => line,
    }
}

fn numbered(number: usize, error: &anpu::Error) -> anpu::Error {
    invalid(format!("note {number} of the text: {error}"))
}

#[cfg(test)]
mod tests {
    use anpu::Probe;
    use anpu::model::Notice;

    use super::super::store::tests::folder;
    use super::*;

    fn notebook(name: &str) -> State<Notebook> {
        State::from(Notebook::open(&folder(name)).unwrap())
    }

    fn draft(title: &str, text: &str, tags: &[&str]) -> Draft {
        let tags = tags.iter().map(|&tag| tag.to_owned()).collect();
        Draft { title: title.to_owned(), text: text.to_owned(), tags, created: None }
    }

    #[test]
    fn notes_are_read_as_people_write_them() {
        let text = "\u{feff}Milk\r\ntags: shop, #Home\r\n\r\ntwo litres\r\n---  \r\n\r\n## Call home\ntags are not here\n---\n";
        let expected = [draft("Milk", "two litres", &["home", "shop"]), draft("Call home", "tags are not here", &[])];
        assert_eq!(read(text).unwrap(), expected);
        assert_eq!(read("[link](a) is no JSON").unwrap()[0].title, "[link](a) is no JSON");
    }

    #[test]
    fn what_is_wrong_is_counted() {
        let wrong = [
            ("", "there is no note"),
            ("---\n---", "there is no note"),
            ("[]", "there is no note"),
            ("[{\"title\": 1}]", "note 1 of the text: "),
            ("[{\"title\": \"a\"}, {}]", "note 2 of the text: missing field `title`"),
            ("[{]", "not JSON"),
            ("a\n---\nb\ncreated: soon\n", "note 2 of the text: `created: soon` is no point in time"),
        ];
        for (text, expected) in wrong {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[tokio::test]
    async fn what_one_notebook_exports_another_imports() {
        let text = "one\n---\n\\---\n\ntags: none\n\n---\nlast".to_owned();
        let from = notebook("from");
        from.add(draft("First", &text, &["a", "b"])).unwrap();
        from.add(draft("Second", "", &[])).unwrap();
        from.add(draft("Third", "tags: x", &[])).unwrap();
        for format in [Format::Markdown, Format::Json] {
            let (exported, to) = (export_notes(format, None, from.clone()).unwrap(), notebook("to"));
            let at = to.clone();
            let import = move || import_notes(exported, at, Probe::new().cx());
            let Json(imported) = tokio::task::spawn_blocking(import).await.unwrap().unwrap();
            assert_eq!((imported.count, imported.ids.len()), (3, 3));
            let facts = |notebook: &Notebook| {
                let facts = |n: &std::sync::Arc<Note>| (n.title.clone(), n.text.clone(), n.tags.clone(), n.created);
                let mut notes: Vec<_> = notebook.all().iter().map(facts).collect();
                notes.sort();
                notes
            };
            assert_eq!(facts(&to), facts(&from), "{format:?}");
        }
    }

    fn many() -> String {
        (0..250).map(|n| format!("note {n}\n")).collect::<Vec<_>>().join("---\n")
    }

    #[tokio::test]
    async fn a_long_import_tells_how_far_it_is() {
        let (at, probe) = (notebook("far"), Probe::new().progress_token("p"));
        let cx = probe.cx();
        tokio::task::spawn_blocking(move || import_notes(many(), at, cx)).await.unwrap().unwrap();
        let told = probe.said().into_iter().filter_map(|notice| match notice {
            Notice::Progress(progress) => Some(progress.progress),
            _ => None,
        });
        let told: Vec<_> = told.collect();
        assert!(told.is_sorted() && told.len() <= 101 && told.last() == Some(&250.0), "{told:?}");
    }

    #[tokio::test]
    async fn a_cancelled_import_adds_nothing() {
        let (at, probe) = (notebook("cancelled"), Probe::new());
        probe.cancel();
        let (cx, store) = (probe.cx(), at.clone());
        let error = tokio::task::spawn_blocking(move || import_notes(many(), store, cx)).await.unwrap().unwrap_err();
        assert_eq!((error.kind(), at.all().len()), (ErrorKind::Cancelled, 0));
    }
}
