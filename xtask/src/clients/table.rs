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

/// The table of all runs.
pub(super) fn written(rows: &[Row]) -> String {
    let head = ["client", "mode", "transport", "version", "outcome"].map(str::to_owned);
    let lines = rows.iter().map(|row| {
        let outcome = row.wrong.as_deref().unwrap_or("ok");
        [row.client.as_str(), &row.mode, row.transport, &row.version, outcome].map(str::to_owned)
    });
    aligned(&std::iter::once(head).chain(lines).collect::<Vec<_>>())
}

/// Lines whose columns are as wide as what is in them; the last one as wide as it likes.
pub(super) fn aligned<const N: usize>(lines: &[[String; N]]) -> String {
    let width = |column: usize| match column + 1 == N {
        true => 0,
        false => lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default(),
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |cells: &[String; N]| {
        let cells = cells.iter().zip(widths);
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
