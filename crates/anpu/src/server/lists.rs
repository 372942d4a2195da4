//! Lists: the server's own components page by page, written once a generation, then those of providers.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use anpu_proto::dialect::Dialect;
use anpu_proto::fault::Fault;
use anpu_proto::model::{
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, Reply, WrittenResult,
};
use serde_json::value::RawValue;

use super::core::Core;
use super::dispatch::fault_of;
use super::shelves::Shelves;
use crate::component::{Caching, Component, ComponentKind, Cursors, Kind, Place, page};
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
    texts: HashMap<Page, WrittenResult>,
}

/// What makes one written list different from another.
type Page = (ComponentKind, &'static str, Option<(Box<str>, usize)>);

/// Pages that are kept.
const MOST: usize = 256;

impl Lists {
    pub(crate) fn new(cursors: Cursors) -> Self {
        Self { written: Mutex::default(), cursors }
    }

    fn find(&self, generation: u64, page: &Page) -> Option<WrittenResult> {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        (written.generation == generation).then(|| written.texts.get(page).cloned())?
    }

    fn keep(&self, generation: u64, page: Page, text: WrittenResult) {
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

/// One page of a list.
pub(crate) async fn list(core: &Core, cx: &Cx, kind: ComponentKind, asked: Option<String>) -> Result<Reply, Fault> {
    let shelves = Shelves::of(core, cx);
    let dialect = cx.facts().dialect;
    match start(core, kind, asked.as_deref())? {
        Start::Own(after) => own(core, &shelves, dialect, kind, after.as_ref()),
        Start::Provider(number, after) => provided(core, cx, kind, number, after).await,
    }
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

fn own(
    core: &Core,
    shelves: &Shelves,
    dialect: &'static Dialect,
    kind: ComponentKind,
    after: Option<&Place>,
) -> Result<Reply, Fault> {
    let here = (kind, dialect.version, after.map(|place| (place.key.clone(), place.ordinal)));
    // What only one session has is not worth keeping.
    let generation = shelves.own.is_none().then_some(shelves.base.generation);
    if let Some(text) = generation.and_then(|generation| core.lists.find(generation, &here)) {
        return Ok(Reply::Written(text));
    }
    let size = core.limits.page;
    let more = |next: Option<Place>| match next {
        Some(place) => Some(core.lists.cursors.write(label(kind), &place)),
        None => (!core.mounts.is_empty()).then(|| provider_cursor(core, kind, 0, "")),
    };
    let mut reply = match kind {
        ComponentKind::Tool => {
            let (tools, next) =
                page(shelves.all(|shelf| &shelf.tools).map(|(key, entry)| (key, entry.spec_for(dialect))), after, size);
            Reply::ListTools(ListToolsResult::new(tools).next_cursor(more(next)))
        }
        ComponentKind::Prompt => {
            let (prompts, next) =
                page(shelves.all(|shelf| &shelf.prompts).map(|(key, entry)| (key, entry.spec.clone())), after, size);
            Reply::ListPrompts(ListPromptsResult::new(prompts).next_cursor(more(next)))
        }
        ComponentKind::Resource => {
            let (found, next) =
                page(shelves.all(|shelf| &shelf.resources).map(|(key, entry)| (key, entry.spec.clone())), after, size);
            Reply::ListResources(ListResourcesResult::new(found).next_cursor(more(next)))
        }
        ComponentKind::ResourceTemplate => {
            let (found, next) =
                page(shelves.all(|shelf| &shelf.templates).map(|(key, entry)| (key, entry.spec.clone())), after, size);
            Reply::ListResourceTemplates(ListResourceTemplatesResult::new(found).next_cursor(more(next)))
        }
    };
    core.caching.of_lists(&core.mounts).apply_to(&mut reply);
    let Some(generation) = generation else { return Ok(reply) };
    let mut text = Vec::new();
    core.write_reply(dialect, reply, &mut text)?;
    let text: WrittenResult = written(text)?.into();
    core.lists.keep(generation, here, text.clone());
    Ok(Reply::Written(text))
}

/// What a dialect wrote is JSON.
fn written(text: Vec<u8>) -> Result<Box<RawValue>, Fault> {
    let broken = |error: &dyn std::fmt::Display| Fault::Internal(format!("a list could not be written: {error}"));
    let text = String::from_utf8(text).map_err(|error| broken(&error))?;
    RawValue::from_string(text).map_err(|error| broken(&error))
}

async fn provided(
    core: &Core,
    cx: &Cx,
    kind: ComponentKind,
    number: usize,
    after: Option<String>,
) -> Result<Reply, Fault> {
    let mount = core.mounts.get(number).ok_or(Fault::InvalidCursor)?;
    let listing = mount.list(cx, kind, after.as_deref()).await.map_err(|error| fault_of(error, "a list"))?;
    let next = match listing.next {
        Some(rest) => Some(provider_cursor(core, kind, number, &rest)),
        None => (number + 1 < core.mounts.len()).then(|| provider_cursor(core, kind, number + 1, "")),
    };
    let dialect = cx.facts().dialect;
    let components: Vec<Component> = listing.components.into_iter().collect();
    let kinds = components.iter().map(Component::kind);
    let mut reply = match kind {
        ComponentKind::Tool => {
            let tools =
                kinds.filter_map(|kind| if let Kind::Tool(t) = kind { Some(t.spec_for(dialect)) } else { None });
            Reply::ListTools(ListToolsResult::new(tools.collect()).next_cursor(next))
        }
        ComponentKind::Prompt => {
            let prompts = kinds.filter_map(|kind| if let Kind::Prompt(p) = kind { Some(p.spec.clone()) } else { None });
            Reply::ListPrompts(ListPromptsResult::new(prompts.collect()).next_cursor(next))
        }
        ComponentKind::Resource => {
            let found = kinds.filter_map(|kind| if let Kind::Resource(r) = kind { Some(r.spec.clone()) } else { None });
            Reply::ListResources(ListResourcesResult::new(found.collect()).next_cursor(next))
        }
        ComponentKind::ResourceTemplate => {
            let found = kinds.filter_map(|kind| if let Kind::Template(t) = kind { Some(t.spec.clone()) } else { None });
            Reply::ListResourceTemplates(ListResourceTemplatesResult::new(found.collect()).next_cursor(next))
        }
    };
    let caching = listing.fresh.map_or_else(|| core.caching.of_lists(&core.mounts), Caching::private);
    caching.apply_to(&mut reply);
    Ok(reply)
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
