//! Sessions as text: what the client sends (`>`), what happens beside it (`!`), and what the engine does (`<`, `=`).
//!
//! A script lies in `scripts/`. The lines that start with `<` or `=` are what must come out; `UPDATE=1` writes them anew.
//! `<2` goes out along the route of the request 2, `<s` along the session's. Without a version behind `! ready`, or
//! with `$VERSION` in its `initialize`, a script must say the same in every dialect that has sessions.
//!
//! The driver answers `initialize`, `ping`, `logging/setLevel`, `resources/subscribe` and `resources/unsubscribe` as
//! soon as they run, unless the script says `! hold METHOD`; all else is answered by the script:
//!
//! ```text
//! ! limits running=1 queued=1 questions=1 watches=1
//! ! ready [VERSION]                      ! hold METHOD
//! ! finish ID RESULT                     ! fail ID params|not_found|timeout|internal TEXT          ! drop ID
//! ! say ID|session progress NUMBER | log LEVEL TEXT | updated URI | tools/list_changed
//! ! ask ID|session QUESTION [within MOMENT] ping|elicitation|sampling|roots                       ! unask QUESTION
//! ! tick MOMENT                          ! close             ! restore             ! show
//! ```

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::HashMap;
use std::path::PathBuf;

use anpu_proto::dialect::{self, Dialect, Era};
use anpu_proto::fault::Fault;
use anpu_proto::jsonrpc::write::{self, Unread};
use anpu_proto::jsonrpc::{self, Id, Message};
use anpu_proto::model::*;
use anpu_proto::session::{Change, Effect, Limits, Moment, Phase, Route, Server, Unanswered};
use serde_json::value::RawValue;
use serde_json::{Value, json};

#[test]
fn the_scripts_come_out_as_written() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 25, "only {} scripts were found", paths.len());
    let update = std::env::var_os("UPDATE").is_some();
    let mut differences = String::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let script = std::fs::read_to_string(&path).unwrap();
        for (at, dialect) in dialects(&script).into_iter().enumerate() {
            let played = play(&script, dialect);
            if update && at == 0 {
                std::fs::write(&path, &played).unwrap();
            }
            let expected = if update { std::fs::read_to_string(&path).unwrap() } else { script.clone() };
            if let Some(difference) = difference(&expected, &played) {
                differences.push_str(&format!("{name}, spoken in {}: {difference}\n", dialect.version));
            }
        }
    }
    assert!(differences.is_empty(), "{differences}UPDATE=1 writes what comes out into the scripts");
}

#[test]
fn a_script_that_differs_is_shown_where_it_differs() {
    let newest = sessions()[0];
    let script = "! ready\n> {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n= run 1\n<1 {}\n";
    let played = play(script, newest);
    let found = difference(script, &played).unwrap();
    assert_eq!(found, "line 4\n  written:   <1 {}\n  comes out: <1 {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}");
    assert_eq!(play(&played, newest), played, "what comes out is a script that comes out");
    assert_eq!(difference(&played, &played), None);
    let longer = format!("{played}= close\n");
    assert!(difference(&longer, &played).unwrap().starts_with("line 5\n  written:   = close"));
}

/// Every dialect that a script is to be spoken in.
fn dialects(script: &str) -> Vec<&'static Dialect> {
    if every(script) { sessions() } else { vec![sessions()[0]] }
}

fn every(script: &str) -> bool {
    script.lines().any(|line| line == "! ready" || line.contains("$VERSION"))
}

fn sessions() -> Vec<&'static Dialect> {
    dialect::ALL.iter().copied().filter(|dialect| dialect.era == Era::Session).collect()
}

fn difference(written: &str, played: &str) -> Option<String> {
    let (mut old, mut new) = (written.lines(), played.lines());
    for number in 1.. {
        match (old.next(), new.next()) {
            (None, None) => break,
            (old, new) if old == new => {}
            (old, new) => {
                let [old, new] = [old, new].map(|line| line.unwrap_or("(the end)"));
                return Some(format!("line {number}\n  written:   {old}\n  comes out: {new}"));
            }
        }
    }
    None
}

/// The script with what really comes out.
fn play(script: &str, dialect: &'static Dialect) -> String {
    let mut driver = Driver::new(dialect, Limits::default());
    let mut out = String::new();
    for line in script.lines().filter(|line| !line.starts_with(['<', '='])) {
        out.push_str(line);
        out.push('\n');
        if let Some(text) = line.strip_prefix("> ") {
            driver.receive(&text.replace("$VERSION", dialect.version));
        } else if let Some(words) = line.strip_prefix("! ") {
            driver.does(words);
        } else {
            assert!(line.is_empty() || line.starts_with('#'), "neither > nor ! nor # nor < nor =: {line}");
        }
        driver.drain();
        for said in driver.said.drain(..) {
            let said = if every(script) { said.replace(dialect.version, "$VERSION") } else { said };
            out.push_str(&said);
            out.push('\n');
        }
    }
    out
}

/// Whoever owns the engine: reads, runs and writes.
struct Driver {
    server: Server,
    /// What the script is spoken in.
    spoken: &'static Dialect,
    limits: Limits,
    calls: HashMap<Id, Call>,
    held: Vec<String>,
    said: Vec<String>,
}

impl Driver {
    fn new(spoken: &'static Dialect, limits: Limits) -> Self {
        let oldest = sessions().pop().expect("there are sessions");
        let server = Server::new(oldest, limits);
        Self { server, spoken, limits, calls: HashMap::new(), held: Vec::new(), said: Vec::new() }
    }

    fn receive(&mut self, text: &str) {
        let limits = jsonrpc::Limits::default();
        match jsonrpc::parse(text.as_bytes(), &limits) {
            Ok(Message::Request { id, method, params }) => {
                if let Err(fault) = self.begin(&id, &method, params) {
                    self.refuse(Some(&id), &fault);
                }
            }
            Ok(Message::Notice { method, params }) => match self.server.dialect().read_notice(&method, params) {
                Ok(notice) => self.server.notice(notice),
                Err(fault) => self.said.push(format!("= unread {fault}")),
            },
            Ok(Message::Response { id, outcome }) => self.server.answered(id.as_ref(), outcome),
            Ok(Message::Batch(_)) => unreachable!("scripts have no batches"),
            Err(rejected) if rejected.parse => self.refuse(None, &Fault::Parse(rejected.reason)),
            Err(rejected) => self.refuse(rejected.id.as_ref(), &Fault::InvalidRequest(rejected.reason)),
        }
    }

    fn begin(&mut self, id: &Id, method: &str, params: Option<&RawValue>) -> Result<(), Fault> {
        let mut dialect = self.server.dialect();
        if method == "initialize" && self.server.phase() == Phase::New {
            let params: Value = params.map_or(Value::Null, |params| params.get().parse().unwrap());
            dialect = dialect::negotiate(params["protocolVersion"].as_str().unwrap_or_default(), &sessions());
        }
        let call = dialect.read_call(method, params, &|method| method == "acme/registered")?;
        let opens = matches!(call, Call::Initialize(_));
        self.server.request(id.clone(), &call)?;
        if opens {
            self.server.settle(dialect);
        }
        self.calls.insert(id.clone(), call);
        Ok(())
    }

    fn refuse(&mut self, id: Option<&Id>, fault: &Fault) {
        let dialect = self.server.dialect();
        let unread = if dialect.null_error_id { Unread::Null } else { Unread::Absent };
        let text = write::error(id.ok_or(unread), dialect.code(fault), &fault.to_string(), fault.data().as_ref());
        self.said.push(sent(&id.map_or(Route::Session, |id| Route::Request(id.clone())), &text));
    }

    fn drain(&mut self) {
        while let Some(effect) = self.server.poll() {
            self.said.push(told(&effect));
            if let Effect::Run(id) = effect {
                self.run(&id);
            }
        }
    }

    fn run(&mut self, id: &Id) {
        let method = self.calls[id].method();
        if self.held.iter().any(|held| held == method) {
            return;
        }
        match method {
            "initialize" => {
                let who = Implementation::new("server", "1");
                let version = self.server.dialect().version;
                let result = InitializeResult::new(version, ServerCapabilities::default(), who);
                self.finish(id, Reply::Initialize(Box::new(result)));
            }
            "ping" | "logging/setLevel" | "resources/subscribe" | "resources/unsubscribe" => {
                self.finish(id, Reply::Other(json!({})));
            }
            _ => {}
        }
    }

    fn finish(&mut self, id: &Id, reply: Reply) {
        let dialect = self.server.dialect();
        let text = write::result(id, |out| dialect.write_reply(reply, out)).unwrap();
        self.server.finished(id, true, text);
    }

    fn does(&mut self, line: &str) {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (first, more) = rest.split_once(' ').unwrap_or((rest, ""));
        let id = || serde_json::from_str::<Id>(first).unwrap_or_else(|e| panic!("`{first}` is no id: {e}"));
        match verb {
            "limits" => {
                rest.split(' ').for_each(|limit| self.limit(limit));
                *self = Self::new(self.spoken, self.limits);
            }
            "ready" => self.ready(if rest.is_empty() { self.spoken.version } else { rest }),
            "hold" => self.held.push(rest.to_owned()),
            "finish" => self.finish(&id(), Reply::Other(more.parse().unwrap())),
            "fail" => {
                let fault = fault(more);
                let dialect = self.server.dialect();
                let data = fault.data();
                let text = write::error(Ok(&id()), dialect.code(&fault), &fault.to_string(), data.as_ref());
                self.server.finished(&id(), false, text);
            }
            "drop" => self.server.dropped(&id()),
            "say" => self.say(route(first), more),
            "ask" => self.ask(route(first), more),
            "unask" => self.server.unasked(rest),
            "tick" => self.server.tick(Moment(rest.parse().unwrap())),
            "close" => self.server.close(),
            "restore" => {
                let kept = serde_json::to_string(&self.server.snapshot()).unwrap();
                self.server = Server::restored(&serde_json::from_str(&kept).unwrap(), self.limits).unwrap();
            }
            "show" => self.show(),
            _ => panic!("no such line: ! {line}"),
        }
    }

    fn limit(&mut self, limit: &str) {
        let (name, value) = limit.split_once('=').expect("name=value");
        let value = value.parse().unwrap();
        match name {
            "running" => self.limits.running = value,
            "queued" => self.limits.queued = value,
            "questions" => self.limits.questions = value,
            "watches" => self.limits.watches = value,
            _ => panic!("no such limit: {name}"),
        }
    }

    /// A whole handshake, of which nothing is shown.
    fn ready(&mut self, version: &str) {
        let who = r#""clientInfo":{"name":"client","version":"1"}"#;
        let params = format!(r#"{{"protocolVersion":"{version}","capabilities":{{}},{who}}}"#);
        self.receive(&format!(r#"{{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{params}}}"#));
        self.drain();
        self.receive(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        self.drain();
        assert_eq!((self.server.phase(), self.server.dialect().version), (Phase::Ready, version));
        self.said.clear();
    }

    fn say(&mut self, route: Route, words: &str) {
        let (what, rest) = words.split_once(' ').unwrap_or((words, ""));
        let notice = match what {
            "progress" => {
                let Route::Request(id) = &route else { panic!("progress belongs to a request") };
                let Some(token) = self.calls[id].meta().progress_token() else {
                    return self.said.push("= nobody wants to hear of progress".to_owned());
                };
                Notice::Progress(ProgressNotificationParams::new(token, rest.parse().unwrap()))
            }
            "log" => {
                let (level, text) = rest.split_once(' ').expect("a level and a text");
                let level = serde_json::from_value(json!(level)).unwrap();
                Notice::Message(LoggingMessageNotificationParams::new(level, text))
            }
            "updated" => Notice::ResourceUpdated(ResourceUpdatedNotificationParams::new(rest)),
            "tools/list_changed" => Notice::ToolListChanged(Meta::absent()),
            _ => panic!("nothing to say: {what}"),
        };
        match self.server.dialect().write_notice(notice.clone()) {
            Some((method, params)) => {
                self.server.said(route, &notice, write::notification(&method, params.as_deref()));
            }
            None => self.said.push("= there is no way to say it".to_owned()),
        }
    }

    fn ask(&mut self, route: Route, words: &str) {
        let (id, mut rest) = words.split_once(' ').expect("an id and a question");
        let mut deadline = None;
        if let Some(limited) = rest.strip_prefix("within ") {
            let (at, what) = limited.split_once(' ').expect("a moment and a question");
            (deadline, rest) = (Some(Moment(at.parse().unwrap())), what);
        }
        let params = match rest {
            "elicitation" => json!({ "message": "?", "requestedSchema": { "type": "object", "properties": {} } }),
            "sampling" => json!({ "messages": [], "maxTokens": 1 }),
            _ => json!({}),
        };
        let ask = match rest {
            "ping" => Ask::Ping(Meta::absent()),
            "roots" => Ask::ListRoots(serde_json::from_value(params).unwrap()),
            "elicitation" => Ask::Elicit(serde_json::from_value(params).unwrap()),
            "sampling" => Ask::CreateMessage(serde_json::from_value(params).unwrap()),
            _ => panic!("nothing to ask: {rest}"),
        };
        match self.server.dialect().write_ask(ask) {
            Some((method, params)) => {
                let text = write::request(&id.into(), method, params.as_deref());
                self.server.asked(id, route, text, deadline);
            }
            None => self.said.push(format!("= this dialect has no {rest}")),
        }
    }

    fn show(&mut self) {
        let server = &self.server;
        let deadline = server.deadline().map_or("no deadline".to_owned(), |Moment(at)| format!("deadline {at}"));
        let idle = if server.is_idle() { "idle" } else { "busy" };
        let line = format!("= {:?}, {} open, {idle}, {deadline}", server.phase(), server.running());
        let client = match server.phase() {
            Phase::Open | Phase::Ready => format!("{} speaks {}", server.peer().info.name, server.dialect().version),
            _ => "nobody is known".to_owned(),
        };
        self.said.push(format!("{line}, {client}"));
    }
}

fn route(word: &str) -> Route {
    if word == "session" { Route::Session } else { Route::Request(serde_json::from_str(word).unwrap()) }
}

fn fault(words: &str) -> Fault {
    let (kind, text) = words.split_once(' ').expect("a kind and a text");
    let text = text.to_owned();
    match kind {
        "params" => Fault::InvalidParams(text),
        "not_found" => Fault::ToolNotFound(text),
        "timeout" => Fault::Timeout(text),
        "internal" => Fault::Internal(text),
        _ => panic!("no such fault: {kind}"),
    }
}

fn sent(route: &Route, text: &[u8]) -> String {
    let text = std::str::from_utf8(text).unwrap();
    assert!(text.parse::<Value>().is_ok(), "what is sent is JSON: {text}");
    match route {
        Route::Session => format!("<s {text}"),
        Route::Request(id) => format!("<{} {text}", name(id)),
    }
}

fn name(id: &Id) -> String {
    serde_json::to_string(id).unwrap()
}

fn told(effect: &Effect) -> String {
    match effect {
        Effect::Run(id) => format!("= run {}", name(id)),
        Effect::Stop(id) => format!("= stop {}", name(id)),
        Effect::Answer(id, text) => sent(&Route::Request(id.clone()), text),
        Effect::Send(route, text) => sent(route, text),
        Effect::Heard(notice) => format!("= heard {}", notice.method()),
        Effect::Answered(id, Ok(answer)) => format!("= answer to {id}: {}", answer.get()),
        Effect::Answered(id, Err(why)) => match why {
            Unanswered::Error(error) => format!("= no answer to {id}: error {} {}", error.code, error.message),
            other => format!("= no answer to {id}: {other:?}"),
        },
        Effect::Remember(change) => match change {
            Change::Opened => "= remember opened".to_owned(),
            Change::Level(level) => format!("= remember level {level:?}"),
            Change::Watched(uri) => format!("= remember watched {uri}"),
            Change::Unwatched(uri) => format!("= remember unwatched {uri}"),
            other => format!("= remember {other:?}"),
        },
        Effect::Close => "= close".to_owned(),
        other => format!("= {other:?}"),
    }
}
