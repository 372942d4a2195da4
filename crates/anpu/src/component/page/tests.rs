//! Cursors that are ours come back, others do not; pages neither repeat nor skip.

use proptest::prelude::*;

use super::{Cursors, InvalidCursor, Place, page};

fn place(key: &str, ordinal: usize) -> Place {
    Place { key: key.into(), ordinal }
}

fn take(items: &[&'static str], after: Option<&Place>, size: usize) -> (Vec<&'static str>, Option<Place>) {
    page(items.iter().map(|item| (*item, *item)), after, size)
}

#[test]
fn a_cursor_comes_back_as_its_place() {
    let cursors = Cursors::new((1, 2));
    for place in [place("", 0), place("add", 7), place("note:///ä b", usize::MAX)] {
        let cursor = cursors.write("tools/list", &place);
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{cursor}");
        assert_eq!(cursors.read("tools/list", &cursor), Ok(place));
    }
}

#[test]
fn a_cursor_of_another_list_or_process_is_invalid() {
    let cursors = Cursors::new((1, 2));
    let cursor = cursors.write("tools/list", &place("add", 7));
    assert_eq!(cursors.read("prompts/list", &cursor), Err(InvalidCursor));
    assert_eq!(Cursors::new((1, 3)).read("tools/list", &cursor), Err(InvalidCursor));
    assert_eq!(Cursors::new((3, 2)).read("tools/list", &cursor), Err(InvalidCursor));
    let mine = Cursors::random().expect("the system has randomness");
    assert_eq!(mine.read("tools/list", &cursor), Err(InvalidCursor));
}

#[test]
fn a_mangled_cursor_is_invalid() {
    let cursors = Cursors::new((1, 2));
    let cursor = cursors.write("tools/list", &place("add", 7));
    for at in 0..cursor.len() {
        let other = if &cursor[at..=at] == "A" { "B" } else { "A" };
        let mangled = format!("{}{other}{}", &cursor[..at], &cursor[at + 1..]);
        assert_eq!(cursors.read("tools/list", &mangled), Err(InvalidCursor), "{mangled}");
        assert_eq!(cursors.read("tools/list", &cursor[..at]), Err(InvalidCursor), "cut at {at}");
    }
    for odd in ["", "!", "AAAA", "next", &format!("{cursor}A"), &format!("{cursor}="), &"A".repeat(20_000)] {
        assert_eq!(cursors.read("tools/list", odd), Err(InvalidCursor), "{odd}");
    }
}

#[test]
fn the_key_of_the_kind_is_not_the_start_of_the_place() {
    let cursors = Cursors::new((1, 2));
    let cursor = cursors.write("ab", &place("c", 0));
    assert_eq!(cursors.read("a", &cursor), Err(InvalidCursor));
}

#[test]
fn pages_end_where_the_list_ends() {
    let items = ["a", "b", "c", "d"];
    let (first, next) = take(&items, None, 2);
    assert_eq!((first, next.clone()), (vec!["a", "b"], Some(place("b", 1))));
    assert_eq!(take(&items, next.as_ref(), 2), (vec!["c", "d"], None), "no empty last page");
    assert_eq!(take(&items, None, 10), (items.to_vec(), None));
    assert_eq!(take(&[], None, 10), (vec![], None));
    assert_eq!(take(&items, None, 0).0, ["a"], "a page has at least one item");
}

#[test]
fn changes_between_pages_neither_repeat_nor_skip() {
    let after = place("b", 1);
    let cases: [(&[&str], &[&str]); 6] = [
        (&["a", "b", "c", "d"], &["c", "d"]),
        (&["a", "c", "d"], &["c", "d"]),
        (&["b", "c", "d"], &["c", "d"]),
        (&["a", "b", "d"], &["d"]),
        (&["new", "a", "b", "c", "d"], &["c", "d"]),
        (&["a"], &[]),
    ];
    for (items, expected) in cases {
        assert_eq!(
            page(items.iter().map(|item| (*item, *item)), Some(&after), 9),
            (expected.to_vec(), None),
            "{items:?}"
        );
    }
    assert_eq!(take(&["a", "b"], Some(&place("gone", usize::MAX)), 1), (vec![], None));
}

proptest! {
    #[test]
    fn pages_make_up_the_list(count in 0_usize..40, size in 1_usize..9, removed in 0_usize..40) {
        let names: Vec<String> = (0..count).map(|n| format!("item{n}")).collect();
        let mut items: Vec<&str> = names.iter().map(String::as_str).collect();
        let (mut seen, mut next) = page(items.iter().map(|item| (*item, *item)), None, size);
        // One item goes after the first page.
        let gone = names.get(removed).map(String::as_str);
        items.retain(|item| Some(*item) != gone);
        while let Some(place) = next {
            let (more, then) = page(items.iter().map(|item| (*item, *item)), Some(&place), size);
            seen.extend(more);
            next = then;
        }
        let expected: Vec<&str> = names.iter().map(String::as_str)
            .filter(|item| Some(*item) != gone || removed < size).collect();
        prop_assert_eq!(seen, expected);
    }

    #[test]
    fn no_cursor_panics(cursor in any::<String>(), bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let cursors = Cursors::new((1, 2));
        prop_assert_eq!(cursors.read("tools/list", &cursor), Err(InvalidCursor));
        let cursor = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes);
        prop_assert_eq!(cursors.read("tools/list", &cursor), Err(InvalidCursor));
    }
}
