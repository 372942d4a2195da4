//! Which URIs match, which do not, and that expansion and matching undo each other.

use std::time::Instant;

use proptest::prelude::*;

use super::{LONGEST_URI, UriTemplate, matching};

fn template(text: &str) -> UriTemplate {
    UriTemplate::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

/// `a=1 b=2`, or `no` where nothing matches.
fn matched(text: &str, uri: &str) -> String {
    let Some(values) = template(text).matches(uri) else { return "no".to_owned() };
    values.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(text: &str, cases: &[(&str, &str)]) {
    for (uri, expected) in cases {
        assert_eq!(matched(text, uri), *expected, "{text} on {uri}");
    }
}

#[test]
fn simple_variables_are_one_segment() {
    check(
        "note:///{id}",
        &[
            ("note:///1", "id=1"),
            ("note:///a%20b", "id=a b"),
            ("note:///caf%C3%A9", "id=café"),
            ("note:///café", "id=café"),
            ("note:///a,b:c;d@e", "id=a,b:c;d@e"),
            ("note:///", "no"),
            ("note:///a/b", "no"),
            ("note:///a?b", "no"),
            ("note:///a#b", "no"),
            ("Note:///a", "no"),
            ("note:///a\nb", "no"),
            ("other:///a", "no"),
        ],
    );
    check("note:///{id}/raw", &[("note:///1/raw", "id=1"), ("note:///1/raw/raw", "no"), ("note:///raw", "no")]);
}

#[test]
fn escapes_must_be_whole_and_utf8() {
    check(
        "note:///{id}",
        &[
            ("note:///%", "no"),
            ("note:///%2", "no"),
            ("note:///%zz", "no"),
            ("note:///%+1", "no"),
            ("note:///%FF", "no"),
            ("note:///%C3", "no"),
            ("note:///%ED%A0%80", "no"),
            ("note:///%c3%a9", "id=é"),
        ],
    );
    check("x:/{a}20{b}", &[("x:/1%20202", "a=1  b=2"), ("x:/1%202", "no")]);
}

#[test]
fn nothing_climbs_out() {
    check(
        "file:///{name}",
        &[
            ("file:///..", "no"),
            ("file:///.", "no"),
            ("file:///%2e%2e", "no"),
            ("file:///%2E.", "no"),
            ("file:///a%2Fb", "no"),
            ("file:///..%2Fb", "no"),
            ("file:///a%5Cb", "no"),
            ("file:///a\\b", "no"),
            ("file:///a%00", "no"),
            ("file:///...", "name=..."),
            ("file:///..a", "name=..a"),
            ("file:///%252e%252e", "name=%2e%2e"),
        ],
    );
    check(
        "file:///{+path}",
        &[
            ("file:///a/b.txt", "path=a/b.txt"),
            ("file:///a%2Fb", "path=a/b"),
            ("file:///a//b", "path=a//b"),
            ("file:///../a", "no"),
            ("file:///a/../b", "no"),
            ("file:///a/..", "no"),
            ("file:///a/%2e%2E/b", "no"),
            ("file:///a%2F..%2Fb", "no"),
            ("file:///./a", "no"),
            ("file:///a\\..\\b", "no"),
            ("file:///a%5C..%5Cb", "no"),
            ("file:///a%00b", "no"),
            ("file:////etc/passwd", "no"),
            ("file:///%2Fetc/passwd", "no"),
        ],
    );
    check("file://{+path}", &[("file:///etc/hosts", "path=/etc/hosts"), ("file:///etc/../x", "no")]);
    check(
        "find:///{?q}",
        &[("find:///?q=..", "no"), ("find:///?q=a/..%2Fb", "no"), ("find:///?q=and%2For", "q=and/or")],
    );
}

#[test]
fn operators() {
    check("x://h{/a,b}", &[("x://h/1/2", "a=1 b=2"), ("x://h/1", "no"), ("x://h/1/2/3", "no")]);
    check("x:/{name}{.ext}", &[("x:/a.b.c", "name=a.b ext=c"), ("x:/a", "no"), ("x:/a.", "no")]);
    check("x:/{a,b}", &[("x:/1,2", "a=1 b=2"), ("x:/1,2,3", "no"), ("x:/1%2C2,3", "a=1,2 b=3")]);
    check("x:/{+a,b}", &[("x:/1/2,3/4", "a=1/2 b=3/4")]);
    check("x:/{a}{#part}", &[("x:/1#two/2?", "a=1 part=two/2?"), ("x:/1", "no")]);
    check(
        "x:/{a}{;p,q}/z",
        &[("x:/1/z", "a=1"), ("x:/1;q=2;p=3/z", "a=1 p=3 q=2"), ("x:/1;p/z", "a=1 p="), ("x:/1;r=2/z", "no")],
    );
    check("x:/{+path}{?q}", &[("x:/a/b?q=1", "path=a/b q=1"), ("x:/a/b", "path=a/b"), ("x:/a?r=1", "no")]);
    check("x:/{+all}", &[("x:/a/b?q=1", "all=a/b?q=1")]);
    check("x:/y?fixed=1{&a}", &[("x:/y?fixed=1&a=2", "a=2"), ("x:/y?fixed=1", ""), ("x:/y?a=2", "no")]);
}

#[test]
fn query_parameters_are_optional_and_in_any_order() {
    check(
        "find:/all{?a,b}",
        &[
            ("find:/all", ""),
            ("find:/all?a=1&b=2", "a=1 b=2"),
            ("find:/all?b=2&a=1", "a=1 b=2"),
            ("find:/all?b=2", "b=2"),
            ("find:/all?a=", "a="),
            ("find:/all?a", "a="),
            ("find:/all?a=1=2", "a=1=2"),
            ("find:/all?a=x%26b%3D1", "a=x&b=1"),
            ("find:/all?a=1&a=2", "no"),
            ("find:/all?c=1", "no"),
            ("find:/all?", "no"),
            ("find:/all?a=1#f", "no"),
        ],
    );
    check("find:/all{?a}{#f}", &[("find:/all?a=1#x", "a=1 f=x"), ("find:/all#x", "f=x")]);
}

#[test]
fn a_literal_between_variables_is_the_first_that_lets_the_rest_match() {
    check("x:/{a}-{b}", &[("x:/1-2-3", "a=1 b=2-3")]);
    check("x:/{a}.md", &[("x:/a.md.md", "a=a.md")]);
    check("x:/{+a}-{b}", &[("x:/a-b/c-d", "a=a-b/c b=d")]);
}

#[test]
fn literals_match_whichever_way_they_are_written() {
    check("x:/café/{a}", &[("x:/café/1", "a=1"), ("x:/caf%c3%a9/1", "a=1")]);
    check("x:/a%2fb/{c}", &[("x:/a%2Fb/1", "c=1"), ("x:/a/b/1", "no")]);
}

#[test]
fn a_bad_template_says_where_and_what_to_write() {
    let cases = [
        ("notes/{id}", 0, "does not begin with a scheme", "note:///{id}"),
        ("{id}", 0, "does not begin with a scheme", "note:///{id}"),
        ("n:/{id", 3, "not closed", "write `}`"),
        ("n:/é/id}", 7, "closes nothing", "write `{`"),
        ("n:/{}", 3, "empty", "name of a variable"),
        ("n:/{a,}", 6, "a name is missing", "name of a variable"),
        ("n:/{a b}", 4, "holds ' '", "letters, digits"),
        ("n:/{a-b}", 4, "holds '-'", "letters, digits"),
        ("n:/{a..b}", 4, "`.` at its edge", "letter on both"),
        ("n:/{path*}", 8, "level 4", "write `path`; `{+path}`"),
        ("n:/{id:3}", 6, "level 4", "write `id`"),
        ("n:/{a}/{a}", 8, "is there twice", "like `a2`"),
        ("n:/{?a,a}", 7, "is there twice", "like `a2`"),
        ("n:/{a}{b}", 6, "`a` and `b` touch", "`{a}/{b}`"),
        ("n:/{+a}{b}", 7, "`a` and `b` touch", "`{a}/{b}`"),
        ("n:/{=a}", 4, "reserved by RFC 6570", "use one of"),
        ("n:/{?a}{&b}", 7, "side by side", "{?a,b}"),
        ("n:/{?a}/b", 7, "up to the end", "put them last"),
        ("n:/?x=1{?a}", 7, "`?` before it already", "write `&`"),
        ("n:/x{&a}", 4, "no `?` before", "write `?`"),
        ("n:/a b", 4, "' ' cannot stand", "%20"),
        ("n:/a%2", 4, "two hexadecimal digits", "%25"),
        ("n:/a\\b", 4, "cannot stand", "%5C"),
    ];
    for (text, at, problem, instead) in cases {
        let error = UriTemplate::parse(text).expect_err(text);
        assert_eq!(error.at, at, "{error}");
        assert!(error.problem.contains(problem), "{error}");
        assert!(error.instead.contains(instead), "{error}");
    }
    assert!(UriTemplate::parse(&format!("n:/{}", "x".repeat(LONGEST_URI))).is_err());
    let many: String = (0..100).map(|n| format!("/{{v{n}}}")).collect();
    assert!(UriTemplate::parse(&format!("n:{many}")).is_err());
}

#[test]
fn variables_are_in_order() {
    let names = |text| template(text).variables().map(str::to_owned).collect::<Vec<_>>().join(" ");
    assert_eq!(names("x:/{b}/{+a}{?z,y}"), "b a z y");
    assert_eq!(names("x:/plain"), "");
}

#[test]
fn the_more_literal_template_is_the_more_specific() {
    let ordered =
        ["x:/{+path}", "x:/{a}/{b}", "x:/{a}/raw", "x:/notes/{id}", "x:/notes/{id}/raw", "x:/notes/today/raw"];
    for pair in ordered.windows(2) {
        assert!(template(pair[0]).specificity() < template(pair[1]).specificity(), "{pair:?}");
    }
    assert!(template("x:/{+a}").specificity() < template("x:/{a}").specificity());
}

#[test]
fn expansions_are_those_of_the_rfc() {
    let values = [
        ("var", "value"),
        ("hello", "Hello World!"),
        ("path", "/foo/bar"),
        ("x", "1024"),
        ("y", "768"),
        ("empty", ""),
        ("half", "50%"),
        ("base", "http://example.com/home/"),
    ];
    let cases = [
        ("O:{hello}", "O:Hello%20World%21"),
        ("O:{half}", "O:50%25"),
        ("O:{+hello}", "O:Hello%20World!"),
        ("O:{+path}/here", "O:/foo/bar/here"),
        ("O:{+base}index", "O:http://example.com/home/index"),
        ("O:{#path}", "O:#/foo/bar"),
        ("O:{x,y}", "O:1024,768"),
        ("O:{.x,y}", "O:.1024.768"),
        ("O:{/var,x}/here", "O:/value/1024/here"),
        ("O:{;x,y,empty}", "O:;x=1024;y=768;empty"),
        ("O:{?x,y,empty}", "O:?x=1024&y=768&empty="),
        ("O:{?x,undefined}", "O:?x=1024"),
        ("O:?fixed=yes{&x}", "O:?fixed=yes&x=1024"),
    ];
    for (text, expected) in cases {
        assert_eq!(template(text).expand(&values), expected, "{text}");
    }
}

#[test]
fn matching_is_linear() {
    let text: String = (0..30).map(|n| format!("a{{+v{n}}}")).collect();
    let pathological = template(&format!("x:{text}b"));
    let uri = format!("x:{}", "a".repeat(LONGEST_URI - 2));
    let begun = Instant::now();
    for _ in 0..10 {
        assert!(pathological.matches(&uri).is_none());
    }
    // Backtracking would take longer than the universe has had.
    assert!(begun.elapsed().as_secs() < 10);
    assert!(template("x:{+a}").matches(&format!("{uri}a")).is_none(), "too long");
}

/// Pieces that stand after a slash, with a variable number each.
fn piece() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("{0}"),
        Just("{+0}"),
        Just("a{0}b"),
        Just("{0}-{1}"),
        Just("{0}20{+1}"),
        Just("{0,1}"),
        Just("{+0,1}"),
        Just("{0}{.1}"),
        Just("{.0,1}"),
        Just("{0}{/1}"),
        Just("{0}{;1,2}"),
        Just("lit"),
        Just("{+0}--{1}.x"),
    ]
}

fn tail() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just(""),
        Just("{?0,1}"),
        Just("{#0}"),
        Just("{?0}{#1}"),
        Just("?x=1{&0}"),
        Just("/x.md"),
        Just("?q={0}")
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c/.?#,;=&%2-]{1,8}", "\\PC{1,6}", any::<String>(), "(\\.\\.|/|%2[eEfF]|\\.|a){1,5}"]
}

/// A value that a single segment may have.
fn segment() -> impl Strategy<Value = String> {
    text().prop_map(|text| {
        let text = text.replace(['/', '\\', '\0'], "");
        if text.is_empty() || !matching::is_segment(&text) { "x".to_owned() } else { text }
    })
}

proptest! {
    #[test]
    fn what_expands_matches_back(pieces in prop::collection::vec(piece(), 1..4), tail in tail(),
                                 texts in prop::collection::vec(segment(), 16)) {
        let mut names = 0;
        let mut source = "x:".to_owned();
        for (index, piece) in pieces.iter().chain([&tail]).enumerate() {
            if index < pieces.len() {
                source.push('/');
            }
            source.push_str(&renamed(piece, &mut names));
        }
        let template = template(&source);
        let variables: Vec<String> = template.variables().map(str::to_owned).collect();
        let values: Vec<(&str, &str)> = variables.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
        let uri = template.expand(&values);
        prop_assume!(uri.len() <= LONGEST_URI);
        let found = template.matches(&uri);
        let found: Option<Vec<(&str, &str)>> = found.as_ref().map(|found| found.iter().map(|(n, v)| (&**n, v.as_str())).collect());
        prop_assert_eq!(found, Some(values), "{} as {}", source, uri);
    }

    #[test]
    fn reserved_values_match_back(value in text()) {
        prop_assume!(!value.is_empty());
        for source in ["x:/{+a}", "x:/{+a}/end", "x:{+a}", "x:/{+a}{?q}", "x:/p{#a}", "x:/{+a}--{b}"] {
            let template = template(source);
            let uri = template.expand(&[("a", &value), ("b", "z")]);
            let inside = matching::stays_inside(&value, source.starts_with("x:/{"));
            let found = template.matches(&uri).map(|found| found[0].1.clone());
            prop_assert_eq!(found, inside.then(|| value.clone()), "{} as {}", source, uri);
        }
    }

    #[test]
    fn no_uri_panics_or_climbs(uri in "x:/[a/.%2eEfF5Cc?&=#;\\\\]{0,24}") {
        for source in ["x:/{a}", "x:/{+a}", "x:/{a}/{b}", "x:/{+a}{?q}", "x:/{a}{.b}", "x:/{a}{;p}{?q}{#f}"] {
            for (name, value) in template(source).matches(&uri).into_iter().flatten() {
                prop_assert!(!value.contains(['\\', '\0']));
                prop_assert!(value.split('/').all(|segment| segment != ".." && segment != "."), "{name}: {value}");
            }
        }
    }

    #[test]
    fn no_template_panics(text in "x:[a-b{}+#./;?&,*:%é ]{0,16}") {
        if let Ok(template) = UriTemplate::parse(&text) {
            let _ = template.matches("x:a/b?a=1#b");
            let _ = template.expand(&[("a", "1"), ("b", "2")]);
        }
    }
}

/// The piece with its numbers made names that are new in the template.
fn renamed(piece: &str, names: &mut usize) -> String {
    let first = *names;
    let mut out = String::new();
    let mut inside = false;
    for c in piece.chars() {
        inside = (inside || c == '{') && c != '}';
        match c.to_digit(10).filter(|_| inside) {
            Some(digit) => {
                let number = first + digit as usize;
                *names = (*names).max(number + 1);
                out.push_str(&format!("v{number}"));
            }
            None => out.push(c),
        }
    }
    out
}
