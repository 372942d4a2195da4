//! The server's own components, copy-on-write: readers never wait, and a change is seen whole or not at all.

use std::sync::{Arc, PoisonError, RwLock};

use anpu_proto::model::{Meta, Notice};
use indexmap::IndexMap;

use super::components::Kind;
use super::{Component, Components, PromptEntry, ResourceEntry, TemplateEntry, ToolEntry, Vars};

/// The components as they are at one moment, in the order they were added.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf {
    /// Grows with every change.
    pub(crate) generation: u64,
    pub(crate) tools: IndexMap<Box<str>, Arc<ToolEntry>>,
    pub(crate) prompts: IndexMap<Box<str>, Arc<PromptEntry>>,
    pub(crate) resources: IndexMap<Box<str>, Arc<ResourceEntry>>,
    pub(crate) templates: IndexMap<Box<str>, Arc<TemplateEntry>>,
    /// What was ever there: who was told of a list may ask for it though it is empty by now.
    pub(crate) ever: Touched,
}

/// Which lists a change touched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    pub(crate) tools: bool,
    pub(crate) prompts: bool,
    pub(crate) resources: bool,
}

impl Touched {
    /// What clients are told of it.
    pub(crate) fn notices(self) -> impl Iterator<Item = Notice> {
        let tools = self.tools.then(|| Notice::ToolListChanged(Meta::absent()));
        let prompts = self.prompts.then(|| Notice::PromptListChanged(Meta::absent()));
        let resources = self.resources.then(|| Notice::ResourceListChanged(Meta::absent()));
        tools.into_iter().chain(prompts).chain(resources)
    }
}

impl Shelf {
    /// Puts a component in; one with the same name (or URI) is replaced in its place. True if it was.
    pub(crate) fn put(&mut self, component: &Component, touched: &mut Touched) -> bool {
        match component.kind() {
            Kind::Tool(tool) => {
                (touched.tools, self.ever.tools) = (true, true);
                self.tools.insert(tool.spec.name.as_str().into(), Arc::clone(tool)).is_some()
            }
            Kind::Prompt(prompt) => {
                (touched.prompts, self.ever.prompts) = (true, true);
                self.prompts.insert(prompt.spec.name.as_str().into(), Arc::clone(prompt)).is_some()
            }
            Kind::Resource(resource) => {
                (touched.resources, self.ever.resources) = (true, true);
                self.resources.insert(resource.spec.uri.as_str().into(), Arc::clone(resource)).is_some()
            }
            Kind::Template(template) => {
                (touched.resources, self.ever.resources) = (true, true);
                let name = template.spec.uri_template.as_str().into();
                self.templates.insert(name, Arc::clone(template)).is_some()
            }
        }
    }

    /// Takes out every component of this name or URI.
    pub(crate) fn take(&mut self, name: &str, touched: &mut Touched) -> bool {
        let tools = self.tools.shift_remove(name).is_some();
        let prompts = self.prompts.shift_remove(name).is_some();
        let resources = self.resources.shift_remove(name).is_some() | self.templates.shift_remove(name).is_some();
        touched.tools |= tools;
        touched.prompts |= prompts;
        touched.resources |= resources;
        tools || prompts || resources
    }

    /// The template that this URI belongs to: of several, the most specific one.
    pub(crate) fn template(&self, uri: &str) -> Option<(&Arc<TemplateEntry>, Vars)> {
        let matching = self.templates.values().filter_map(|entry| Some((entry, entry.template.matches(uri)?)));
        let best = matching.max_by_key(|(entry, _)| entry.template.specificity());
        best.map(|(entry, found)| (entry, Vars::new(found)))
    }
}

/// The shelf that is in force, and how it is changed.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    shelf: RwLock<Arc<Shelf>>,
}

impl Catalog {
    pub(crate) fn new(shelf: Shelf) -> Self {
        Self { shelf: RwLock::new(Arc::new(shelf)) }
    }

    /// The components as they are now.
    pub(crate) fn now(&self) -> Arc<Shelf> {
        Arc::clone(&self.shelf.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts components in, all at once.
    pub(crate) fn insert(&self, components: &Components) -> Touched {
        self.change(|shelf, touched| {
            for component in components {
                shelf.put(component, touched);
            }
        })
    }

    /// Takes components out, by their names or URIs.
    pub(crate) fn remove(&self, names: &[&str]) -> Touched {
        self.change(|shelf, touched| {
            for name in names {
                shelf.take(name, touched);
            }
        })
    }

    /// Puts these in the place of all there were.
    pub(crate) fn replace_all(&self, components: &Components) -> Touched {
        self.change(|shelf, touched| {
            let old = std::mem::take(shelf);
            (shelf.generation, shelf.ever) = (old.generation, old.ever);
            *touched = Touched {
                tools: !old.tools.is_empty(),
                prompts: !old.prompts.is_empty(),
                resources: !(old.resources.is_empty() && old.templates.is_empty()),
            };
            for component in components {
                shelf.put(component, touched);
            }
        })
    }

    fn change(&self, change: impl FnOnce(&mut Shelf, &mut Touched)) -> Touched {
        let mut current = self.shelf.write().unwrap_or_else(PoisonError::into_inner);
        let mut shelf = Shelf::clone(&current);
        let mut touched = Touched::default();
        change(&mut shelf, &mut touched);
        shelf.generation += 1;
        *current = Arc::new(shelf);
        touched
    }
}
