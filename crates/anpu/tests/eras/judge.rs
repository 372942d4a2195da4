//! The official schemas as judges of what a server says.

use serde_json::Value;

use crate::spec::Spec;

pub(crate) struct Judge(Spec);

impl Judge {
    /// None where there are no official schemas.
    pub(crate) fn of(version: &str) -> Option<Self> {
        Spec::load(version).map(Self)
    }

    /// What is wrong with a message; `asked` is the method that it answers.
    pub(crate) fn complaints(&self, message: &Value, asked: Option<&str>) -> Vec<String> {
        if let Some(error) = message.get("error") {
            let fine = error["code"].is_i64() && error["message"].is_string();
            return if fine { vec![] } else { vec!["an error without a code or a message".to_owned()] };
        }
        if let Some(result) = message.get("result") {
            return self.0.complaints(result_of(asked.expect("an answer belongs to a request")), result);
        }
        let definition = if message.get("id").is_some() { "ServerRequest" } else { "ServerNotification" };
        // Older schemas describe what is said without its envelope.
        let whole = self.0.complaints(definition, message);
        let mut inside = message.clone();
        let members = inside.as_object_mut().unwrap();
        members.retain(|member, _| !["jsonrpc", "id"].contains(&member.as_str()));
        if whole.is_empty() || self.0.complaints(definition, &inside).is_empty() { vec![] } else { whole }
    }
}

fn result_of(method: &str) -> &'static str {
    match method {
        "initialize" => "InitializeResult",
        "tools/list" => "ListToolsResult",
        "tools/call" => "CallToolResult",
        "resources/list" => "ListResourcesResult",
        "resources/templates/list" => "ListResourceTemplatesResult",
        "resources/read" => "ReadResourceResult",
        "prompts/list" => "ListPromptsResult",
        "prompts/get" => "GetPromptResult",
        "completion/complete" => "CompleteResult",
        "logging/setLevel" | "ping" => "EmptyResult",
        other => panic!("whose result is that of {other}?"),
    }
}
