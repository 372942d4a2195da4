//! Rows for a terminal: what clients wrote is shown without anything that a terminal obeys.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::record::Session;

/// Characters of what a client wrote.
const MOST: usize = 60;

/// All sessions, a line each.
pub(super) fn of(sessions: &[Session]) -> String {
    let head = ["ID", "CLIENT", "VERSION", "OWNER", "IDLE", "LEFT"].map(str::to_owned);
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(sessions.iter().map(row)).collect();
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let line: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        // Writing into a text does not fail.
        let _ = writeln!(text, "{}", line.join("  ").trim_end());
    }
    text
}

fn row(session: &Session) -> [String; 6] {
    let version = session.record.as_ref().map(|record| plain(&record.session.version));
    [
        session.id.clone(),
        session.client(),
        version.unwrap_or_default(),
        session.owner.clone().unwrap_or_else(|| "-".to_owned()),
        span(session.idle_seconds),
        span(session.left_seconds),
    ]
}

/// A text of somebody else, cut, and without control characters.
pub(super) fn plain(text: &str) -> String {
    let mut shown = plain_whole(text);
    if let Some((end, _)) = shown.char_indices().nth(MOST) {
        shown.truncate(end);
        shown.push('…');
    }
    shown
}

/// The same, uncut.
pub(super) fn plain_whole(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        // Those that turn the direction of text around are as misleading as those that move the cursor.
        match letter.is_control()
            || matches!(letter, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            true => shown.extend(letter.escape_unicode()),
            false => shown.push(letter),
        }
    }
    shown
}

/// A span of time, in its two largest units.
pub(super) fn span(seconds: u64) -> String {
    let units = [("d", 24 * 60 * 60), ("h", 60 * 60), ("min", 60), ("s", 1)];
    let mut left = seconds;
    let mut parts = Vec::new();
    for (unit, size) in units {
        let whole = left / size;
        left %= size;
        if whole > 0 {
            parts.push(format!("{whole} {unit}"));
        } else if !parts.is_empty() {
            break;
        }
    }
    parts.truncate(2);
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

/// A time of day, seconds since 1970.
pub(super) fn time(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_wrote_moves_no_cursor() {
        assert_eq!(plain("a\u{1b}[2Jb\u{202e}c"), "a\\u{1b}[2Jb\\u{202e}c");
        assert_eq!(plain(&"é".repeat(61)), format!("{}…", "é".repeat(60)));
    }

    #[test]
    fn spans_have_two_units() {
        let spans = [0, 59, 60, 3_725, 604_799, 604_800].map(span);
        assert_eq!(spans, ["0 s", "59 s", "1 min", "1 h 2 min", "6 d 23 h", "7 d"]);
    }
}
