//! What a reader should know of the scripts, as a table: which words are on the wire since which version.

use crate::conversations::{SCRIPTS, VERSIONS, heard};

const SINCE: &[(&str, &str, &str)] = &[
    // script, words, the first version that has them
    ("handshake", r#""completions":{}"#, "2025-03-26"),
    ("handshake", r#""title":"Eras""#, "2025-06-18"),
    ("handshake", r#""description":"#, "2025-11-25"),
    ("handshake", r#""icons":"#, "2025-11-25"),
    ("handshake", r#""websiteUrl":"#, "2025-11-25"),
    ("ask", r#""method":"elicitation/create""#, "2025-06-18"),
    ("ask", r#""mode":"form""#, "2025-11-25"),
    ("ask", r#""oneOf":"#, "2025-11-25"),
    ("confirm", r#""method":"elicitation/create""#, "2025-06-18"),
    ("choices", r#""anyOf":"#, "2025-11-25"),
    ("url", r#""mode":"url""#, "2025-11-25"),
    ("url", r#""method":"notifications/elicitation/complete""#, "2025-11-25"),
    ("url", r#""code":-32042"#, "2025-11-25"),
    ("sample", r#""type":"audio""#, "2025-03-26"),
    ("sample", r#""content":[{"text":"first""#, "2025-11-25"),
    ("sample", r#""tools":[{"#, "2025-11-25"),
    ("roots", r#""method":"roots/list""#, "2024-11-05"),
    ("progress", r#""message":"halfway""#, "2025-03-26"),
    ("log", r#""method":"notifications/message""#, "2024-11-05"),
    ("structured", r#""structuredContent":{"#, "2025-06-18"),
    ("tool", r#""outputSchema":{"#, "2025-06-18"),
    ("link", r#""type":"resource_link""#, "2025-06-18"),
    ("audio", r#""type":"audio""#, "2025-03-26"),
    ("embedded", r#""type":"resource""#, "2024-11-05"),
    ("embedded", r#""lastModified":"#, "2025-06-18"),
    ("embedded", r#""_meta":"#, "2025-06-18"),
    ("image", r#""type":"image""#, "2024-11-05"),
    ("tool", r#""annotations":"#, "2025-03-26"),
    ("tool", r#""title":"Described""#, "2025-03-26"),
    ("tool", r#""_meta":"#, "2025-06-18"),
    ("tool", r#""icons":"#, "2025-11-25"),
    ("tool_error", r#""isError":true"#, "2024-11-05"),
    ("resource", r#""code":-32002"#, "2024-11-05"),
    ("resource", r#""title":"Note 1""#, "2025-06-18"),
    ("resource", r#""icons":"#, "2025-11-25"),
    ("prompt", r#""title":"Review""#, "2025-06-18"),
    ("prompt", r#""icons":"#, "2025-11-25"),
    ("completion", r#""values":["anpu"]"#, "2025-06-18"),
    ("join", r#""method":"sampling/createMessage""#, "2024-11-05"),
    ("join", r#""sky#2":{"#, "2026-07-28"),
    ("once", r#"reservation 1, "#, "2024-11-05"),
    ("ask_prompt", r#"Greet Ann."#, "2025-06-18"),
    ("ask_resource", r#""text":"the secret""#, "2025-06-18"),
    ("ask_resource", r#"chapter 7 of file:///a"#, "2024-11-05"),
    ("incapable", r#""requiredCapabilities":{"#, "2024-11-05"),
    ("incapable", r#""code":-32021"#, "2026-07-28"),
    ("watch", r#""method":"notifications/resources/updated""#, "2024-11-05"),
    ("watch", r#""method":"notifications/subscriptions/acknowledged""#, "2026-07-28"),
    ("watch", r#""io.modelcontextprotocol/subscriptionId":"w""#, "2026-07-28"),
    ("ask", r#""resultType":"input_required""#, "2026-07-28"),
    ("tool", r#""resultType":"complete""#, "2026-07-28"),
    ("tool", r#""io.modelcontextprotocol/serverInfo":{"#, "2026-07-28"),
    ("tool", r#""ttlMs":60000"#, "2026-07-28"),
    ("resource", r#""cacheScope":"public""#, "2026-07-28"),
    ("resource", r#""ttlMs":3600000"#, "2026-07-28"),
    ("handshake", r#""supportedVersions":["#, "2026-07-28"),
];

/// What there is no longer.
const UNTIL: &[(&str, &str, &str)] = &[
    // script, words, the last version that has them
    ("handshake", r#""protocolVersion":"#, "2025-11-25"),
    ("handshake", r#""result":{}"#, "2025-11-25"),
    ("url", r#""method":"notifications/elicitation/complete""#, "2025-11-25"),
    ("url", r#""code":-32042"#, "2025-11-25"),
    ("log", r#""result":{}"#, "2025-11-25"),
    ("resource", r#""code":-32002"#, "2025-11-25"),
    ("watch", r#""result":{}"#, "2025-11-25"),
    ("ask", r#""id":"ask-1""#, "2025-11-25"),
    ("roots", r#""id":"ask-1""#, "2025-11-25"),
];

#[test]
fn what_each_version_added_is_said_from_then_on_and_not_before() {
    for (script, words, since) in SINCE {
        let until = UNTIL.iter().find(|(name, last_words, _)| name == script && last_words == words);
        for version in VERSIONS {
            let said = heard(script, version);
            let has = version >= *since && until.is_none_or(|(.., until)| version <= *until);
            assert_eq!(said.contains(words), has, "{script}, {version}: {words} is there since {since}\n{said}");
        }
    }
}

#[test]
fn what_a_version_took_away_is_said_until_then_and_not_after() {
    for (script, words, until) in UNTIL {
        let old =
            VERSIONS.iter().filter(|version| *version <= until).any(|version| heard(script, version).contains(words));
        assert!(old, "{script}: {words} is there until {until}");
        for version in VERSIONS.iter().filter(|version| *version > until) {
            let said = heard(script, version);
            assert!(!said.contains(words), "{script}, {version}: {words} is there until {until}\n{said}");
        }
    }
}

#[test]
fn every_script_is_in_the_table() {
    for script in SCRIPTS {
        assert!(SINCE.iter().any(|(name, ..)| name == script), "{script}");
    }
}
