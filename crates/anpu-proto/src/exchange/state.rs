//! What one round leaves to the next: the opened request state, in a format with a number.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::{Limits, Millis, Outcome};
use crate::dialect::{self, Dialect};
use crate::fault::Fault;
use crate::model::InputResponse;

/// The state, with the number of its format.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct State {
    format: u32,
    #[serde(serialize_with = "hexadecimal", deserialize_with = "of_hexadecimal")]
    pub(super) chain: u128,
    version: String,
    /// In the order in which they were first asked.
    pub(super) questions: Vec<Question>,
    /// What came of the effects that have happened.
    pub(super) values: BTreeMap<Box<str>, Box<RawValue>>,
}

/// A question that was asked once, answered or not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Question {
    pub(super) name: Box<str>,
    pub(super) method: Box<str>,
    pub(super) fingerprint: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expires: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<Outcome>,
}

impl State {
    /// The format that this build writes, and the only one so far.
    const FORMAT: u32 = 1;

    /// Nothing asked, nothing done.
    pub(super) fn empty(chain: u128, dialect: &Dialect) -> Self {
        let version = dialect.version.to_owned();
        Self { format: Self::FORMAT, chain, version, questions: Vec::new(), values: BTreeMap::new() }
    }

    /// Reads what [`write`](Self::write) wrote.
    pub(super) fn read(opened: &[u8], dialect: &'static Dialect, limits: &Limits) -> Result<Self, Fault> {
        #[derive(Deserialize)]
        struct Numbered {
            format: u32,
        }

        if opened.len() > limits.state {
            return Err(unusable("it is larger than this server allows"));
        }
        let Numbered { format } = serde_json::from_slice(opened).map_err(|_| unusable("it cannot be read"))?;
        if format != Self::FORMAT {
            return Err(unusable("it is from another version of this server"));
        }
        let state: Self = serde_json::from_slice(opened).map_err(|_| unusable("it cannot be read"))?;
        if dialect::named(&state.version) != Some(dialect) {
            return Err(unusable("it was made for another version of the protocol than this request speaks"));
        }
        Ok(state)
    }

    /// The state as JSON.
    pub(super) fn write(&self, limits: &Limits) -> Result<Vec<u8>, Fault> {
        let written = serde_json::to_vec(self).map_err(|error| Fault::Internal(error.to_string()))?;
        if written.len() > limits.state {
            return Err(self.too_large(written.len(), limits.state));
        }
        Ok(written)
    }

    /// Where the question of this name is.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.questions.iter().position(|question| *question.name == *name)
    }

    fn too_large(&self, bytes: usize, most: usize) -> Fault {
        let answers = self.questions.iter().filter_map(|question| match &question.outcome {
            Some(Outcome::Answered(raw)) => Some(("answer to", &question.name, raw, "ask for less")),
            _ => None,
        });
        let stored = "store it and keep a key instead";
        let values = self.values.iter().map(|(name, value)| ("`once` value", name, value, stored));
        let advice = match answers.chain(values).max_by_key(|(_, _, raw, _)| raw.get().len()) {
            Some((what, name, raw, advice)) => {
                let (name, part) = (name.escape_debug(), raw.get().len());
                format!("its largest part is the {what} `{name}` with {part} bytes: {advice}")
            }
            None => "ask fewer questions in one request".to_owned(),
        };
        Fault::Internal(format!("the handler needs a request state of {bytes} bytes, {most} are allowed; {advice}"))
    }
}

impl Question {
    /// Ends the question if it is open and its time has passed.
    pub(super) fn expire(&mut self, now: Millis) {
        if self.outcome.is_none() && self.expires.is_some_and(|expires| now > expires) {
            self.outcome = Some(Outcome::TimedOut);
        }
    }

    /// Takes the client's answer over, once it was read as what the question asks for.
    pub(super) fn take(&mut self, response: &InputResponse, dialect: &Dialect) -> Result<(), Fault> {
        let raw = to_raw_value(response).map_err(|error| Fault::Internal(error.to_string()))?;
        match dialect.read_answer(&self.method, &raw) {
            Ok(_) => self.outcome = Some(Outcome::Answered(raw)),
            Err(Fault::InvalidParams(wrong)) => {
                // The path of what is wrong begins at the result; here that is a member of the retry's params.
                let (name, wrong) = (self.name.escape_debug(), wrong.strip_prefix("result").unwrap_or(&wrong));
                return Err(Fault::InvalidParams(format!("params.inputResponses.{name}{wrong}")));
            }
            Err(_) => return Err(unusable("it has a question that this version of the protocol does not have")),
        }
        Ok(())
    }
}

/// A state that opened and is of no use: nobody forged it, so the client is told what to do.
fn unusable(why: &str) -> Fault {
    Fault::InvalidParams(format!(
        "params.requestState: {why}; make the request again without `requestState` and `inputResponses`"
    ))
}

fn hexadecimal<S: Serializer>(chain: &u128, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{chain:032x}"))
}

fn of_hexadecimal<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
    u128::from_str_radix(&String::deserialize(from)?, 16).map_err(serde::de::Error::custom)
}
