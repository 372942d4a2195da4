//! Components that come from somewhere else: a database, a tenant, another server.

use std::fmt;
use std::time::Duration;

use super::{Component, Components};
use crate::error::Result;
use crate::handler::{BoxFuture, Cx};

/// What a provider is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ComponentKind {
    /// Tools, by name.
    Tool,
    /// Prompts, by name.
    Prompt,
    /// Resources, by URI.
    Resource,
    /// Resource templates, by URI template in lists, and by the URI that one must match in look-ups.
    ResourceTemplate,
}

/// One page of a provider's components.
#[derive(Debug, Default)]
pub struct Listing {
    /// The components, in a stable order.
    pub components: Components,
    /// Where the next page begins, in the provider's own words; none if this was the last.
    pub next: Option<String>,
    /// For how long clients may keep this, for themselves; none if as long as the server says. A page that has more on it
    /// is fresh for as long as the shortest of it.
    pub fresh: Option<Duration>,
}

impl From<Components> for Listing {
    fn from(components: Components) -> Self {
        Self { components, ..Self::default() }
    }
}

/// A source of components beside the server's own catalog.
///
/// It is asked on every request, with the request at hand, so what it has may depend on who asks. The server's own
/// catalog comes first: in lists, and where two have the same name, of which the later one is not listed.
///
/// The last page of the server's own components goes on with the first listing of its first provider, and so on while
/// there are fewer on it than [`Limits::page`](crate::Limits::page), because many clients read the first page only. A
/// listing is not torn apart, and one that says where it goes on ends its page.
///
/// ```
/// use anpu::prelude::*;
/// use anpu::{Component, ComponentKind, Components, Listing, Provider, Tool};
///
/// /// Tools whose names are rows of a table.
/// struct Reports(Vec<String>);
///
/// impl Reports {
///     fn tool(name: &str) -> Component {
///         let answer = format!("the report {name}");
///         Tool::new(name).description("A report").handler(move |_| {
///             let answer = answer.clone();
///             async move { answer }
///         })
///     }
/// }
///
/// impl Provider for Reports {
///     async fn list(&self, _: &Cx, kind: ComponentKind, _: Option<&str>) -> Result<Listing> {
///         let tools = self.0.iter().filter(|_| kind == ComponentKind::Tool).map(|name| Self::tool(name));
///         Ok(Components::from_iter(tools).into())
///     }
///
///     async fn get(&self, _: &Cx, kind: ComponentKind, name: &str) -> Result<Option<Component>> {
///         let found = self.0.iter().find(|known| kind == ComponentKind::Tool && *known == name);
///         Ok(found.map(|name| Self::tool(name)))
///     }
/// }
///
/// let server = Server::new("reports", "1.0.0").provider(Reports(vec!["sales".into()]));
/// ```
pub trait Provider: Send + Sync + 'static {
    /// One page of the components of this kind; `after` is what the page before said comes `next`.
    ///
    /// # Errors
    ///
    /// The client's request fails with this error if there is nothing else on the page. Otherwise the page ends before
    /// this listing and leads to it, may not be kept, and the error is in the log.
    fn list(&self, cx: &Cx, kind: ComponentKind, after: Option<&str>) -> impl Future<Output = Result<Listing>> + Send;

    /// The component of this kind and name (or URI), if this provider has it.
    ///
    /// # Errors
    ///
    /// The client's request fails with this error.
    fn get(&self, cx: &Cx, kind: ComponentKind, name: &str) -> impl Future<Output = Result<Option<Component>>> + Send;
}

/// A fixed set of components is a provider, too; what it is nested under shows in their names.
impl Provider for Components {
    async fn list(&self, _: &Cx, kind: ComponentKind, _: Option<&str>) -> Result<Listing> {
        let wanted = self.into_iter().filter(|component| component.component_kind() == kind);
        Ok(wanted.cloned().collect::<Self>().into())
    }

    async fn get(&self, _: &Cx, kind: ComponentKind, name: &str) -> Result<Option<Component>> {
        let wanted = |component: &&Component| component.component_kind() == kind && component.answers_to(name);
        Ok(self.into_iter().find(wanted).cloned())
    }
}

/// The dyn twin of [`Provider`].
pub(crate) trait AnyProvider: Send + Sync {
    fn list<'a>(&'a self, cx: &'a Cx, kind: ComponentKind, after: Option<&'a str>) -> BoxFuture<'a, Result<Listing>>;
    fn get<'a>(&'a self, cx: &'a Cx, kind: ComponentKind, name: &'a str) -> BoxFuture<'a, Result<Option<Component>>>;
}

impl<P: Provider> AnyProvider for P {
    fn list<'a>(&'a self, cx: &'a Cx, kind: ComponentKind, after: Option<&'a str>) -> BoxFuture<'a, Result<Listing>> {
        Box::pin(Provider::list(self, cx, kind, after))
    }

    fn get<'a>(&'a self, cx: &'a Cx, kind: ComponentKind, name: &'a str) -> BoxFuture<'a, Result<Option<Component>>> {
        Box::pin(Provider::get(self, cx, kind, name))
    }
}

/// A provider and the prefix of its names: `github` makes `github_create_issue` of `create_issue`.
pub(crate) struct Mount {
    pub(crate) prefix: Option<Box<str>>,
    pub(crate) provider: Box<dyn AnyProvider>,
}

impl Mount {
    pub(crate) async fn list(&self, cx: &Cx, kind: ComponentKind, after: Option<&str>) -> Result<Listing> {
        let mut listing = self.provider.list(cx, kind, after).await?;
        if let Some(prefix) = &self.prefix {
            listing.components = listing.components.into_iter().map(|component| component.prefixed(prefix)).collect();
        }
        Ok(listing)
    }

    pub(crate) async fn get(&self, cx: &Cx, kind: ComponentKind, name: &str) -> Result<Option<Component>> {
        let by_name = matches!(kind, ComponentKind::Tool | ComponentKind::Prompt);
        match &self.prefix {
            Some(prefix) if by_name => {
                let own = name.strip_prefix(&**prefix).and_then(|rest| rest.strip_prefix('_'));
                let Some(own) = own else { return Ok(None) };
                let found = self.provider.get(cx, kind, own).await?;
                Ok(found.map(|component| component.prefixed(prefix)))
            }
            _ => self.provider.get(cx, kind, name).await,
        }
    }
}

impl fmt::Debug for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mount").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
