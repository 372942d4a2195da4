//! The names of the keys. What one script touches has one tag in braces, so that a cluster keeps it in one slot.

/// The names below one prefix.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    pub(super) prefix: String,
}

/// A list of sessions or tasks: where its records and its indexes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Sessions,
    Tasks,
}

impl List {
    fn tag(self) -> &'static str {
        match self {
            Self::Sessions => "{s}",
            Self::Tasks => "{t}",
        }
    }
}

impl Keys {
    /// What the keys of all records of this list begin with.
    pub(super) fn records(&self, list: List) -> String {
        format!("{}{}r:", self.prefix, list.tag())
    }

    /// One record.
    pub(super) fn record(&self, list: List, id: &str) -> String {
        self.records(list) + id
    }

    /// The index of all records in the order of the list.
    pub(super) fn order(&self, list: List) -> String {
        format!("{}{}a", self.prefix, list.tag())
    }

    /// The index of all records by their expiry. For sessions, this is the order of the list.
    pub(super) fn expiry(&self, list: List) -> String {
        match list {
            List::Sessions => self.order(list),
            List::Tasks => format!("{}{}x", self.prefix, list.tag()),
        }
    }

    /// What the keys of the owners' indexes in the order of the list begin with.
    pub(super) fn owners_order(&self, list: List) -> String {
        format!("{}{}o:", self.prefix, list.tag())
    }

    /// What the keys of the owners' indexes by expiry begin with.
    pub(super) fn owners_expiry(&self, list: List) -> String {
        match list {
            List::Sessions => self.owners_order(list),
            List::Tasks => format!("{}{}y:", self.prefix, list.tag()),
        }
    }

    /// A value.
    pub(super) fn value(&self, key: &str) -> String {
        format!("{}v:{key}", self.prefix)
    }

    /// The head, the events and the dropped positions of a log.
    pub(super) fn log(&self, log: &str) -> [String; 3] {
        ["h", "s", "d"].map(|part| format!("{}{{e:{log}}}{part}", self.prefix))
    }

    /// The head and the messages of the bus.
    pub(super) fn bus(&self) -> [String; 2] {
        ["h", "s"].map(|part| format!("{}{{b}}{part}", self.prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The part of a key that decides its slot, as the cluster specification has it.
    fn tag(key: &str) -> &str {
        let inside = key.split_once('{').and_then(|(_, rest)| rest.split_once('}'));
        inside.map(|(tag, _)| tag).filter(|tag| !tag.is_empty()).unwrap_or(key)
    }

    #[test]
    fn keys_of_one_script_share_a_slot() {
        let keys = Keys { prefix: "anpu:".to_owned() };
        for list in [List::Sessions, List::Tasks] {
            let owners = [keys.owners_order(list) + "}o{", keys.owners_expiry(list) + "}o{"];
            let all = [keys.record(list, "{a}"), keys.order(list), keys.expiry(list)];
            assert!(all.iter().chain(&owners).all(|key| tag(key) == tag(&all[1])), "{all:?} {owners:?}");
        }
        for log in ["a", "}", "{", "{}", "a}b{c}"] {
            let log = keys.log(log);
            assert!(log.iter().all(|key| tag(key) == tag(&log[0]) && tag(key) != key), "{log:?}");
        }
        assert_eq!(tag(&keys.bus()[0]), tag(&keys.bus()[1]));
    }
}
