//! The notes as resources: each by its id, and the list of them all.

use anpu::prelude::*;
use anpu::{Component, ComponentKind, Error, Listing, Provider, Resource};

use super::note::Note;
use super::search;
use super::store::Notebook;

/// The URI of the list.
pub(super) const INDEX: &str = "notes:///index";

/// Notes on one page of the list of resources.
const PAGE: usize = 1000;

pub(super) fn components() -> Components {
    components![note, index]
}

/// The notes one by one in the list of resources, where people pick them; the template reads them.
pub(super) struct Listed;

impl Provider for Listed {
    async fn list(&self, cx: &Cx, kind: ComponentKind, after: Option<&str>) -> Result<Listing> {
        if kind != ComponentKind::Resource {
            return Ok(Listing::default());
        }
        let mut notes = State::<Notebook>::from_cx(cx).await?.all();
        notes.sort_by(|a, b| a.id.cmp(&b.id));
        let from = after.map_or(0, |after| notes.partition_point(|note| note.id.as_str() <= after));
        let page = &notes[from..notes.len().min(from + PAGE)];
        let next = page.last().filter(|_| from + PAGE < notes.len()).map(|note| note.id.clone());
        let components: Components = page.iter().map(|note| listed(note)).collect();
        Ok(Listing { next, ..components.into() })
    }

    async fn get(&self, _: &Cx, _: ComponentKind, _: &str) -> Result<Option<Component>> {
        Ok(None)
    }
}

fn listed(note: &Note) -> Component {
    let resource = Resource::new(note.uri()).name(&note.id).title(&note.title).mime("text/markdown");
    let id = note.id.clone();
    resource.handler(move |cx| {
        let id = id.clone();
        async move { Ok::<_, Error>(State::<Notebook>::from_cx(&cx).await?.get(&id)?.markdown()) }
    })
}

/// Tells whoever lists the notes that there are others now, or that they are called otherwise.
pub(super) fn list_changed(cx: &Cx) {
    if let Some(server) = cx.server() {
        server.resources_changed();
    }
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
    async fn all_notes_are_listed_page_by_page() {
        let notebook = Notebook::open(&folder("listed")).unwrap();
        let all = notebook.add_all((0..=PAGE).map(|n| draft(&format!("Note {n}"))).collect(), |_| true);
        let mut all: Vec<_> = all.unwrap().unwrap().iter().map(|note| listed(note).to_string()).collect();
        all.sort();
        let (cx, mut found, mut after) = (Probe::new().state(notebook).cx(), Vec::new(), None);
        loop {
            let page = Listed.list(&cx, ComponentKind::Resource, after.as_deref()).await.unwrap();
            found.extend(page.components.into_iter().map(|component| component.to_string()));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        found.sort();
        assert_eq!(found, all);
        let tools = Listed.list(&cx, ComponentKind::Tool, None).await.unwrap();
        assert_eq!(tools.components.into_iter().count(), 0);
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
