//! The official schemas as judges of what a server says.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::spec::Spec;

pub(crate) struct Judge(Spec);

/// One for all tests, because schemas take long to read.
static JUDGES: Mutex<BTreeMap<String, Option<Judge>>> = Mutex::new(BTreeMap::new());

/// Has the judge of a version judge; nothing where there are no official schemas.
pub(crate) fn judge(version: &str, judging: impl FnOnce(&Judge) -> Vec<String>) -> Vec<String> {
    let mut judges = JUDGES.lock().unwrap_or_else(PoisonError::into_inner);
    let judge = judges.entry(version.to_owned()).or_insert_with(|| Spec::load(version).map(Judge));
    judge.as_ref().map(judging).unwrap_or_default()
}

impl Judge {
    /// What is wrong with a message of the server; `asked` is the method that it answers.
    pub(crate) fn complaints(&self, message: &Value, asked: Option<&str>) -> Vec<String> {
        if let Some(error) = message.get("error") {
            return self.complaints_of_error(message, error);
        }
        if let Some(result) = message.get("result") {
            let asked = asked.expect("an answer belongs to a request");
            let questions = result["resultType"] == "input_required";
            return self.0.complaints(if questions { "InputRequiredResult" } else { result_of(asked) }, result);
        }
        let definition = if message.get("id").is_some() { "ServerRequest" } else { "ServerNotification" };
        if !self.0.defines(definition) {
            return vec![format!("there is no {definition}")];
        }
        // Older schemas describe what is said without its envelope.
        let whole = self.0.complaints(definition, message);
        let mut inside = message.clone();
        let members = inside.as_object_mut().unwrap();
        members.retain(|member, _| !["jsonrpc", "id"].contains(&member.as_str()));
        if whole.is_empty() || self.0.complaints(definition, &inside).is_empty() { vec![] } else { whole }
    }

    /// What is wrong with a request of a client that carries its client.
    pub(crate) fn complaints_of_request(&self, message: &Value) -> Vec<String> {
        let result = result_of(message["method"].as_str().unwrap());
        self.0.complaints(&result.replace("Result", "Request"), message)
    }

    /// Newer schemas have a definition for each error that the specification numbers.
    fn complaints_of_error(&self, message: &Value, error: &Value) -> Vec<String> {
        let fine = error["code"].is_i64() && error["message"].is_string();
        if !fine {
            return vec!["an error without a code or a message".to_owned()];
        }
        match error_of(error["code"].as_i64()).filter(|_| self.0.defines("HeaderMismatchError")) {
            // Some are described with their envelope, others without.
            Some(definition) if self.0.names_member(definition, "error") => self.0.complaints(definition, message),
            Some(definition) => self.0.complaints(definition, error),
            None => Vec::new(),
        }
    }
}

fn error_of(code: Option<i64>) -> Option<&'static str> {
    Some(match code? {
        -32020 => "HeaderMismatchError",
        -32021 => "MissingRequiredClientCapabilityError",
        -32022 => "UnsupportedProtocolVersionError",
        -32600 => "InvalidRequestError",
        -32601 => "MethodNotFoundError",
        -32602 => "InvalidParamsError",
        -32603 => "InternalError",
        -32700 => "ParseError",
        _ => return None,
    })
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
        "server/discover" => "DiscoverResult",
        "subscriptions/listen" => "SubscriptionsListenResult",
        "logging/setLevel" | "ping" | "resources/subscribe" | "resources/unsubscribe" => "EmptyResult",
        other => panic!("whose result is that of {other}?"),
    }
}
