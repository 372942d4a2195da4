//! The unions over methods, put into JSON and compared.

use std::mem::discriminant;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::call::{Answer, Ask, Call, Notice, Reply};
use super::meta::{Meta, RequestParams};
use super::pagination::PaginatedRequestParams;

/// A result that is already written in the peer's dialect, such as a list that is written once for many. Cheap to clone.
#[derive(Clone, Debug)]
pub struct WrittenResult(Arc<RawValue>);

impl WrittenResult {
    /// The JSON.
    pub fn get(&self) -> &str {
        self.0.get()
    }
}

impl From<Box<RawValue>> for WrittenResult {
    fn from(json: Box<RawValue>) -> Self {
        Self(json.into())
    }
}

impl PartialEq for WrittenResult {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Call {
    /// The params as JSON; none where there is nothing to say.
    ///
    /// # Errors
    /// If a number in them is not finite.
    pub fn params(&self) -> Result<Option<Box<RawValue>>, serde_json::Error> {
        match self {
            Self::Initialize(params) => to_raw_value(params).map(Some),
            Self::CallTool(params) => to_raw_value(params).map(Some),
            Self::ReadResource(params) => to_raw_value(params).map(Some),
            Self::Subscribe(params) => to_raw_value(params).map(Some),
            Self::Unsubscribe(params) => to_raw_value(params).map(Some),
            Self::GetPrompt(params) => to_raw_value(params).map(Some),
            Self::Complete(params) => to_raw_value(params).map(Some),
            Self::SetLevel(params) => to_raw_value(params).map(Some),
            Self::Listen(params) => to_raw_value(params).map(Some),
            Self::GetTask(params) => to_raw_value(params).map(Some),
            Self::GetTaskPayload(params) => to_raw_value(params).map(Some),
            Self::CancelTask(params) => to_raw_value(params).map(Some),
            Self::UpdateTask(params) => to_raw_value(params).map(Some),
            Self::Ping(meta) => meta_alone(meta),
            Self::Discover(params) => meta_alone(&params.meta),
            Self::ListTools(params)
            | Self::ListResources(params)
            | Self::ListResourceTemplates(params)
            | Self::ListPrompts(params)
            | Self::ListTasks(params) => page(params),
            Self::Other { params, .. } => Ok(params.clone()),
        }
    }
}

impl Notice {
    /// The params as JSON; none where there is nothing to say.
    ///
    /// # Errors
    /// If a number in them is not finite.
    pub fn params(&self) -> Result<Option<Box<RawValue>>, serde_json::Error> {
        match self {
            Self::Cancelled(params) => to_raw_value(params).map(Some),
            Self::Progress(params) => to_raw_value(params).map(Some),
            Self::Message(params) => to_raw_value(params).map(Some),
            Self::ResourceUpdated(params) => to_raw_value(params).map(Some),
            Self::ElicitationComplete(params) => to_raw_value(params).map(Some),
            Self::TaskStatus(params) => to_raw_value(params).map(Some),
            Self::SubscriptionsAcknowledged(params) => to_raw_value(params).map(Some),
            Self::Initialized(meta)
            | Self::ResourceListChanged(meta)
            | Self::ToolListChanged(meta)
            | Self::PromptListChanged(meta)
            | Self::RootsListChanged(meta) => meta_alone(meta),
            Self::Other { params, .. } => Ok(params.clone()),
        }
    }
}

impl Ask {
    /// The params as JSON; none where there is nothing to say.
    ///
    /// # Errors
    /// If a number in them is not finite.
    pub fn params(&self) -> Result<Option<Box<RawValue>>, serde_json::Error> {
        match self {
            Self::CreateMessage(params) => to_raw_value(params).map(Some),
            Self::Elicit(params) => to_raw_value(params).map(Some),
            Self::GetTask(params) => to_raw_value(params).map(Some),
            Self::GetTaskPayload(params) => to_raw_value(params).map(Some),
            Self::CancelTask(params) => to_raw_value(params).map(Some),
            Self::Ping(meta) => meta_alone(meta),
            Self::ListRoots(params) => meta_alone(&params.meta),
            Self::ListTasks(params) => page(params),
        }
    }
}

impl Serialize for Reply {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Empty(result) | Self::UpdateTask(result) => result.serialize(to),
            Self::Initialize(result) => result.serialize(to),
            Self::Discover(result) => result.serialize(to),
            Self::ListTools(result) => result.serialize(to),
            Self::CallTool(result) => result.serialize(to),
            Self::ListResources(result) => result.serialize(to),
            Self::ListResourceTemplates(result) => result.serialize(to),
            Self::ReadResource(result) => result.serialize(to),
            Self::ListPrompts(result) => result.serialize(to),
            Self::GetPrompt(result) => result.serialize(to),
            Self::Complete(result) => result.serialize(to),
            Self::Listen(result) => result.serialize(to),
            Self::InputRequired(result) => result.serialize(to),
            Self::CreateTask(result) => result.serialize(to),
            Self::GetTask(result) => result.serialize(to),
            Self::TaskPayload(result) | Self::Other(result) => result.serialize(to),
            Self::Written(result) => result.0.serialize(to),
            Self::CancelTask(result) => result.serialize(to),
            Self::ListTasks(result) => result.serialize(to),
        }
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Empty(result) => result.serialize(to),
            Self::CreateMessage(result) => result.serialize(to),
            Self::ListRoots(result) => result.serialize(to),
            Self::Elicit(result) => result.serialize(to),
            Self::CreateTask(result) => result.serialize(to),
            Self::GetTask(result) => result.serialize(to),
            Self::TaskPayload(result) => result.serialize(to),
            Self::CancelTask(result) => result.serialize(to),
            Self::ListTasks(result) => result.serialize(to),
        }
    }
}

/// Equal are those that say the same: unread params are compared as text.
impl PartialEq for Call {
    fn eq(&self, other: &Self) -> bool {
        let text = |it: &Self| it.params().ok().map(|params| params.map(|raw| raw.get().to_owned()));
        discriminant(self) == discriminant(other)
            && self.method() == other.method()
            && text(self).is_some()
            && text(self) == text(other)
    }
}

/// Equal are those that say the same: unread params are compared as text.
impl PartialEq for Notice {
    fn eq(&self, other: &Self) -> bool {
        let text = |it: &Self| it.params().ok().map(|params| params.map(|raw| raw.get().to_owned()));
        discriminant(self) == discriminant(other)
            && self.method() == other.method()
            && text(self).is_some()
            && text(self) == text(other)
    }
}

fn meta_alone(meta: &Meta) -> Result<Option<Box<RawValue>>, serde_json::Error> {
    if meta.is_absent() { Ok(None) } else { to_raw_value(&RequestParams::from(meta.clone())).map(Some) }
}

fn page(params: &PaginatedRequestParams) -> Result<Option<Box<RawValue>>, serde_json::Error> {
    if *params == PaginatedRequestParams::default() { Ok(None) } else { to_raw_value(params).map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ProgressNotificationParams;

    #[test]
    fn a_call_with_nothing_to_say_has_no_params() {
        let text = |call: Call| call.params().unwrap().map(|raw| raw.get().to_owned());
        assert_eq!(text(Call::Ping(Meta::absent())), None);
        assert_eq!(text(Call::ListTools(PaginatedRequestParams::default())), None);
        let meta = Meta::absent().with("a", 1);
        assert_eq!(text(Call::Ping(meta)).as_deref(), Some(r#"{"_meta":{"a":1}}"#));
    }

    #[test]
    fn unread_params_are_compared_as_text() {
        let other = |text: &str| Call::Other {
            method: "x/y".into(),
            params: Some(RawValue::from_string(text.into()).unwrap()),
        };
        assert_eq!(other("{}"), other("{}"));
        assert_ne!(other("{}"), other("{ }"));
        let list = PaginatedRequestParams::default;
        assert_ne!(Call::ListTools(list()), Call::ListPrompts(list()));
    }

    #[test]
    fn what_is_not_finite_is_not_equal_to_itself() {
        let notice = Notice::Progress(ProgressNotificationParams::new(1.into(), f64::NAN));
        assert_ne!(notice, notice.clone());
    }
}
