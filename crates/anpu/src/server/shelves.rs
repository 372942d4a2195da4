//! The components one request sees: the server's own, and those of its session.

use std::sync::Arc;

use super::core::Core;
use super::exchange::Exchange;
use super::session::Session;
use crate::component::{
    Catalog, ComponentKind, Components, PromptEntry, ResourceEntry, Shelf, TemplateEntry, ToolEntry, Touched, Vars,
};
use crate::error::Result;
use crate::handler::Cx;

/// The components one request sees, as they are now. What a session has of its own comes first in look-ups and last in
/// lists, where it stands in the place of a server's component of the same name.
pub(crate) struct Shelves {
    pub(crate) base: Arc<Shelf>,
    pub(crate) own: Option<Arc<Shelf>>,
}

impl Shelves {
    pub(crate) fn of(core: &Core, cx: &Cx) -> Self {
        let exchange = cx.port().as_any().downcast_ref::<Exchange>();
        let own = exchange.and_then(Exchange::session).and_then(|session| session.components());
        Self { base: core.catalog.now(), own: own.map(Catalog::now) }
    }

    pub(crate) fn tool(&self, name: &str) -> Option<Arc<ToolEntry>> {
        self.find(|shelf| shelf.tools.get(name).cloned())
    }

    pub(crate) fn prompt(&self, name: &str) -> Option<Arc<PromptEntry>> {
        self.find(|shelf| shelf.prompts.get(name).cloned())
    }

    pub(crate) fn resource(&self, uri: &str) -> Option<Arc<ResourceEntry>> {
        self.find(|shelf| shelf.resources.get(uri).cloned())
    }

    pub(crate) fn template_named(&self, uri_template: &str) -> Option<Arc<TemplateEntry>> {
        self.find(|shelf| shelf.templates.get(uri_template).cloned())
    }

    /// The template that this URI belongs to.
    pub(crate) fn template(&self, uri: &str) -> Option<(Arc<TemplateEntry>, Vars)> {
        self.find(|shelf| shelf.template(uri).map(|(entry, vars)| (Arc::clone(entry), vars)))
    }

    /// All components of a kind, in their order.
    pub(crate) fn all<'a, T>(
        &'a self,
        of: impl Fn(&'a Shelf) -> &'a indexmap::IndexMap<Box<str>, Arc<T>> + Copy + 'a,
    ) -> impl Iterator<Item = (&'a str, &'a Arc<T>)> + Clone
    where
        T: 'a,
    {
        let own = self.own.as_deref().map(of);
        let base = of(&self.base).iter().filter(move |(key, _)| own.is_none_or(|own| !own.contains_key(*key)));
        base.chain(own.into_iter().flatten()).map(|(key, entry)| (&**key, entry))
    }

    /// Whether one of them is this, by name, URI or URI template.
    pub(crate) fn has(&self, kind: ComponentKind, key: &str) -> bool {
        self.any(|shelf| match kind {
            ComponentKind::Tool => shelf.tools.contains_key(key),
            ComponentKind::Prompt => shelf.prompts.contains_key(key),
            ComponentKind::Resource => shelf.resources.contains_key(key),
            ComponentKind::ResourceTemplate => shelf.templates.contains_key(key),
        })
    }

    /// Whether any of them satisfies this.
    pub(crate) fn any(&self, is: impl Fn(&Shelf) -> bool) -> bool {
        is(&self.base) || self.own.as_deref().is_some_and(is)
    }

    fn find<T>(&self, get: impl Fn(&Shelf) -> Option<T>) -> Option<T> {
        self.own.as_deref().and_then(&get).or_else(|| get(&self.base))
    }
}

impl Cx {
    /// Adds components for this session only, or replaces those of the same name; its client is told which lists
    /// changed. They end with the session.
    ///
    /// ```
    /// use anpu::prelude::*;
    ///
    /// /// Only for those who know the word.
    /// #[tool]
    /// async fn secret() -> &'static str { "42" }
    ///
    /// /// Say the word.
    /// #[tool]
    /// async fn unlock(word: String, cx: Cx) -> Result<&'static str> {
    ///     if word != "please" { return Err(refused("that is not the word")) }
    ///     cx.add_components(components![secret])?;
    ///     Ok("there is a new tool for you")
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// A component that was made wrongly, or whose state the server does not have; or there is no session.
    pub fn add_components(&self, components: impl Into<Components>) -> Result {
        let components = components.into();
        let session = self.session()?;
        let states = &session.core.states;
        (&components).into_iter().try_for_each(|component| super::builder::check(component, states))?;
        let touched = session.own_components().insert(&components);
        session.changed(touched);
        Ok(())
    }

    /// Removes components of this session by their names or URIs; the server's own stay.
    ///
    /// # Errors
    ///
    /// There is no session.
    pub fn remove_components(&self, names: &[&str]) -> Result {
        let session = self.session()?;
        let touched = session.components().map_or_else(Touched::default, |own| own.remove(names));
        session.changed(touched);
        Ok(())
    }

    fn session(&self) -> Result<&Arc<Session>> {
        let missing = || crate::error::Error::config("there is no session here that could have components of its own");
        self.port().as_any().downcast_ref::<Exchange>().and_then(Exchange::session).ok_or_else(missing)
    }
}
