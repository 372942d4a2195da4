//! URI templates at compile time: the subset of RFC 6570 that can be matched, and the names in it.
//! Knows no server: matching is the framework's business.

/// A checked template: its variables in order of appearance.
#[derive(Debug, PartialEq)]
pub(crate) struct Template {
    pub(crate) variables: Vec<Variable>,
}

/// One variable and whether the URI may lack it (`{?page}`, `{&page}`, `{;page}`).
#[derive(Debug, PartialEq)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) optional: bool,
}

impl Template {
    /// Reads `uri`; the error says what is wrong and what to write.
    pub(crate) fn read(uri: &str) -> Result<Self, String> {
        scheme(uri)?;
        let mut variables: Vec<Variable> = Vec::new();
        let mut rest = uri;
        while let Some(at) = rest.find(['{', '}']) {
            if rest[at..].starts_with('}') {
                return Err("a `}` closes nothing: write `{name}` for a variable, `%7D` for a brace".to_owned());
            }
            let inside = &rest[at + 1..];
            let end = inside.find(['{', '}']).filter(|end| inside[*end..].starts_with('}'));
            let end = end.ok_or("a `{` is never closed: write `{name}` for a variable, `%7B` for a brace")?;
            let before = &uri[..uri.len() - rest.len() + at];
            rest = &inside[end + 1..];
            let operator = operator(&inside[..end])?;
            surroundings(operator, before, rest)?;
            let names = &inside[usize::from(operator.is_some())..end];
            names.split(',').try_for_each(|name| variable(name, operator, &mut variables))?;
        }
        Ok(Self { variables })
    }
}

/// Every URI begins with a scheme; a template may not hide it in a variable.
fn scheme(uri: &str) -> Result<(), String> {
    let named = uri.split_once(':').is_some_and(|(scheme, rest)| {
        let letter = |letter: char| letter.is_ascii_alphanumeric() || "+-.".contains(letter);
        scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.chars().all(letter) && !rest.is_empty()
    });
    if !named {
        return Err("a URI begins with its scheme, as in `note:///{id}`".to_owned());
    }
    match uri.chars().find(|letter| letter.is_whitespace() || letter.is_control() || "<>\"\\^`|".contains(*letter)) {
        Some(letter) => Err(format!("{letter:?} is not a letter of a URI: percent-encode it")),
        None => Ok(()),
    }
}

/// The operator of an expression, if it has one.
fn operator(expression: &str) -> Result<Option<char>, String> {
    match expression.chars().next() {
        Some(known @ ('+' | '#' | '.' | '/' | ';' | '?' | '&')) => Ok(Some(known)),
        Some(other @ ('=' | ',' | '!' | '@' | '|' | '$' | '(' | ')' | '*')) => {
            Err(format!("`{other}` is no operator of a URI template: known are `+ # . / ; ? &`"))
        }
        _ => Ok(None),
    }
}

/// What may stand before and after an expression, so that a URI can be taken apart in one way only.
fn surroundings(operator: Option<char>, before: &str, after: &str) -> Result<(), String> {
    let told = match operator {
        Some('?') if before.contains('?') => "a query begins once: write `{&..}` after the first `?`",
        Some('&') if !before.contains('?') => "there is no `?` before it: write `{?..}`",
        Some('?' | '&') if !after.is_empty() && !after.starts_with(['#', '{']) => {
            "the variables of a query take all of it: put them last"
        }
        Some('?' | '&') if after.starts_with("{?") || after.starts_with("{&") => {
            "two queries side by side: put all names into one, as in `{?a,b}`"
        }
        None | Some('+' | '#' | '.' | '/') if touches(after) => {
            "two variables side by side cannot be told apart: put a `/` between them"
        }
        _ => return Ok(()),
    };
    Err(told.to_owned())
}

/// Does a variable begin right here?
fn touches(after: &str) -> bool {
    let begins = |first: char| first.is_ascii_alphanumeric() || matches!(first, '_' | '+');
    after.strip_prefix('{').is_some_and(|inside| inside.starts_with(begins))
}

fn variable(name: &str, operator: Option<char>, variables: &mut Vec<Variable>) -> Result<(), String> {
    if name.is_empty() {
        return Err("a variable has a name: write `{name}`".to_owned());
    }
    if let Some(bare) = name.strip_suffix('*') {
        return Err(format!(
            "`{{{name}}}`: lists cannot be matched, write `{{{bare}}}`, or `{{+{bare}}}` for many segments"
        ));
    }
    if let Some((bare, _)) = name.split_once(':') {
        return Err(format!("`{{{name}}}`: prefixes cannot be matched, write `{{{bare}}}`"));
    }
    let letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.');
    if !name.chars().all(letter) || name.split('.').any(str::is_empty) {
        return Err(format!("`{name}` is not the name of a variable: it has letters, digits, `_` and `.` inside"));
    }
    if variables.iter().any(|other| other.name == name) {
        return Err(format!("the variable `{name}` is there twice"));
    }
    variables.push(Variable { name: name.to_owned(), optional: matches!(operator, Some('?' | '&' | ';')) });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Template;

    fn names(uri: &str) -> Vec<String> {
        Template::read(uri).unwrap().variables.into_iter().map(|variable| variable.name).collect()
    }

    #[test]
    fn the_variables_are_found_in_order() {
        assert_eq!(names("note:///{id}"), ["id"]);
        assert_eq!(
            names("repo://{owner}/{name}/contents{/path}{?page,size}"),
            ["owner", "name", "path", "page", "size"]
        );
        assert_eq!(names("file:///{+path}"), ["path"]);
        assert_eq!(names("config://app"), [""; 0]);
    }

    #[test]
    fn named_variables_are_optional() {
        let template = Template::read("notes:///{list}{;view}{?tag}").unwrap();
        let optional: Vec<bool> = template.variables.iter().map(|variable| variable.optional).collect();
        assert_eq!(optional, [false, true, true]);
    }

    #[test]
    fn mistakes_are_told() {
        for (uri, told) in [
            ("note:///{id", "never closed"),
            ("note:///id}", "closes nothing"),
            ("note:///{a{b}}", "never closed"),
            ("note:///{}", "a variable has a name"),
            ("note:///{a,}", "a variable has a name"),
            ("note:///{!id}", "`!` is no operator"),
            ("note:///{=id}", "`=` is no operator"),
            ("note:///{id}/{id}", "`id` is there twice"),
            ("note:///{list*}", "write `{list}`"),
            ("note:///{id:3}", "write `{id}`"),
            ("note:///{a-b}", "`a-b` is not the name of a variable"),
            ("note:///{a.}", "`a.` is not the name of a variable"),
            ("note:///{a}{b}", "side by side"),
            ("note:///{a}{+b}", "side by side"),
            ("note:///a{?b}/c", "put them last"),
            ("note:///a{?b}{?c}", "put all names into one"),
            ("note:///a{?b}{&c}", "put all names into one"),
            ("note:///a?b{?c}", "a query begins once"),
            ("note:///a{&c}", "write `{?..}`"),
            ("{scheme}://x", "begins with its scheme"),
            ("notes", "begins with its scheme"),
            ("note:///a b", "percent-encode"),
        ] {
            let error = Template::read(uri).unwrap_err();
            assert!(error.contains(told), "{uri}: {error}");
        }
    }
}
