//! The tools of the suite that ask the client under the names that the suite expects: in rounds, where an answer comes
//! with the request said again, and in place elsewhere.

use anpu::prelude::*;
use anpu::{Question, Roots};

pub(crate) fn components() -> Components {
    components![
        test_input_required_result_elicitation,
        test_input_required_result_sampling,
        test_input_required_result_list_roots,
        test_input_required_result_request_state,
        test_input_required_result_multiple_inputs,
        test_input_required_result_multi_round,
        test_input_required_result_tampered_state,
        test_input_required_result_capabilities,
    ]
}

#[derive(Form)]
struct Person {
    name: String,
}

#[derive(Form)]
struct Color {
    color: String,
}

#[derive(Form)]
struct Confirmation {
    ok: bool,
}

#[derive(Form)]
struct Input {
    value: String,
}

/// Greets the client's user by name.
#[tool]
async fn test_input_required_result_elicitation(cx: Cx) -> Result<String> {
    let person = cx.ask("user_name", Form::<Person>::new("What is your name?")).await?.or_declined("no name")?;
    Ok(format!("Hello, {}!", person.name))
}

/// Asks the client's model for a capital.
#[tool]
async fn test_input_required_result_sampling(cx: Cx) -> Result<String> {
    let question = Sample::new("What is the capital of France?").max_tokens(100);
    Ok(cx.sample("capital_question", question).await?.text())
}

/// Names the client's roots.
#[tool]
async fn test_input_required_result_list_roots(cx: Cx) -> Result<String> {
    let roots = cx.ask("client_roots", Roots).await?;
    let uris: Vec<&str> = roots.iter().map(|root| root.uri.as_str()).collect();
    Ok(format!("The client's roots: {}", uris.join(", ")))
}

/// Is done when the request state came back whole.
#[tool]
async fn test_input_required_result_request_state(cx: Cx) -> Result<&'static str> {
    confirmed(&cx, "state-ok").await
}

/// Asks the client's user, model and the client itself at once.
#[tool]
async fn test_input_required_result_multiple_inputs(cx: Cx) -> Result<String> {
    let (person, greeting, roots) = tokio::join!(
        cx.ask("user_name", Form::<Person>::new("What is your name?")),
        cx.sample("greeting", Sample::new("Generate a greeting").max_tokens(50)),
        cx.ask("client_roots", Roots),
    );
    let name = person?.or_declined("no name")?.name;
    Ok(format!("{} {name} has {} roots", greeting?.text(), roots?.len()))
}

/// Asks the client's user twice, one question after the other.
#[tool]
async fn test_input_required_result_multi_round(cx: Cx) -> Result<String> {
    let person = cx.ask("step1", Form::<Person>::new("Step 1: What is your name?")).await?.or_declined("no name")?;
    let color = cx.ask("step2", Form::<Color>::new("Step 2: What is your favorite color?")).await?;
    Ok(format!("{} likes {}", person.name, color.or_declined("no color")?.color))
}

/// Is not done when somebody changed the request state on its way.
#[tool]
async fn test_input_required_result_tampered_state(cx: Cx) -> Result<&'static str> {
    confirmed(&cx, "the request state is as it was").await
}

/// Asks only what the client can be asked.
#[tool]
async fn test_input_required_result_capabilities(cx: Cx) -> Result<String> {
    let (input, said, roots) = tokio::join!(
        if_able(&cx, "elicit_input", Form::<Input>::new("Elicitation input")),
        if_able(&cx, "sample_input", Sample::new("Sample request").max_tokens(50)),
        if_able(&cx, "roots_input", Roots),
    );
    let input = input?.map(|input| input.or_declined("no input")).transpose()?.map(|input| input.value);
    let said = said?.map(|said| said.text());
    let roots = roots?.map(|roots| format!("{} roots", roots.len()));
    let answers: Vec<String> = [input, said, roots].into_iter().flatten().collect();
    Ok(format!("capabilities-ok: {}", answers.join(", ")))
}

async fn confirmed(cx: &Cx, text: &'static str) -> Result<&'static str> {
    let confirmation = cx.ask("confirm", Form::<Confirmation>::new("Please confirm")).await?;
    if confirmation.or_declined("not confirmed")?.ok { Ok(text) } else { Err(declined("not confirmed")) }
}

/// The answer, if the client can be asked this at all.
async fn if_able<Q: Question>(cx: &Cx, key: &str, question: Q) -> Result<Option<Q::Answer>> {
    match question.required(cx.client_capabilities()) {
        Ok(()) => cx.ask(key, question).await.map(Some),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use anpu::Probe;
    use anpu::model::{Answer, ClientCapabilities, Implementation};
    use serde_json::{Value, json};

    use super::*;

    fn client(capabilities: Value) -> Probe {
        let capabilities: ClientCapabilities = serde_json::from_value(capabilities).unwrap();
        Probe::new().client(Implementation::new("test", "1"), capabilities)
    }

    fn able() -> Probe {
        client(json!({ "elicitation": {}, "sampling": {}, "roots": {} }))
    }

    fn filled(content: &Value) -> Answer {
        Answer::Elicit(serde_json::from_value(json!({ "action": "accept", "content": content })).unwrap())
    }

    fn said(text: &str) -> Answer {
        let content = json!({ "type": "text", "text": text });
        let said = json!({ "role": "assistant", "content": content, "model": "test", "stopReason": "endTurn" });
        Answer::CreateMessage(serde_json::from_value(said).unwrap())
    }

    fn roots() -> Answer {
        Answer::ListRoots(serde_json::from_value(json!({ "roots": [{ "uri": "file:///test/root" }] })).unwrap())
    }

    #[tokio::test]
    async fn each_question_has_the_key_the_suite_answers() {
        let name = able().answer("user_name", filled(&json!({ "name": "Alice" })));
        assert_eq!(test_input_required_result_elicitation(name.cx()).await.unwrap(), "Hello, Alice!");
        let capital = able().answer("capital_question", said("Paris"));
        assert_eq!(test_input_required_result_sampling(capital.cx()).await.unwrap(), "Paris");
        let folders = able().answer("client_roots", roots());
        let told = test_input_required_result_list_roots(folders.cx()).await.unwrap();
        assert_eq!(told, "The client's roots: file:///test/root");
        let confirm = able().answer("confirm", filled(&json!({ "ok": true })));
        assert_eq!(test_input_required_result_request_state(confirm.cx()).await.unwrap(), "state-ok");
        let steps = able().answer("step1", filled(&json!({ "name": "Alice" })));
        let steps = steps.answer("step2", filled(&json!({ "color": "blue" })));
        assert_eq!(test_input_required_result_multi_round(steps.cx()).await.unwrap(), "Alice likes blue");
    }

    #[tokio::test]
    async fn several_questions_are_answered_together() {
        let all = able().answer("user_name", filled(&json!({ "name": "Alice" })));
        let all = all.answer("greeting", said("Hello there!")).answer("client_roots", roots());
        let told = test_input_required_result_multiple_inputs(all.cx()).await.unwrap();
        assert_eq!(told, "Hello there! Alice has 1 roots");
    }

    #[tokio::test]
    async fn a_client_is_asked_only_what_it_can_do() {
        let sampling = client(json!({ "sampling": {} })).answer("sample_input", said("yes"));
        assert_eq!(test_input_required_result_capabilities(sampling.cx()).await.unwrap(), "capabilities-ok: yes");
        let nothing = test_input_required_result_capabilities(Cx::test()).await.unwrap();
        assert_eq!(nothing, "capabilities-ok: ");
        let all = able().answer("elicit_input", filled(&json!({ "value": "me" })));
        let all = all.answer("sample_input", said("yes")).answer("roots_input", roots());
        let told = test_input_required_result_capabilities(all.cx()).await.unwrap();
        assert_eq!(told, "capabilities-ok: me, yes, 1 roots");
    }

    #[tokio::test]
    async fn what_was_not_confirmed_is_not_done() {
        let no = able().answer("confirm", filled(&json!({ "ok": false })));
        let error = test_input_required_result_tampered_state(no.cx()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Declined);
    }
}
