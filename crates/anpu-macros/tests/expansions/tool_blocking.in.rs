/// Count the words of a file.
#[tool(blocking, crate = my::anpu)]
fn count(path: String, cx: Cx) -> Result<usize> {
    todo!()
}

/// Nothing to say.
#[tool(blocking)]
fn nothing() {}

#[tool]
fn quick() -> u8 {
    1
}
