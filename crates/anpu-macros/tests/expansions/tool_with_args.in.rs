/// Search the notes.
#[tool(read_only, timeout = 5)]
fn search(Args(query): Args<Query>, notes: State<Notes>) -> Vec<Content> {
    notes.search(&query)
}
