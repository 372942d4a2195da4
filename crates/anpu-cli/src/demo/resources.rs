//! The notes as resources: each by its id, and the list of them all.

use anpu::prelude::*;

use super::search;
use super::store::Notebook;

/// The URI of the list.
pub(super) const INDEX: &str = "notes:///index";

pub(super) fn components() -> Components {
    components![note, index]
}

/// A note, as markdown.
#[resource("note:///{id}", title = "Note", mime = "text/markdown")]
fn note(#[complete(ids)] id: String, notebook: State<Notebook>) -> Result<String> {
    Ok(notebook.get(&id)?.markdown())
}

/// All notes, those changed last first, and the tags in use.
#[resource("notes:///index", title = "All notes", mime = "text/markdown")]
fn index(notebook: State<Notebook>) -> String {
    let notes = notebook.all();
    if notes.is_empty() {
        return "# Notes\n\nThere are no notes yet.\n".to_owned();
    }
    let mut page = format!("# Notes ({})\n\n", notes.len());
    for note in &notes {
        let tags: String = note.tags.iter().map(|tag| format!(" #{tag}")).collect();
        page.push_str(&format!("- [{}]({}){tags}\n", note.title, note.uri()));
    }
    let tags: Vec<String> = search::tags(&notes).iter().map(|(tag, count)| format!("#{tag} ({count})")).collect();
    if !tags.is_empty() {
        page.push_str(&format!("\ntags: {}\n", tags.join(", ")));
    }
    page
}

/// The ids that begin with what is typed, then those of notes that have it in the middle of an id or in the title.
pub(super) async fn ids(asked: Completing) -> Result<Vec<String>> {
    let notes = State::<Notebook>::from_cx(&asked.cx).await?.all();
    let typed = asked.value.trim().to_lowercase();
    let (first, rest): (Vec<_>, Vec<_>) = notes.iter().partition(|note| note.id.starts_with(&typed));
    let near = rest.into_iter().filter(|note| note.id.contains(&typed) || note.title.to_lowercase().contains(&typed));
    Ok(first.into_iter().chain(near).map(|note| note.id.clone()).collect())
}

#[cfg(test)]
mod tests {
    use anpu::Probe;

    use super::super::store::tests::{draft, folder};
    use super::*;

    #[test]
    fn the_index_lists_notes_and_tags() {
        let notebook = Notebook::open(&folder("index")).unwrap();
        assert!(index(State::from(Notebook::open(&folder("none")).unwrap())).contains("no notes yet"));
        let mut tagged = draft("Buy milk");
        tagged.tags = vec!["shop".to_owned()];
        notebook.add(tagged).unwrap();
        notebook.add(draft("Call home")).unwrap();
        let page = index(State::from(notebook));
        assert!(page.contains("- [Buy milk](note:///buy-milk-1) #shop\n"), "{page}");
        assert!(
            page.contains("- [Call home](note:///call-home-2)\n") && page.contains("\ntags: #shop (1)\n"),
            "{page}"
        );
    }

    #[tokio::test]
    async fn ids_are_completed_by_their_beginning_and_by_the_title() {
        let notebook = Notebook::open(&folder("ids")).unwrap();
        for title in ["Buy milk", "Milk prices", "Other"] {
            notebook.add(draft(title)).unwrap();
        }
        let mut asked = Completing::test("id", "milk");
        asked.cx = Probe::new().state(notebook).cx();
        assert_eq!(ids(asked).await.unwrap(), ["milk-prices-2", "buy-milk-1"]);
    }
}
