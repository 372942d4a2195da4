/// A note by its id.
#[resource("note:///{id}{?part}", mime = "text/markdown", audience = ["user", "assistant"], priority = 0.5, cache = 60)]
async fn note(#[complete(ids)] id: String, part: Option<u32>, notes: State<Notes>) -> Result<String> {
    notes.get(&id).or_not_found()
}

/// The settings.
#[resource("config://app", name = "settings", mime = "application/json", size = 120, cache = "1h", public)]
async fn settings() -> &'static str {
    "{}"
}
