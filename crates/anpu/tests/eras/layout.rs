//! A message as text for readers: on one line if it fits, else a member a line.

use serde_json::Value;

const WIDTH: usize = 118;

/// `value` behind a mark of two characters; all but the first line are indented.
pub(crate) fn of(value: &Value) -> String {
    let mut text = String::new();
    put(value, 2, 2, &mut text);
    text
}

/// `column` is where the text goes on.
fn put(value: &Value, indent: usize, column: usize, text: &mut String) {
    let flat = flat(value);
    if column + flat.chars().count() <= WIDTH {
        text.push_str(&flat);
        return;
    }
    let inner = indent + 2;
    let (open, close, parts): (_, _, Vec<(String, &Value)>) = match value {
        Value::Object(members) => {
            ('{', '}', members.iter().map(|(key, value)| (format!("{}: ", Value::from(key.as_str())), value)).collect())
        }
        Value::Array(items) => ('[', ']', items.iter().map(|item| (String::new(), item)).collect()),
        _ => return text.push_str(&flat),
    };
    text.push(open);
    for (at, (key, part)) in parts.iter().enumerate() {
        text.push_str(if at == 0 { "\n" } else { ",\n" });
        text.push_str(&" ".repeat(inner));
        text.push_str(key);
        put(part, inner, inner + key.chars().count() + 1, text);
    }
    text.push('\n');
    text.push_str(&" ".repeat(indent));
    text.push(close);
}

fn flat(value: &Value) -> String {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let members: Vec<_> =
                members.iter().map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), flat(value))).collect();
            format!("{{ {} }}", members.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(flat).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}
