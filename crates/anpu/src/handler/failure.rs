//! What the client is told when a handler fails: which errors are results, which are faults, and what stays secret.

use anpu_proto::fault::Fault;
use anpu_proto::model::CallToolResult;

use crate::error::{Error, ErrorKind};

/// A failed tool: a tool error with the whole text, unless the error stands for a protocol error.
pub(crate) fn of_tool(error: &Error) -> Result<CallToolResult, Fault> {
    protocol(error).map_or_else(|| Ok(tool_error(format!("{error:#}"))), Err)
}

/// A result that says to the model what is wrong.
pub(crate) fn tool_error(text: String) -> CallToolResult {
    CallToolResult::error(text)
}

/// A resource that could not be read.
pub(crate) fn of_resource(error: &Error, uri: &str) -> Fault {
    match error.kind() {
        ErrorKind::NotFound => Fault::ResourceNotFound(uri.to_owned()),
        _ => protocol(error).unwrap_or_else(|| told(error, "the resource could not be read")),
    }
}

/// A prompt that could not be made.
pub(crate) fn of_prompt(error: &Error) -> Fault {
    protocol(error).unwrap_or_else(|| told(error, "the prompt could not be made"))
}

/// The protocol error that this stands for, whatever failed.
fn protocol(error: &Error) -> Option<Fault> {
    if let Some(fault) = error.fault() {
        return Some(fault.clone());
    }
    match error.kind() {
        ErrorKind::Cancelled => Some(Fault::Cancelled),
        ErrorKind::Overloaded => Some(Fault::Overloaded(error.to_string())),
        ErrorKind::Store => {
            tracing::warn!(error = format!("{error:#}"), "the store failed under a handler");
            Some(Fault::Unavailable("the server's store does not answer; try again".to_owned()))
        }
        ErrorKind::Unsupported => Some(Fault::InvalidRequest(error.to_string())),
        ErrorKind::Protocol => Some(Fault::Internal(error.to_string())),
        ErrorKind::Suspended => Some(Fault::Internal("the handler asked in a task of its own".to_owned())),
        ErrorKind::Config => {
            tracing::error!(error = format!("{error:#}"), "the server is put together wrongly");
            Some(Fault::Internal("the server is put together wrongly; its log says how".to_owned()))
        }
        ErrorKind::Io
        | ErrorKind::Refused
        | ErrorKind::Declined
        | ErrorKind::NotFound
        | ErrorKind::Invalid
        | ErrorKind::TimedOut
        | ErrorKind::Other => None,
    }
}

/// The fault for where no tool error is possible: texts that the handler chose for its caller are sent, an error that
/// only came through is logged, because nobody chose its text.
fn told(error: &Error, public: &str) -> Fault {
    match error.kind() {
        ErrorKind::Invalid => Fault::InvalidParams(error.to_string()),
        ErrorKind::Refused | ErrorKind::Declined | ErrorKind::NotFound => Fault::Internal(error.to_string()),
        ErrorKind::TimedOut => Fault::Timeout(error.to_string()),
        _ => {
            tracing::error!(error = format!("{error:#}"), "{public}");
            Fault::Internal(public.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{not_found, refused};

    fn secret() -> Error {
        Error::new(ErrorKind::Other, "password hunter2")
    }

    #[test]
    fn a_tool_tells_the_model_what_failed() {
        for error in
            [refused("r"), not_found("r"), Error::new(ErrorKind::TimedOut, "r"), Error::new(ErrorKind::Other, "r")]
        {
            assert_eq!(of_tool(&error), Ok(tool_error("r".to_owned())));
        }
        let caused = Error::new(ErrorKind::Other, "outer").because(std::fmt::Error);
        let text = format!("{caused:#}");
        assert!(text.starts_with("outer: "));
        assert_eq!(of_tool(&caused), Ok(tool_error(text)));
    }

    #[test]
    fn a_protocol_error_stays_one() {
        assert_eq!(of_tool(&Error::from(Fault::InvalidCursor)), Err(Fault::InvalidCursor));
        assert_eq!(of_tool(&Error::from(Fault::InvalidParams("x".into()))), Err(Fault::InvalidParams("x".into())));
        assert_eq!(of_tool(&Error::new(ErrorKind::Cancelled, "")), Err(Fault::Cancelled));
        let overloaded = Error::new(ErrorKind::Overloaded, "later");
        assert_eq!(of_tool(&overloaded), Err(Fault::Overloaded("later".into())));
    }

    #[test]
    fn what_is_wrong_with_the_server_is_not_told() {
        let Err(Fault::Internal(text)) = of_tool(&Error::config("key /etc/secret")) else { panic!("not a fault") };
        assert!(!text.contains("secret"), "{text}");
    }

    #[test]
    fn resources_and_prompts_tell_only_what_was_meant_for_the_client() {
        assert_eq!(of_resource(&not_found("x"), "a:b"), Fault::ResourceNotFound("a:b".into()));
        assert_eq!(of_resource(&refused("not yours"), "a:b"), Fault::Internal("not yours".into()));
        assert_eq!(of_resource(&secret(), "a:b"), Fault::Internal("the resource could not be read".into()));
        assert_eq!(of_prompt(&Error::new(ErrorKind::Invalid, "code")), Fault::InvalidParams("code".into()));
        assert_eq!(of_prompt(&secret()), Fault::Internal("the prompt could not be made".into()));
    }
}
