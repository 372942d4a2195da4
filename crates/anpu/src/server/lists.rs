//! Lists: the server's own components page by page, written once a generation, then those of providers.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anpu_proto::dialect::Dialect;
use anpu_proto::fault::Fault;
use anpu_proto::model::{
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, Reply, WrittenResult,
};
use serde_json::value::RawValue;

use super::core::Core;
use super::dispatch::fault_of;
use super::shelves::Shelves;
use crate::component::{Caching, Component, ComponentKind, Cursors, Kind, Listing, Place, page};
use crate::handler::Cx;

/// Lists that were written before. When the catalog changes, all of them are forgotten.
#[derive(Debug)]
pub(crate) struct Lists {
    written: Mutex<Written>,
    cursors: Cursors,
}

#[derive(Debug, Default)]
struct Written {
    generation: u64,
    texts: HashMap<Which, WrittenResult>,
}

/// What makes one written list different from another.
type Which = (ComponentKind, &'static str, Option<(Box<str>, usize)>);

/// Pages that are kept.
const MOST: usize = 256;

impl Lists {
    pub(crate) fn new(cursors: Cursors) -> Self {
        Self { written: Mutex::default(), cursors }
    }

    fn find(&self, generation: u64, page: &Which) -> Option<WrittenResult> {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        (written.generation == generation).then(|| written.texts.get(page).cloned())?
    }

    fn keep(&self, generation: u64, page: Which, text: WrittenResult) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.generation < generation || written.texts.len() >= MOST {
            *written = Written { generation, texts: HashMap::new() };
        }
        if written.generation == generation {
            written.texts.insert(page, text);
        }
    }
}

/// Where a page begins.
enum Start {
    /// In the server's own catalog, behind this key.
    Own(Option<Place>),
    /// In the provider of this number, at its own cursor.
    Provider(usize, Option<String>),
}

/// One page of a list: the server's own components, then those of its providers while there is room.
pub(crate) async fn list(core: &Core, cx: &Cx, kind: ComponentKind, asked: Option<String>) -> Result<Reply, Fault> {
    let shelves = Shelves::of(core, cx);
    let dialect = cx.facts().dialect;
    let mut page = Page { kind, items: Vec::new(), next: None, fresh: None };
    match start(core, kind, asked.as_deref())? {
        Start::Provider(number, after) => page.provided(core, cx, &shelves, number, after).await?,
        Start::Own(after) => {
            let here = (kind, dialect.version, after.as_ref().map(|place| (place.key.clone(), place.ordinal)));
            // What only one session has is not worth keeping.
            let generation = shelves.own.is_none().then_some(shelves.base.generation);
            if let Some(text) = generation.and_then(|generation| core.lists.find(generation, &here)) {
                return Ok(Reply::Written(text));
            }
            if page.own(core, &shelves, after.as_ref()) && !core.mounts.is_empty() {
                page.provided(core, cx, &shelves, 0, None).await?;
            } else if let Some(generation) = generation {
                let text = written(core, dialect, page.reply(core, dialect))?;
                core.lists.keep(generation, here, text.clone());
                return Ok(Reply::Written(text));
            }
        }
    }
    Ok(page.reply(core, dialect))
}

fn start(core: &Core, kind: ComponentKind, asked: Option<&str>) -> Result<Start, Fault> {
    let Some(asked) = asked else { return Ok(Start::Own(None)) };
    let cursors = &core.lists.cursors;
    if let Ok(place) = cursors.read(label(kind), asked) {
        return Ok(Start::Own(Some(place)));
    }
    let place = cursors.read(&of_providers(kind), asked).map_err(|_| Fault::InvalidCursor)?;
    Ok(Start::Provider(place.ordinal, (!place.key.is_empty()).then(|| place.key.into())))
}

/// A page that is being filled.
struct Page {
    kind: ComponentKind,
    items: Vec<Kind>,
    next: Option<String>,
    /// For how long all that is on it may be kept; none while nothing is.
    fresh: Option<Caching>,
}

impl Page {
    /// Takes the server's own components behind this place; true if these were the last.
    fn own(&mut self, core: &Core, shelves: &Shelves, after: Option<&Place>) -> bool {
        let size = core.limits.page;
        let (items, next) = match self.kind {
            ComponentKind::Tool => {
                let tools = shelves.all(|shelf| &shelf.tools);
                page(tools.map(|(key, entry)| (key, Kind::Tool(Arc::clone(entry)))), after, size)
            }
            ComponentKind::Prompt => {
                let prompts = shelves.all(|shelf| &shelf.prompts);
                page(prompts.map(|(key, entry)| (key, Kind::Prompt(Arc::clone(entry)))), after, size)
            }
            ComponentKind::Resource => {
                let resources = shelves.all(|shelf| &shelf.resources);
                page(resources.map(|(key, entry)| (key, Kind::Resource(Arc::clone(entry)))), after, size)
            }
            ComponentKind::ResourceTemplate => {
                let templates = shelves.all(|shelf| &shelf.templates);
                page(templates.map(|(key, entry)| (key, Kind::Template(Arc::clone(entry)))), after, size)
            }
        };
        self.items = items;
        if !self.items.is_empty() {
            self.fresh = Some(core.caching.of_lists(&core.mounts));
        }
        self.next = next.map(|place| core.lists.cursors.write(label(self.kind), &place));
        self.next.is_none()
    }

    /// Takes what the providers have, from this one on, one listing of each while there is room. A provider that has more
    /// of its own ends the page, and so does one that fails: what is on the page is not lost by that.
    async fn provided(
        &mut self,
        core: &Core,
        cx: &Cx,
        shelves: &Shelves,
        first: usize,
        mut after: Option<String>,
    ) -> Result<(), Fault> {
        for (number, mount) in core.mounts.iter().enumerate().skip(first) {
            if !self.items.is_empty() && self.items.len() >= core.limits.page {
                self.next = Some(provider_cursor(core, self.kind, number, ""));
                return Ok(());
            }
            let after = after.take();
            match mount.list(cx, self.kind, after.as_deref()).await {
                Ok(listing) => {
                    let rest = self.take(core, shelves, listing);
                    self.next = rest.map(|rest| provider_cursor(core, self.kind, number, &rest));
                }
                Err(error) if self.items.is_empty() => return Err(fault_of(error, "a list")),
                Err(error) => {
                    tracing::warn!(provider = number, error = ?error, "a provider failed, and its list is left for the next page");
                    self.next = Some(provider_cursor(core, self.kind, number, ""));
                    self.fresh = Some(Caching::private(Duration::ZERO));
                }
            }
            if self.next.is_some() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes a listing, without what the server has itself or an earlier provider put on the page, as that is what the name
    /// means; returns where the provider goes on.
    fn take(&mut self, core: &Core, shelves: &Shelves, listing: Listing) -> Option<String> {
        let offered = core.caching.of_lists(&core.mounts);
        let fresh = listing.fresh.map_or(offered, Caching::private);
        self.fresh = Some(self.fresh.map_or(fresh, |known| known.shorter(fresh)));
        let mut taken: HashSet<Box<str>> = self.items.iter().map(|item| item.key().into()).collect();
        let kind = self.kind;
        let wanted = listing.components.into_iter().filter(|component| component.component_kind() == kind);
        let new =
            wanted.filter(|component| !shelves.has(kind, component.key()) && taken.insert(component.key().into()));
        self.items.extend(new.map(Component::into_kind));
        listing.next
    }

    fn reply(self, core: &Core, dialect: &'static Dialect) -> Reply {
        let Self { kind, items, next, fresh } = self;
        let items = items.into_iter();
        let mut reply = match kind {
            ComponentKind::Tool => {
                let tools =
                    items.filter_map(|item| if let Kind::Tool(t) = item { Some(t.spec_for(dialect)) } else { None });
                Reply::ListTools(ListToolsResult::new(tools.collect()).next_cursor(next))
            }
            ComponentKind::Prompt => {
                let found =
                    items.filter_map(|item| if let Kind::Prompt(p) = item { Some(p.spec.clone()) } else { None });
                Reply::ListPrompts(ListPromptsResult::new(found.collect()).next_cursor(next))
            }
            ComponentKind::Resource => {
                let found =
                    items.filter_map(|item| if let Kind::Resource(r) = item { Some(r.spec.clone()) } else { None });
                Reply::ListResources(ListResourcesResult::new(found.collect()).next_cursor(next))
            }
            ComponentKind::ResourceTemplate => {
                let found =
                    items.filter_map(|item| if let Kind::Template(t) = item { Some(t.spec.clone()) } else { None });
                Reply::ListResourceTemplates(ListResourceTemplatesResult::new(found.collect()).next_cursor(next))
            }
        };
        fresh.unwrap_or_else(|| core.caching.of_lists(&core.mounts)).apply_to(&mut reply);
        reply
    }
}

fn written(core: &Core, dialect: &'static Dialect, reply: Reply) -> Result<WrittenResult, Fault> {
    let broken = |error: &dyn std::fmt::Display| Fault::Internal(format!("a list could not be written: {error}"));
    let mut text = Vec::new();
    core.write_reply(dialect, reply, &mut text)?;
    let text = String::from_utf8(text).map_err(|error| broken(&error))?;
    Ok(RawValue::from_string(text).map_err(|error| broken(&error))?.into())
}

fn label(kind: ComponentKind) -> &'static str {
    match kind {
        ComponentKind::Tool => "tools",
        ComponentKind::Prompt => "prompts",
        ComponentKind::Resource => "resources",
        ComponentKind::ResourceTemplate => "templates",
    }
}

/// Where a list goes on in the provider of this number, behind what that provider calls `after`.
fn provider_cursor(core: &Core, kind: ComponentKind, number: usize, after: &str) -> String {
    core.lists.cursors.write(&of_providers(kind), &Place { key: after.into(), ordinal: number })
}

fn of_providers(kind: ComponentKind) -> String {
    format!("{} of providers", label(kind))
}
