//! The prompts of the suite.

use anpu::prelude::*;

use crate::media::PNG;

pub(crate) fn components() -> Components {
    components![
        test_simple_prompt,
        test_prompt_with_arguments,
        test_prompt_with_embedded_resource,
        test_prompt_with_image,
        test_input_required_result_prompt,
    ]
}

/// A text.
#[prompt]
fn test_simple_prompt() -> &'static str {
    "This is a simple prompt for testing."
}

/// A text with two arguments in it.
#[prompt]
async fn test_prompt_with_arguments(
    /// the first argument
    #[complete(["test1", "test2", "other"])]
    arg1: String,
    /// the second argument
    arg2: String,
) -> String {
    format!("Prompt with arguments: arg1='{arg1}', arg2='{arg2}'")
}

/// A resource and what to do with it.
#[prompt]
fn test_prompt_with_embedded_resource(
    /// the URI the resource is to have
    #[arg(rename = "resourceUri")]
    resource_uri: String,
) -> [Message; 2] {
    let resource = Embedded::text(resource_uri, "Embedded resource content for testing.").mime("text/plain");
    [Message::user(resource), Message::user("Please process the embedded resource above.")]
}

/// A picture and what to do with it.
#[prompt]
fn test_prompt_with_image() -> [Message; 2] {
    [Message::user(Image::png(PNG)), Message::user("Please analyze the image above.")]
}

#[derive(Form)]
struct Context {
    context: String,
}

/// A text about what the client's user says.
#[prompt]
async fn test_input_required_result_prompt(cx: Cx) -> Result<String> {
    let form = Form::<Context>::new("What context should the prompt use?");
    let context = cx.ask("user_context", form).await?.or_declined("no context")?.context;
    Ok(format!("Use this context: {context}"))
}
