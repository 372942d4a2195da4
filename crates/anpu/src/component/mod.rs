//! Tools, prompts, resources: how they are described, what they take, and how they are run. Knows no server.

mod caching;
mod catalog;
mod check;
mod coerce;
mod completion;
mod components;
mod decode;
#[cfg(feature = "schema")]
mod dynamic;
mod mirror;
mod name;
mod page;
mod prompt;
mod provider;
mod resource;
mod resource_template;
mod schema;
mod session_argument;
mod template;
mod tool;
mod tool_entry;
mod vars;

pub use caching::Caching;
pub(crate) use catalog::{Catalog, Shelf, Touched};
pub use completion::{Completer, Completing, Completion, IntoCompletion};
pub(crate) use components::Kind;
pub use components::{Component, Components, Described};
pub(crate) use mirror::unwrapped;
pub(crate) use page::{Cursors, Place, page};
pub use prompt::Prompt;
pub(crate) use prompt::PromptEntry;
pub(crate) use provider::Mount;
pub use provider::{ComponentKind, Listing, Provider};
pub use resource::Resource;
pub(crate) use resource::ResourceEntry;
pub use resource_template::ResourceTemplate;
pub(crate) use resource_template::TemplateEntry;
pub(crate) use session_argument::without_session;
pub use tool::{Argument, NoInput, Tool, Typed};
pub(crate) use tool_entry::ToolEntry;
pub use vars::Vars;
