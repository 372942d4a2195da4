//! What came of each run, as a table for people.

/// One run.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) client: String,
    pub(super) mode: String,
    pub(super) transport: &'static str,
    /// The version of the protocol that was spoken, as far as the client tells.
    pub(super) version: String,
    /// What went wrong, if anything did.
    pub(super) wrong: Option<String>,
}

/// The table, its columns as wide as what is in them.
pub(super) fn written(rows: &[Row]) -> String {
    let head = ["client", "mode", "transport", "version", "outcome"];
    let lines: Vec<[&str; 5]> = std::iter::once(head)
        .chain(rows.iter().map(|row| {
            let outcome = row.wrong.as_deref().unwrap_or("ok");
            [row.client.as_str(), &row.mode, row.transport, &row.version, outcome]
        }))
        .collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; 4] = std::array::from_fn(width);
    let line = |cells: &[&str; 5]| {
        let cells = cells.iter().zip(widths.into_iter().chain([0]));
        let padded: Vec<String> = cells.map(|(cell, width)| format!("{cell:<width$}")).collect();
        padded.join("  ").trim_end().to_owned() + "\n"
    };
    lines.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_failures_are_told() {
        let row = |client: &str, wrong: Option<&str>| Row {
            client: client.to_owned(),
            mode: "auto".to_owned(),
            transport: "http",
            version: "v".to_owned(),
            wrong: wrong.map(str::to_owned),
        };
        let text = written(&[row("a long name", None), row("b", Some("no answer"))]);
        let expected = "\
client       mode  transport  version  outcome
a long name  auto  http       v        ok
b            auto  http       v        no answer
";
        assert_eq!(text, expected);
    }
}
