//! The formats of strings that are enforced, in arguments and in answers. A format that is not here says something to the
//! reader only.

use std::net::{Ipv4Addr, Ipv6Addr};

/// An enforced format: its name, what a model is told to write, and the test.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Format {
    pub(crate) name: &'static str,
    pub(crate) like: &'static str,
    pub(crate) fits: fn(&str) -> bool,
}

const ALL: [Format; 7] = [
    Format { name: "date-time", like: "a date-time like 2026-01-31T12:00:00Z", fits: date_time },
    Format { name: "date", like: "a date like 1999-12-31", fits: date },
    Format { name: "email", like: "an email address", fits: email },
    Format { name: "uri", like: "a URI like https://example.com/", fits: uri },
    Format { name: "uuid", like: "a UUID like 123e4567-e89b-12d3-a456-426614174000", fits: uuid },
    Format { name: "ipv4", like: "an IPv4 address", fits: |text| text.parse::<Ipv4Addr>().is_ok() },
    Format { name: "ipv6", like: "an IPv6 address", fits: |text| text.parse::<Ipv6Addr>().is_ok() },
];

pub(crate) fn named(name: &str) -> Option<Format> {
    ALL.into_iter().find(|format| format.name == name)
}

fn date_time(text: &str) -> bool {
    let Some((day, time)) = text.split_at_checked(10) else { return false };
    let Some(time) = time.strip_prefix(['T', 't', ' ']) else { return false };
    date(day) && time_with_offset(time)
}

fn date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let (Some(year), Some(month), Some(day)) = (digits(year).filter(|_| year.len() == 4), two(month), two(day)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}

fn time_with_offset(text: &str) -> bool {
    let Some((time, rest)) = text.split_at_checked(8) else { return false };
    let parts: Vec<Option<u8>> = time.split(':').map(two).collect();
    let [Some(hour), Some(minute), Some(second)] = parts[..] else { return false };
    let fraction = rest.strip_prefix('.').map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    if fraction.is_some_and(|after| rest.len() - after.len() < 2) {
        return false;
    }
    let offset = fraction.unwrap_or(rest);
    let known = match offset.strip_prefix(['+', '-']).and_then(|offset| offset.split_once(':')) {
        Some((hours, minutes)) => two(hours).is_some_and(|hours| hours < 24) && two(minutes).is_some_and(|m| m < 60),
        None => matches!(offset, "Z" | "z"),
    };
    hour < 24 && minute < 60 && second <= 60 && known
}

fn two(text: &str) -> Option<u8> {
    if text.len() == 2 { digits(text)?.try_into().ok() } else { None }
}

fn digits(text: &str) -> Option<u16> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn email(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else { return false };
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | ',' | ';' | '@');
    let label = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    !name.is_empty() && text.len() <= 254 && name.chars().all(plain) && host.split('.').all(label)
}

fn uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let bytes = rest.as_bytes();
    let escapes_hold = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'%')
        .all(|(at, _)| bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)));
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
        && bytes.iter().all(|byte| byte.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(byte))
        && escapes_hold
}

fn uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
