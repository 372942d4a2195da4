/// Ask for a review.
#[prompt(title = "Review")]
async fn review(
    /// what to review
    code: String,
    #[complete(languages)] language: Option<String>,
    #[arg(rename = "maxLines")] max_lines: u32,
    notes: State<Notes>,
) -> Vec<Message> {
    todo!()
}

#[prompt(blocking)]
fn template(name: String, cx: Cx) -> Result<String> {
    todo!()
}

#[prompt]
async fn plain() -> &'static str {
    "Hello"
}
