//! The mistakes in a regular expression that show without an engine; the rest is found when the server is built.
//! What the framework's engine does not know is a mistake too: a published pattern is an enforced one.

/// What is wrong with `pattern`, if it shows.
pub(crate) fn check(pattern: &str) -> Result<(), String> {
    let mut open = 0_usize;
    let mut class = None;
    let mut repeatable = false;
    let mut letters = pattern.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            let (_, escaped) = letters.next().ok_or("it ends in a single `\\`")?;
            if matches!(escaped, '1'..='9' | 'p' | 'P') {
                return Err(format!("`\\{escaped}` at {at}: back references and Unicode classes are not known"));
            }
            repeatable = true;
            continue;
        }
        if class.is_some() {
            if letter == ']' {
                class = None;
                repeatable = true;
            }
            continue;
        }
        match letter {
            '[' => {
                class = Some(at);
                // `[]]` and `[^]]`: a bracket right at the start is a member of the class.
                letters.next_if(|(_, next)| *next == '^');
                letters.next_if(|(_, next)| *next == ']');
            }
            '(' if ["?=", "?!", "?<=", "?<!"].iter().any(|looks| pattern[at + 1..].starts_with(looks)) => {
                return Err(format!("look-around, at {at}, is not known"));
            }
            '(' => open += 1,
            ')' => open = open.checked_sub(1).ok_or_else(|| format!("`)` at {at} closes nothing"))?,
            // After `(` it opens a kind of group, after a repetition it makes it lazy.
            '?' if at > 0 && !pattern[..at].ends_with(['|', '^']) => {}
            '*' | '+' | '?' if !repeatable => {
                return Err(format!("`{letter}` at {at} has nothing before it to repeat"));
            }
            _ => {}
        }
        repeatable = !matches!(letter, '(' | '|' | '^' | '[');
    }
    match (class, open) {
        (Some(at), _) => Err(format!("`[` at {at} is never closed")),
        (None, 0) => Ok(()),
        (None, open) => Err(format!("{open} `(` never closed")),
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn ordinary_patterns_pass() {
        for pattern in [
            "",
            "^[a-z]+$",
            r"\d{3}-\d{4}",
            "(a|b)*c?",
            "(?:x)+?",
            r"\(",
            "[(]",
            "[]a]",
            "[^]]",
            "(?<year>[0-9]{4})",
            r"[\]]",
            "a|b",
            "(?i)x",
        ] {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
    }

    #[test]
    fn mistakes_are_told() {
        for (pattern, told) in [
            ("[a-z", "`[` at 0 is never closed"),
            ("(a", "1 `(` never closed"),
            ("a)", "`)` at 1 closes nothing"),
            ("*a", "`*` at 0 has nothing before it to repeat"),
            ("a|+", "`+` at 2 has nothing before it to repeat"),
            ("a\\", "it ends in a single `\\`"),
            ("^(?!x)", "look-around, at 1, is not known"),
            ("(?<=x)", "look-around, at 0, is not known"),
            (r"(a)\1", r"`\1` at 3: back references and Unicode classes are not known"),
        ] {
            assert_eq!(check(pattern), Err(told.to_owned()), "{pattern}");
        }
    }
}
