//! Components of every kind as one type, and lists of them.

use std::fmt;
use std::sync::Arc;

use anpu_proto::fault::Fault;
use anpu_proto::model::ReadResourceResult;

use super::prompt::PromptEntry;
use super::provider::ComponentKind;
use super::resource::ResourceEntry;
use super::resource_template::TemplateEntry;
use super::tool_entry::ToolEntry;
use super::vars::Vars;
use crate::error::{Error, Result};
use crate::handler::{BoxFuture, Cx, Needs};

/// A tool, prompt, resource or resource template with its handler: what a server is made of.
///
/// `Display` names it: "tool `add`".
///
/// ```
/// use anpu::{Component, Tool};
///
/// let ping: Component = Tool::new("ping").handler(|_| async { "pong" });
/// assert_eq!(ping.to_string(), "tool `ping`");
/// ```
#[derive(Clone)]
pub struct Component {
    kind: Kind,
    mistake: Option<Arc<str>>,
}

/// The kinds of components.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Tool(Arc<ToolEntry>),
    Prompt(Arc<PromptEntry>),
    Resource(Arc<ResourceEntry>),
    Template(Arc<TemplateEntry>),
}

impl Kind {
    /// The name, URI or URI template.
    pub(crate) fn key(&self) -> &str {
        match self {
            Self::Tool(tool) => &tool.spec.name,
            Self::Prompt(prompt) => &prompt.spec.name,
            Self::Resource(resource) => &resource.spec.uri,
            Self::Template(template) => &template.spec.uri_template,
        }
    }
}

impl Component {
    /// What the builders did not like is told when a server is made of it.
    pub(super) fn new(kind: Kind, mistakes: &[String]) -> Self {
        let mistake = (!mistakes.is_empty()).then(|| mistakes.join("; ").into());
        Self { kind, mistake }
    }

    pub(crate) fn of_prompt(entry: &Arc<PromptEntry>) -> Self {
        Self::new(Kind::Prompt(Arc::clone(entry)), &[])
    }

    pub(crate) fn of_resource(entry: &Arc<ResourceEntry>) -> Self {
        Self::new(Kind::Resource(Arc::clone(entry)), &[])
    }

    pub(crate) fn of_template(entry: &Arc<TemplateEntry>) -> Self {
        Self::new(Kind::Template(Arc::clone(entry)), &[])
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.kind
    }

    pub(crate) fn into_kind(self) -> Kind {
        self.kind
    }

    pub(crate) fn as_tool(&self) -> Option<&Arc<ToolEntry>> {
        if let Kind::Tool(tool) = &self.kind { Some(tool) } else { None }
    }

    pub(crate) fn as_prompt(&self) -> Option<&Arc<PromptEntry>> {
        if let Kind::Prompt(prompt) = &self.kind { Some(prompt) } else { None }
    }

    pub(crate) fn component_kind(&self) -> ComponentKind {
        match &self.kind {
            Kind::Tool(_) => ComponentKind::Tool,
            Kind::Prompt(_) => ComponentKind::Prompt,
            Kind::Resource(_) => ComponentKind::Resource,
            Kind::Template(_) => ComponentKind::ResourceTemplate,
        }
    }

    /// Its name, URI or URI template.
    pub(crate) fn key(&self) -> &str {
        self.kind.key()
    }

    /// Whether this is what is meant by a name or a URI; a template also means every URI that matches.
    pub(crate) fn answers_to(&self, name: &str) -> bool {
        self.key() == name
            || matches!(&self.kind, Kind::Template(template) if template.template.matches(name).is_some())
    }

    /// The contents of a URI, if this is the resource or the template for it.
    pub(crate) fn read(&self, uri: &str, cx: &Cx) -> Option<BoxFuture<'static, Result<ReadResourceResult, Fault>>> {
        match &self.kind {
            Kind::Resource(resource) => (resource.spec.uri == uri).then(|| resource.read(uri, cx)),
            Kind::Template(template) => {
                let vars = template.template.matches(uri)?;
                Some(template.read(uri, Vars::new(vars), cx))
            }
            Kind::Tool(_) | Kind::Prompt(_) => None,
        }
    }

    /// The same tool or prompt under `prefix_name`; resources have URIs, which are nobody's to rename.
    pub(crate) fn prefixed(self, prefix: &str) -> Self {
        let kind = match self.kind {
            Kind::Tool(tool) => {
                let mut tool = Arc::unwrap_or_clone(tool);
                tool.spec.name = format!("{prefix}_{}", tool.spec.name);
                Kind::Tool(Arc::new(tool))
            }
            Kind::Prompt(prompt) => {
                let mut prompt = Arc::unwrap_or_clone(prompt);
                prompt.spec.name = format!("{prefix}_{}", prompt.spec.name);
                Kind::Prompt(Arc::new(prompt))
            }
            unnamed => unnamed,
        };
        Self { kind, mistake: self.mistake }
    }

    /// Whether it was made rightly.
    pub(crate) fn check(&self) -> Result {
        match &self.mistake {
            Some(mistake) => Err(Error::config(format!("{self}: {mistake}"))),
            None => Ok(()),
        }
    }

    /// Adds what its handler needs of the server.
    pub(crate) fn needs(&self, needs: &mut Needs) {
        let own = match &self.kind {
            Kind::Tool(tool) => &tool.needs,
            Kind::Prompt(prompt) => &prompt.needs,
            Kind::Resource(resource) => &resource.needs,
            Kind::Template(template) => &template.needs,
        };
        needs.extend(own);
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.kind {
            Kind::Tool(_) => "tool",
            Kind::Prompt(_) => "prompt",
            Kind::Resource(_) => "resource",
            Kind::Template(_) => "resource template",
        };
        write!(f, "{kind} `{}`", self.key())
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Component({self})")
    }
}

/// A list of components, in the order in which clients see them.
///
/// ```
/// use anpu::{Components, Tool};
///
/// let tools = ["north", "south"].map(|way| Tool::new(way).handler(move |_| async move { way }));
/// let components = Components::from(tools);
/// assert_eq!(components.len(), 2);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Components(Vec<Component>);

impl Components {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The components.
    pub fn iter(&self) -> std::slice::Iter<'_, Component> {
        self.0.iter()
    }
}

impl From<Component> for Components {
    fn from(component: Component) -> Self {
        Self(vec![component])
    }
}

impl From<Vec<Component>> for Components {
    fn from(components: Vec<Component>) -> Self {
        Self(components)
    }
}

impl<const N: usize> From<[Component; N]> for Components {
    fn from(components: [Component; N]) -> Self {
        Self(components.into())
    }
}

impl FromIterator<Component> for Components {
    fn from_iter<I: IntoIterator<Item = Component>>(components: I) -> Self {
        Self(components.into_iter().collect())
    }
}

impl Extend<Component> for Components {
    fn extend<I: IntoIterator<Item = Component>>(&mut self, components: I) {
        self.0.extend(components);
    }
}

impl IntoIterator for Components {
    type Item = Component;
    type IntoIter = std::vec::IntoIter<Component>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Components {
    type Item = &'a Component;
    type IntoIter = std::slice::Iter<'a, Component>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// A type that stands for a component: what `#[tool]`, `#[prompt]` and `#[resource]` make beside the function, and what
/// [`components!`](crate::components) takes.
///
/// ```
/// use anpu::{Component, Described, Tool, components};
///
/// struct Ping;
///
/// impl Described for Ping {
///     fn component() -> Component { Tool::new("ping").handler(|_| async { "pong" }) }
/// }
///
/// assert_eq!(components![Ping].len(), 1);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a component",
    label = "no component of this name",
    note = "put `#[tool]`, `#[prompt]` or `#[resource]` on the function, and name the function here"
)]
pub trait Described {
    /// The component.
    fn component() -> Component;
}

/// The components of these names: functions under `#[tool]`, `#[prompt]` or `#[resource]`, by their paths.
///
/// ```
/// # mod cart {
/// #     use anpu::{Component, Described, Tool};
/// #     pub struct add_to_cart;
/// #     impl Described for add_to_cart {
/// #         fn component() -> Component { Tool::new("add_to_cart").handler(|_| async { "added" }) }
/// #     }
/// # }
/// let components = anpu::components![cart::add_to_cart];
/// assert_eq!(components.len(), 1);
/// ```
#[macro_export]
macro_rules! components {
    ($($component:path),* $(,)?) => {
        $crate::Components::from([$(<$component as $crate::Described>::component()),*])
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::{Prompt, Resource, ResourceTemplate, Tool};
    use crate::error::ErrorKind;
    use crate::handler::{Extension, State};

    fn every_kind() -> Components {
        Components::from([
            Tool::new("t").handler(|_| async { "t" }),
            Prompt::new("p").handler(|_, _| async { "p" }),
            Resource::new("a:b").handler(|_| async { "r" }),
            ResourceTemplate::new("a:c/{d}").handler(|_, _| async { "x" }),
        ])
    }

    #[test]
    fn a_component_is_named_in_messages() {
        let names: Vec<String> = every_kind().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["tool `t`", "prompt `p`", "resource `a:b`", "resource template `a:c/{d}`"]);
    }

    #[test]
    fn a_mistake_waits_until_the_server_is_built() {
        assert!(every_kind().iter().all(|component| component.check().is_ok()));
        let error = Tool::new("no spaces").handler(|_| async { "t" }).check().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().starts_with("tool `no spaces`: "), "{error}");
    }

    #[test]
    fn a_prefix_is_for_names_and_not_for_uris() {
        let names: Vec<String> =
            every_kind().into_iter().map(|component| component.prefixed("x").key().to_owned()).collect();
        assert_eq!(names, ["x_t", "x_p", "a:b", "a:c/{d}"]);
    }

    #[test]
    fn a_template_answers_to_its_uris() {
        let template = ResourceTemplate::new("a:c/{d}").handler(|_, _| async { "x" });
        assert!(template.answers_to("a:c/7") && template.answers_to("a:c/{d}") && !template.answers_to("a:d/7"));
        assert!(template.read("a:d/7", &Cx::test()).is_none());
    }

    #[test]
    fn needs_are_collected() {
        let tool = Tool::new("t").requires::<State<u8>>().requires::<Extension<u8>>().handler(|_| async { "t" });
        let mut needs = Needs::default();
        tool.needs(&mut needs);
        assert_eq!(needs.states.len(), 1);
    }
}
