//! A server whose handlers are always let go when they ask: the proof that they can be run again.

use crate::server::Server;

impl Server {
    /// Asks every question by letting its handler go, in every version of the protocol.
    ///
    /// In versions without sessions, a tool, prompt or resource that [asks](crate::Cx::ask) is dropped at the question and
    /// runs again from its start once the answers are there. In the others it waits in place. With this it is dropped
    /// there, too, and run again in the same process, so that a test with any client shows whether a handler can be run
    /// again: what goes over the wire must be the same with and without.
    ///
    /// ```
    /// use anpu::model::{ClientCapabilities, ElicitationCapability};
    /// use anpu::prelude::*;
    /// use anpu::testing::Client;
    /// use serde_json::json;
    ///
    /// /// Order something.
    /// #[tool]
    /// async fn order(cx: Cx) -> Result<&'static str> {
    ///     Ok(if cx.ask("sure", Confirm::new("Sure?")).await?.accepted() { "ordered" } else { "left it" })
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> anpu::Result {
    /// let server = Server::new("shop", "1.0.0").with(components![order]).always_replay();
    /// let client = Client::connect(server)
    ///     .capabilities(ClientCapabilities::default().elicitation(ElicitationCapability::form()))
    ///     .answer(|_method, _params| async { Ok(json!({ "action": "accept", "content": {} })) })
    ///     .await?;
    /// let ordered = client.call_tool("order", json!({})).await?;
    /// assert_eq!(ordered.content[0].as_text(), Some("ordered"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn always_replay(mut self) -> Self {
        self.always_replays = true;
        self
    }
}
