//! Finding notes again: by words, by tag, and the tags themselves. Knows no file and no protocol.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::note::Note;

/// The notes that have all these words, the best first; among equals the order stays.
pub(super) fn matching(notes: Vec<Arc<Note>>, query: &str) -> Vec<Arc<Note>> {
    let words: Vec<String> = query.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let mut found: Vec<(u32, Arc<Note>)> =
        notes.into_iter().filter_map(|note| Some((weight(&note, &words)?, note))).collect();
    found.sort_by_key(|(weight, _)| Reverse(*weight));
    found.into_iter().map(|(_, note)| note).collect()
}

/// The notes with this tag; without a tag, all of them.
pub(super) fn tagged(mut notes: Vec<Arc<Note>>, tag: Option<&str>) -> Vec<Arc<Note>> {
    notes.retain(|note| tag.is_none_or(|tag| note.has_tag(tag)));
    notes
}

/// Every tag and how many notes have it, the most used first.
pub(super) fn tags(notes: &[Arc<Note>]) -> Vec<(String, usize)> {
    let mut counts = BTreeMap::<&str, usize>::new();
    for tag in notes.iter().flat_map(|note| &note.tags) {
        *counts.entry(tag).or_default() += 1;
    }
    let mut tags: Vec<_> = counts.into_iter().map(|(tag, count)| (tag.to_owned(), count)).collect();
    tags.sort_by_key(|(_, count)| Reverse(*count));
    tags
}

/// The line of a text that has one of these words, or its first; cut to what fits a list.
pub(super) fn excerpt(note: &Note, query: &str) -> String {
    const MOST: usize = 160;
    let words: Vec<String> = query.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let has_word = |line: &&str| words.iter().any(|word| line.to_lowercase().contains(word));
    let line = note.text.lines().find(has_word).or_else(|| note.text.lines().next()).unwrap_or_default().trim();
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line.to_owned(),
    }
}

/// How well a note has all the words: in the title, in a tag, in the text. None if it lacks one.
fn weight(note: &Note, words: &[String]) -> Option<u32> {
    let (title, text) = (note.title.to_lowercase(), note.text.to_lowercase());
    words.iter().try_fold(0, |sum, word| {
        let tagged = note.tags.iter().any(|tag| tag.contains(word.trim_start_matches('#')));
        let weight = 4 * u32::from(title.contains(word)) + 2 * u32::from(tagged) + u32::from(text.contains(word));
        (weight > 0).then_some(sum + weight)
    })
}

#[cfg(test)]
mod tests {
    use super::super::note::Draft;
    use super::*;

    fn notes() -> Vec<Arc<Note>> {
        let drafts = [
            ("Groceries", "milk\nbread and BUTTER", "shopping"),
            ("Milk prices", "rising", "news"),
            ("Holiday", "bring nothing", "travel"),
        ];
        let notes = drafts.iter().zip(1..).map(|((title, text, tag), number)| {
            let (title, text, tags) = ((*title).to_owned(), (*text).to_owned(), vec![(*tag).to_owned()]);
            Arc::new(Draft { title, text, tags, created: None }.into_note(number))
        });
        notes.collect()
    }

    fn found(query: &str) -> Vec<String> {
        matching(notes(), query).iter().map(|note| note.title.clone()).collect()
    }

    #[test]
    fn all_words_have_to_be_there_and_the_title_weighs_most() {
        assert_eq!(found("MILK"), ["Milk prices", "Groceries"]);
        assert_eq!(found("butter milk"), ["Groceries"]);
        assert_eq!(found("#travel"), ["Holiday"]);
        assert_eq!(found("milk holiday"), [""; 0]);
        assert_eq!(found("").len(), 3);
    }

    #[test]
    fn tags_are_counted() {
        assert_eq!(tagged(notes(), Some("#Shopping")).len(), 1);
        assert_eq!(tagged(notes(), None).len(), 3);
        let twice = [notes(), tagged(notes(), Some("travel"))].concat();
        assert_eq!(tags(&twice)[0], ("travel".to_owned(), 2));
    }

    #[test]
    fn an_excerpt_is_the_line_that_was_looked_for() {
        let notes = notes();
        assert_eq!(excerpt(&notes[0], "butter"), "bread and BUTTER");
        assert_eq!(excerpt(&notes[0], "shopping"), "milk");
        let long = Note { text: "é".repeat(500), ..Note::clone(&notes[0]) };
        assert_eq!(excerpt(&long, "").chars().count(), 161);
    }
}
