//! One check of one value. Whether a branch of a choice fits is remembered by node and place, so that nested choices
//! cost no more than (schemas × values); what is reported is bounded.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::{
    MOST_WRONGS, Wrong,
    compile::{Additional, Node},
    wording::{found_for, full, is_kind, listed, shown, step, unmet},
};

/// Deeper values are wrong. What came through the JSON reader is never that deep.
const DEEPEST: usize = 128;

pub(super) fn check(nodes: &[Node], root: usize, value: &Value) -> Vec<Wrong> {
    let mut run = Run { nodes, fits: HashMap::new(), under_way: HashSet::new() };
    let mut report = Report::default();
    run.visit(root, value, &mut report, 0);
    if report.more > 0 {
        let found = format!("and {} more", report.more);
        report.wrongs.push(Wrong { path: String::new(), expected: String::new(), found });
    }
    report.wrongs
}

struct Run<'a> {
    nodes: &'a [Node],
    fits: HashMap<(usize, usize), bool>,
    /// References that lead back to themselves on the same value, which JSON Schema calls undefined, end here.
    under_way: HashSet<(usize, usize)>,
}

#[derive(Default)]
struct Report {
    path: String,
    wrongs: Vec<Wrong>,
    more: usize,
    /// One line for each field, however many schemas it fails.
    seen: HashSet<String>,
    /// Only whether anything is wrong is asked, not what.
    verdict_only: bool,
    wrong: bool,
}

impl Report {
    fn add(&mut self, say: impl FnOnce() -> (String, String)) {
        self.wrong = true;
        if self.verdict_only {
            return;
        }
        if self.wrongs.len() >= MOST_WRONGS {
            self.more += 1;
            return;
        }
        let path = if self.path.is_empty() { "arguments".to_owned() } else { self.path.clone() };
        if self.seen.insert(path.clone()) {
            let (expected, found) = say();
            self.wrongs.push(Wrong { path, expected, found });
        }
    }

    /// Whether there is nothing left to learn.
    fn is_settled(&self) -> bool {
        self.verdict_only && self.wrong
    }

    fn within(&mut self, step: &str, visit: impl FnOnce(&mut Self)) {
        if self.is_settled() {
            return;
        }
        let length = self.path.len();
        self.path.push_str(if length == 0 { step.strip_prefix('.').unwrap_or(step) } else { step });
        visit(self);
        self.path.truncate(length);
    }
}

impl Run<'_> {
    fn fits(&mut self, node: usize, value: &Value, depth: usize) -> bool {
        let place = (node, std::ptr::from_ref(value).addr());
        if let Some(known) = self.fits.get(&place) {
            return *known;
        }
        let mut report = Report { verdict_only: true, ..Report::default() };
        self.visit(node, value, &mut report, depth);
        let fits = !report.wrong;
        self.fits.insert(place, fits);
        fits
    }

    fn visit(&mut self, number: usize, value: &Value, report: &mut Report, depth: usize) {
        let place = (number, std::ptr::from_ref(value).addr());
        if report.is_settled() || self.fits.get(&place) == Some(&true) || !self.under_way.insert(place) {
            return;
        }
        let nodes = self.nodes;
        let node = &nodes[number];
        if depth > DEEPEST {
            report.add(|| (format!("at most {DEEPEST} levels"), "more".to_owned()));
        } else if let Some(expected) = unmet(node, value) {
            report.add(|| (expected, found_for(node, value)));
        } else {
            match value {
                Value::Object(members) => self.members(node, members, report, depth),
                Value::Array(items) => self.items(node, items, report, depth),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
            for part in &node.all_of {
                self.visit(*part, value, report, depth);
            }
            self.choice(&node.any_of, value, report, depth);
            self.choice(&node.one_of, value, report, depth);
            if node.one_of.iter().filter(|branch| self.fits(**branch, value, depth)).count() > 1 {
                report.add(|| ("a value that only one of the variants takes".to_owned(), shown(value)));
            }
        }
        self.under_way.remove(&place);
    }

    fn members(&mut self, node: &Node, members: &Map<String, Value>, report: &mut Report, depth: usize) {
        for name in node.required.iter().filter(|name| !members.contains_key(*name)) {
            let expected = || match node.properties.get(name) {
                Some(node) => self.expectation(*node),
                None => "a value".to_owned(),
            };
            report.within(&step(name), |report| report.add(|| (expected(), "nothing".to_owned())));
        }
        for (name, member) in members {
            let schema = match (node.properties.get(name), &node.additional) {
                (Some(schema), _) | (None, Additional::Node(schema)) => *schema,
                (None, Additional::Any) => continue,
                (None, Additional::Never) => {
                    report.within(&step(name), |report| report.add(|| (only(node), shown(member))));
                    continue;
                }
            };
            if member.is_null() && !node.required.contains(name) && node.properties.contains_key(name) {
                continue;
            }
            report.within(&step(name), |report| self.visit(schema, member, report, depth + 1));
        }
    }

    fn items(&mut self, node: &Node, items: &[Value], report: &mut Report, depth: usize) {
        for (index, item) in items.iter().enumerate() {
            if let Some(schema) = node.places.get(index).or(node.items.as_ref()) {
                report.within(&format!("[{index}]"), |report| self.visit(*schema, item, report, depth + 1));
            }
        }
    }

    /// At least one branch must fit. If it is clear which one was meant, its own complaints are the helpful ones.
    fn choice(&mut self, branches: &[usize], value: &Value, report: &mut Report, depth: usize) {
        if branches.is_empty() || branches.iter().any(|branch| self.fits(*branch, value, depth)) {
            return;
        }
        if report.verdict_only {
            report.wrong = true;
            return;
        }
        let candidates: Vec<usize> = branches.iter().copied().filter(|node| self.takes_kind(*node, value, 0)).collect();
        if let Some((tag, names)) = self.tag(&candidates) {
            let found = value.get(&tag);
            let meant = found.and_then(|found| names.iter().position(|name| name == found));
            if let Some(meant) = meant {
                self.visit(candidates[meant], value, report, depth);
            } else {
                let names: Vec<String> = names.iter().map(Value::to_string).collect();
                let found = found.map_or_else(|| "nothing".to_owned(), shown);
                report.within(&step(&tag), |report| report.add(|| (format!("one of {}", listed(&names)), found)));
            }
        } else if let Some(meant) = self.meant(&candidates, value) {
            self.visit(meant, value, report, depth);
        } else {
            let told = self.expectations(branches);
            report.add(|| (told, shown(value)));
        }
    }

    /// The only branch for this kind of value, or the only one of which all required members are there.
    fn meant(&self, candidates: &[usize], value: &Value) -> Option<usize> {
        if let [only] = candidates[..] {
            return Some(only);
        }
        let complete = |node: &usize| {
            let required = &self.nodes[*node].required;
            !required.is_empty() && required.iter().all(|name| value.get(name).is_some())
        };
        let mut complete = candidates.iter().copied().filter(complete);
        complete.next().filter(|_| complete.next().is_none())
    }

    fn takes_kind(&self, node: usize, value: &Value, depth: usize) -> bool {
        let node = &self.nodes[node];
        let own = node.kinds.as_ref().is_none_or(|kinds| kinds.iter().any(|kind| is_kind(*kind, value)));
        own && (depth > 8 || node.all_of.iter().all(|part| self.takes_kind(*part, value, depth + 1)))
    }

    /// The member that tells several object branches apart, and its values.
    fn tag(&self, branches: &[usize]) -> Option<(String, Vec<Value>)> {
        let (first, rest) = branches.split_first().filter(|(_, rest)| !rest.is_empty())?;
        let constant = |branch: usize, name: &str| {
            let values = self.nodes[self.property(branch, name)?].values.as_ref()?;
            if values.len() == 1 { values.first().cloned() } else { None }
        };
        self.nodes[*first].required.iter().find_map(|name| {
            let mut values = vec![constant(*first, name)?];
            for branch in rest {
                values.push(constant(*branch, name)?);
            }
            Some((name.clone(), values))
        })
    }

    fn property(&self, branch: usize, name: &str) -> Option<usize> {
        self.nodes[branch].properties.get(name).copied()
    }

    /// The whole of what a schema asks of a value that is not there or of another kind.
    fn expectation(&self, node: usize) -> String {
        let mut node = &self.nodes[node];
        for _ in 0..8 {
            match node.all_of[..] {
                [target] if node.kinds.is_none() => node = &self.nodes[target],
                _ => break,
            }
        }
        if node.any_of.is_empty() || node.kinds.is_some() {
            return full(node);
        }
        self.expectations(&node.any_of)
    }

    fn expectations(&self, branches: &[usize]) -> String {
        let mut told: Vec<String> = Vec::new();
        for branch in branches {
            let branch = &self.nodes[*branch];
            // A branch that is a reference says what its target says.
            let target = branch.all_of.first().filter(|_| branch.kinds.is_none()).map(|target| &self.nodes[*target]);
            let text = full(target.unwrap_or(branch));
            if !told.contains(&text) {
                told.push(text);
            }
        }
        told.join(", or ")
    }
}

fn only(node: &Node) -> String {
    let known: Vec<String> = node.properties.keys().map(|name| format!("`{name}`")).collect();
    if known.is_empty() { "no such member".to_owned() } else { format!("no member but {}", listed(&known)) }
}
