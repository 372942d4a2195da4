/// What to look for.
#[derive(Args)]
#[serde(rename_all = "camelCase")]
pub struct Query {
    /// the words
    #[arg(min_length = 1)]
    words: String,
    #[arg(min = 1, max = 50, default = 10)]
    limit: u32,
    after: Option<Date>,
}
