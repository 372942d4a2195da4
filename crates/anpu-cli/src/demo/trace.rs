//! One readable line for each request on standard error: time, client, what was asked, how long it took, what came of it.

use std::time::Instant;

use anpu::model::{Call, Reply};
use anpu::prelude::*;
use anpu::{Fault, Next};
use jiff::Zoned;

/// Writes the lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trace;

impl Hooks for Trace {
    async fn around(&self, cx: &Cx, call: Call, next: Next<'_>) -> Result<Reply, Fault> {
        let line = Line::begin(cx, client(cx, &call), asked(&call));
        let outcome = next.run(cx, call).await;
        line.end(&told(&outcome));
        outcome
    }
}

/// A line that is written when its request ends, however that is.
struct Line {
    cx: Cx,
    client: String,
    asked: String,
    began: Instant,
    outcome: Option<String>,
}

impl Line {
    fn begin(cx: &Cx, client: String, asked: String) -> Self {
        Self { cx: cx.clone(), client, asked, began: Instant::now(), outcome: None }
    }

    fn end(mut self, outcome: &str) {
        self.outcome = Some(outcome.to_owned());
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let outcome = self.outcome.as_deref().unwrap_or_else(|| dropped(&self.cx));
        let (now, took) = (Zoned::now().strftime("%H:%M:%S"), self.began.elapsed().as_secs_f64() * 1000.0);
        crate::say(&format!("{now}  {:<16} {:<48} {took:>7.1} ms  {outcome}", self.client, self.asked));
    }
}

/// Why a request ended before its outcome. One that was cancelled, or whose client is gone, is dropped where it stands; so
/// is one that asks a client without a session, which comes back with the answers.
fn dropped(cx: &Cx) -> &'static str {
    if cx.is_cancelled() { "cancelled" } else { "asks its client" }
}

/// Who asks; while a session is opened, only the call knows.
fn client(cx: &Cx, call: &Call) -> String {
    let name = match call {
        Call::Initialize(params) => &params.client_info.name,
        _ => &cx.client().name,
    };
    short(name, 16)
}

/// What is asked: the method, and the name of what it is asked of.
fn asked(call: &Call) -> String {
    let of = match call {
        Call::CallTool(params) => params.name.as_str(),
        Call::GetPrompt(params) => params.name.as_str(),
        Call::ReadResource(params) => params.uri.as_str(),
        Call::Subscribe(params) | Call::Unsubscribe(params) => params.uri.as_str(),
        Call::Complete(params) => params.argument.name.as_str(),
        _ => "",
    };
    short(format!("{} {of}", call.method()).trim_end(), 60)
}

/// What came of it, in a few words.
fn told(outcome: &Result<Reply, Fault>) -> String {
    match outcome {
        Ok(Reply::CallTool(result)) if result.is_error == Some(true) => {
            let text = result.content.iter().find_map(Content::as_text).unwrap_or_default();
            format!("tool error: {}", short(text, 100))
        }
        Ok(_) => "ok".to_owned(),
        Err(fault) => format!("error: {}", short(&fault.message(), 100)),
    }
}

/// What a peer wrote, on one line and without control characters, so that it cannot write on this terminal.
fn short(text: &str, most: usize) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut line: String = plain.clone().take(most).collect();
    if plain.count() > most {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use anpu::model::{CallToolRequestParams, CallToolResult, EmptyResult};

    use super::*;

    #[test]
    fn a_line_says_what_was_asked_and_what_came_of_it() {
        assert_eq!(asked(&Call::CallTool(CallToolRequestParams::new("add_note"))), "tools/call add_note");
        assert_eq!(asked(&Call::Ping(anpu::model::Meta::default())), "ping");
        let failed = CallToolResult::error("no such\nnote");
        assert_eq!(told(&Ok(Reply::CallTool(failed))), "tool error: no such note");
        assert_eq!(told(&Ok(Reply::Empty(EmptyResult::default()))), "ok");
        assert_eq!(told(&Err(Fault::Cancelled)), format!("error: {}", Fault::Cancelled.message()));
    }

    #[test]
    fn a_question_is_no_cancellation() {
        let probe = anpu::Probe::new();
        assert_eq!(dropped(&probe.cx()), "asks its client");
        probe.cancel();
        assert_eq!(dropped(&probe.cx()), "cancelled");
    }

    #[test]
    fn a_peer_cannot_write_on_the_terminal() {
        assert_eq!(short("a\u{1b}[31mb\r\n", 20), "a [31mb  ");
        assert_eq!(short("abcdef", 3), "abc…");
    }
}
