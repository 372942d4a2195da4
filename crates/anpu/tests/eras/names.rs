//! What is random on the wire, and how scripts call it.

use serde_json::Value;

#[derive(Debug, Default)]
pub(crate) struct Names(Vec<(String, String)>);

impl Names {
    /// A text of a script, as it goes over the wire.
    pub(crate) fn to_wire(&self, text: &str) -> String {
        let (mut wire, mut rest) = (String::new(), text);
        while let Some(next) = rest.chars().next() {
            let known = self.0.iter().find_map(|(random, name)| {
                // What is random may begin as a name does.
                let after = rest.strip_prefix(name.as_str())?;
                (!after.starts_with(|next: char| next.is_ascii_alphanumeric())).then_some((random, after))
            });
            match known {
                Some((random, after)) => {
                    wire.push_str(random);
                    rest = after;
                }
                None => {
                    wire.push(next);
                    rest = &rest[next.len_utf8()..];
                }
            }
        }
        wire
    }

    /// A message of the server, as scripts have it.
    pub(crate) fn of(&mut self, message: &Value) -> Value {
        if message.get("method").is_some() {
            self.learn("ask", message.get("id"));
        }
        self.learn("state", message.pointer("/result/requestState"));
        self.learn("visit", message.pointer("/params/elicitationId"));
        self.learn("visit", message.pointer("/error/data/elicitations/0/elicitationId"));
        let questions = message.pointer("/result/inputRequests").and_then(Value::as_object);
        for question in questions.into_iter().flat_map(|questions| questions.values()) {
            let page = question.pointer("/params/url").and_then(Value::as_str);
            self.learn("visit", page.and_then(|url| url.rsplit('/').next()).map(Value::from).as_ref());
        }
        let text = self.0.iter().fold(message.to_string(), |text, (random, name)| text.replace(random, name));
        serde_json::from_str(&text).unwrap()
    }

    fn learn(&mut self, kind: &str, random: Option<&Value>) {
        let Some(random) = random.and_then(Value::as_str) else { return };
        assert!(random.len() >= 32, "{random}: an id that can be guessed");
        if self.0.iter().all(|(known, _)| known != random) {
            let before = self.0.iter().filter(|(_, name)| name.starts_with(kind)).count();
            self.0.push((random.to_owned(), format!("{kind}-{}", before + 1)));
        }
    }
}
