//! The names that the uses of keys in one run have.

use std::collections::HashMap;

use crate::fault::Fault;

/// How often each key was used in one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(HashMap<Box<str>, u32>);

impl Names {
    /// The name of the next use of `key`, which may have `most` bytes. `what` is what the key is for.
    pub(super) fn next(&mut self, what: &str, key: &str, most: usize) -> Result<Box<str>, Fault> {
        if key.is_empty() || key.len() > most {
            let text = match key.len() {
                0 => format!("the handler gave an empty key to {what}; a key names it within the handler"),
                long => format!(
                    "the handler gave a key of {long} bytes to {what}, {most} are allowed; it begins with `{}`",
                    key.chars().take(32).collect::<String>().escape_debug()
                ),
            };
            return Err(Fault::Internal(text));
        }
        // Doubled, so that a single `#` only ever stands before a number.
        let escaped = key.replace('#', "##");
        let used = self.0.entry(key.into()).or_default();
        *used += 1;
        Ok(if *used == 1 { escaped } else { format!("{escaped}#{used}") }.into())
    }

    /// From the first use again.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_the_second_use_of_another() {
        let mut names = Names::default();
        let mut next = |key| names.next("a question", key, 128).unwrap();
        let given = ["a", "a", "a#2", "a", "a#2", "a#", "a#", "a##2", "#", "#"].map(&mut next);
        let told = ["a", "a#2", "a##2", "a#3", "a##2#2", "a##", "a###2", "a####2", "##", "###2"];
        assert_eq!(given.each_ref().map(|name| &**name), told);
    }

    #[test]
    fn a_bad_key_is_the_handlers_fault_and_is_told_short() {
        let mut names = Names::default();
        assert!(names.next("a question", "", 4).unwrap_err().message().contains("an empty key to a question"));
        let long = names.next("a question", &"é".repeat(1_000), 128).unwrap_err().message();
        assert!(long.contains("2000 bytes") && long.len() < 300, "{long}");
        names.next("a question", "éé", 4).unwrap();
        names.next("a question", "ééx", 4).unwrap_err();
    }
}
