//! A web page to be visited: what must not pass through the client happens there.

use anpu_proto::fault::Fault;
use anpu_proto::model::{
    Answer, Ask, ClientCapabilities, ElicitRequestParams, ElicitRequestUrlParams,
    ElicitationCompleteNotificationParams, Notice,
};
use http::Uri;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Outcome, Question, one};
use crate::error::{Error, ErrorKind, Result};
use crate::handler::Cx;

/// Sends a person to a web page, for what must not pass through the client: passwords, payments, logins elsewhere.
///
/// [`Outcome::Accepted`] means that they agreed to go there, not that they did what is to be done there: whoever serves
/// the page knows that, and tells the client with [`SessionHandle::elicitation_complete`] under the [`id`](Self::id).
/// The page must be reached by `https`, or by `http` on this machine.
///
/// ```
/// use anpu::prelude::*;
///
/// # async fn demo(cx: Cx) -> Result<()> {
/// let visit = Visit::with_id("Connect your calendar", |id| format!("https://example.com/connect?for={id}"));
/// let id = visit.id().to_owned();
/// cx.ask("connect", visit).await?.or_declined("without the calendar there is nothing to plan")?;
/// # Ok(())
/// # }
/// ```
///
/// The id is made anew each time. Where it must stay the same although the handler [runs again](Cx::once), the whole visit
/// is kept: `cx.once("visit", async { Ok::<_, Error>(Visit::with_id(..)) })`.
///
/// [`SessionHandle::elicitation_complete`]: crate::SessionHandle::elicitation_complete
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Visit {
    message: String,
    url: String,
    id: String,
}

impl Visit {
    /// Asks for this page to be visited.
    pub fn new(message: impl Into<String>, url: impl Into<String>) -> Self {
        Self { message: message.into(), url: url.into(), id: random_id().unwrap_or_default() }
    }

    /// Asks for the page to be visited whose URL is made with the id of this visit.
    pub fn with_id(message: impl Into<String>, url: impl FnOnce(&str) -> String) -> Self {
        let mut visit = Self::new(message, String::new());
        visit.url = url(&visit.id);
        visit
    }

    /// The id, random and never used before: what the client is told once all is done.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where the page is.
    pub fn url(&self) -> &str {
        &self.url
    }

    fn params(&self) -> ElicitRequestUrlParams {
        ElicitRequestUrlParams::new(&self.message, &self.url).elicitation_id(&self.id)
    }
}

impl Question for Visit {
    type Answer = Outcome<()>;

    fn check(&self) -> Result {
        if self.id.is_empty() {
            return Err(Error::new(ErrorKind::Io, "the system gives no random bits"));
        }
        if is_safe(&self.url) {
            return Ok(());
        }
        // Only its beginning, because what follows may be secret.
        let origin: String = self.url.split(['?', '#', '@']).next().unwrap_or_default().chars().take(64).collect();
        Err(Error::config(format!(
            "people are sent to https:// pages (or http:// on this machine) only, not `{origin}`"
        )))
    }

    fn ask(&self) -> Ask {
        Ask::Elicit(ElicitRequestParams::Url(self.params()))
    }

    fn required(&self, client: &ClientCapabilities) -> Result<(), Value> {
        if client.elicits_url() { Ok(()) } else { Err(json!({ "elicitation": { "url": {} } })) }
    }

    fn read(&self, answer: Answer) -> Result<Self::Answer> {
        Ok(one::outcome(answer)?.map(|_| ()))
    }
}

impl Cx {
    /// The error for a request that can go on only after its user has visited these pages: the client sends them there,
    /// and may then make the request again.
    ///
    /// It is `-32042` in 2025-11-25, the one version that has such an error, and a plain error with the same text and data
    /// in the others. To a client that cannot open URLs it is the error of that missing capability.
    ///
    /// ```
    /// use anpu::prelude::*;
    ///
    /// /// List the events of today.
    /// #[tool]
    /// async fn today(cx: Cx) -> Result<String> {
    ///     let visit = Visit::with_id("Connect your calendar", |id| format!("https://example.com/connect?for={id}"));
    ///     Err(cx.visit_first("Your calendar is not connected yet.", [visit]))
    /// }
    /// ```
    pub fn visit_first(&self, message: impl Into<String>, visits: impl IntoIterator<Item = Visit>) -> Error {
        let visits: Vec<Visit> = visits.into_iter().collect();
        let capabilities = self.client_capabilities();
        for visit in &visits {
            if let Err(error) = visit.check() {
                return error;
            }
            if let Err(missing) = visit.required(capabilities) {
                return Fault::MissingCapability(missing).into();
            }
        }
        let elicitations = visits.iter().map(Visit::params).map(serde_json::to_value).collect::<Result<_, _>>();
        match elicitations.map(Value::Array) {
            Ok(elicitations) => Fault::UrlElicitationRequired { message: message.into(), elicitations }.into(),
            Err(error) => error.into(),
        }
    }

    /// Tells the client that what was to be done at the page of this [`Visit`] is done.
    pub async fn elicitation_complete(&self, id: &str) {
        self.port().say(Notice::ElicitationComplete(ElicitationCompleteNotificationParams::new(id)));
    }
}

fn is_safe(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let (Some(authority), Some(host)) = (uri.authority(), uri.host()) else { return false };
    // What stands before an `@` looks like a host to people.
    if host.is_empty() || authority.as_str().contains('@') {
        return false;
    }
    match uri.scheme_str() {
        Some("https") => true,
        Some("http") => {
            let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
            host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
        }
        _ => false,
    }
}

fn random_id() -> Option<String> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).ok()?;
    Some(format!("{:032x}", u128::from_le_bytes(bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_sent_to_safe_pages_only() {
        for good in [
            "https://example.com/a?b=c",
            "https://example.com:8443",
            "http://localhost:3000/x",
            "http://127.0.0.1/",
            "http://[::1]:80/",
        ] {
            Visit::new("m", good).check().unwrap();
        }
        for bad in [
            "http://example.com/",
            "http://localhost.example.com/",
            "http://127.0.0.1.example.com/",
            "https://bank.example@evil.example/",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "/relative",
            "https://",
            "",
            "https://a b/",
        ] {
            let error = Visit::new("m", bad).check().expect_err(bad);
            assert_eq!(error.kind(), ErrorKind::Config, "{bad}");
        }
        let secret = Visit::new("m", "http://example.com/?token=hunter2").check().unwrap_err();
        assert!(!secret.to_string().contains("hunter2"), "{secret}");
    }

    #[test]
    fn ids_differ_and_may_stand_in_the_url() {
        let visit = Visit::with_id("m", |id| format!("https://a.example/{id}"));
        assert_eq!(visit.url(), format!("https://a.example/{}", visit.id()));
        assert_ne!(visit.id(), Visit::new("m", "https://a.example").id());
    }
}
