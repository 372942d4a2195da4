//! The parts that sample messages are made of, with every optional member filled in.

use anpu_proto::model::*;
use serde_json::{Map, Value, json};

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("{other} is no object"),
    }
}

pub(crate) fn schema(value: Value) -> Schema {
    Schema::try_from(value).unwrap()
}

pub(crate) fn meta() -> Meta {
    Meta::absent().with("com.example/trace", json!({ "deep": [1, null] }))
}

pub(crate) fn result_meta() -> Meta {
    meta()
        .with(Meta::SERVER_INFO, serde_json::to_value(implementation()).unwrap())
        .with(Meta::RELATED_TASK, json!({ "taskId": "t-1" }))
}

pub(crate) fn notice_meta() -> Meta {
    meta().with(Meta::SUBSCRIPTION_ID, "listen-1").with(Meta::RELATED_TASK, json!({ "taskId": "t-1" }))
}

pub(crate) fn icon() -> Icon {
    Icon::new("https://example.com/icon.png").mime_type("image/png").size("48x48").size("any").theme(IconTheme::Dark)
}

pub(crate) fn annotations() -> Annotations {
    Annotations::new()
        .audience(Role::User)
        .audience(Role::Assistant)
        .priority(0.5)
        .last_modified("2025-01-12T15:00:58Z")
}

pub(crate) fn implementation() -> Implementation {
    Implementation::new("server", "1.0.0")
        .title("Server")
        .description("A server.")
        .website_url("https://example.com")
        .icon(icon())
}

pub(crate) fn resource() -> Resource {
    Resource::new("file:///a.rs", "a.rs")
        .title("A")
        .description("The first file.")
        .mime_type("text/x-rust")
        .annotations(annotations())
        .size(42)
        .icon(icon())
        .meta("com.example/a", true)
}

pub(crate) fn template() -> ResourceTemplate {
    ResourceTemplate::new("file:///{path}", "files")
        .title("Files")
        .description("Any file.")
        .mime_type("text/plain")
        .annotations(annotations())
        .icon(icon())
        .meta("com.example/a", true)
}

pub(crate) fn contents() -> Vec<ResourceContents> {
    vec![
        ResourceContents::text("file:///a.rs", "fn main() {}").mime_type("text/x-rust").meta("com.example/a", 1),
        ResourceContents::blob("file:///b.png", "iVBORw0KGgo=").mime_type("image/png").meta("com.example/a", 1),
    ]
}

/// Every kind of content, and one that no version knows.
pub(crate) fn content() -> Vec<Content> {
    let [text, blob] = <[ResourceContents; 2]>::try_from(contents()).unwrap();
    let known = [
        Content::text("hello"),
        Content::image("iVBORw0KGgo=", "image/png"),
        Content::audio("UklGRg==", "audio/wav"),
        Content::resource_link(resource()),
        Content::embedded(text),
        Content::embedded(blob),
    ];
    let full = known.into_iter().map(|content| content.annotations(annotations()).meta("com.example/a", 1));
    full.chain([Content::Other(object(json!({ "type": "hologram", "beams": 3 })))]).collect()
}

pub(crate) fn tool() -> Tool {
    let hints =
        ToolAnnotations::new().title("Adder").read_only(true).destructive(false).idempotent(true).open_world(false);
    Tool::new("add")
        .title("Add")
        .description("Adds two numbers.")
        .input_schema(schema(json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": { "a": { "type": "number" }, "b": true, "c": false },
            "required": ["a"],
            "additionalProperties": false,
        })))
        .output_schema(schema(json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": { "sum": { "type": "number" } },
            "required": ["sum"],
        })))
        .annotations(hints)
        .task_support(TaskSupport::Optional)
        .icon(icon())
        .meta("com.example/a", 1)
}

pub(crate) fn prompt() -> Prompt {
    let argument = PromptArgument::new("code").title("Code").description("What to review.").required(true);
    Prompt::new("review")
        .title("Review")
        .description("Reviews code.")
        .argument(argument)
        .argument(PromptArgument::new("language"))
        .icon(icon())
        .meta("com.example/a", 1)
}

pub(crate) fn server_capabilities() -> ServerCapabilities {
    ServerCapabilities::new()
        .logging()
        .completions()
        .prompts(true)
        .resources(true, true)
        .tools(true)
        .tasks(ServerTasksCapability::of_tool_calls())
        .extension("com.example/ext", object(json!({ "setting": 1 })))
        .experimental("com.example/exp", object(json!({ "setting": 1 })))
}

/// Every kind of field, every way to say a choice, with every member.
pub(crate) fn form() -> RequestedSchema {
    let titled = [("#f00", "Red"), ("#0f0", "Green")];
    let mut one = EnumSchema::one_of(["a", "b"]).title("One").description("Choose one.");
    let mut one_titled = EnumSchema::one_of_titled(titled).title("One").description("Choose one.");
    let mut some = EnumSchema::some_of(["a", "b"]).title("Some").description("Choose some.");
    let mut some_titled = EnumSchema::some_of_titled(titled).title("Some").description("Choose some.");
    let mut legacy = LegacyTitledEnumSchema::default();
    (legacy.values, legacy.enum_names) = (vec!["a".into(), "b".into()], vec!["A".into(), "B".into()]);
    legacy.default = Some("a".into());
    let legacy = EnumSchema::LegacyTitled(legacy).title("One").description("Choose one.");
    for choice in [&mut one, &mut one_titled, &mut some, &mut some_titled] {
        match choice {
            EnumSchema::UntitledSingle(field) => field.default = Some("a".into()),
            EnumSchema::TitledSingle(field) => field.default = Some("#f00".into()),
            EnumSchema::UntitledMulti(field) => {
                (field.min_items, field.max_items, field.default) = (Some(1), Some(2), Some(vec!["a".into()]));
            }
            EnumSchema::TitledMulti(field) => {
                (field.min_items, field.max_items, field.default) = (Some(1), Some(2), Some(vec!["#f00".into()]));
            }
            EnumSchema::LegacyTitled(_) => {}
        }
    }
    let text =
        StringSchema::new().title("Mail").description("Where to write.").length(3, 50).format(StringFormat::Email);
    let number = NumberSchema::integer().title("Age").description("In years.").range(0.0, 150.0).default_value(18.0);
    let flag = BooleanSchema::new().title("Sure").description("Really?").default_value(true);
    let mut form = RequestedSchema::new()
        .required("mail", text.default_value("a@example.com"))
        .required("age", number)
        .optional("ratio", NumberSchema::number())
        .optional("sure", flag)
        .optional("one", one)
        .optional("one_titled", one_titled)
        .optional("some", some)
        .optional("some_titled", some_titled)
        .optional("legacy", legacy);
    form.schema = Some("https://json-schema.org/draft/2020-12/schema".into());
    form
}

pub(crate) fn task_metadata() -> TaskMetadata {
    let mut task = TaskMetadata::default();
    task.ttl = Some(60_000);
    task
}

pub(crate) fn elicit_form() -> ElicitRequestParams {
    let mut params = ElicitRequestFormParams::new("Who are you?", form());
    (params.task, params.meta) = (Some(task_metadata()), meta().with(Meta::PROGRESS_TOKEN, "p"));
    ElicitRequestParams::Form(params)
}

pub(crate) fn elicit_url() -> ElicitRequestParams {
    let mut params = ElicitRequestUrlParams::new("Sign in.", "https://example.com/in").elicitation_id("e-1");
    (params.task, params.meta) = (Some(task_metadata()), meta().with(Meta::PROGRESS_TOKEN, 7));
    ElicitRequestParams::Url(params)
}

/// Every kind of sampling content, and one that no version knows.
pub(crate) fn blocks() -> Vec<SamplingMessageContentBlock> {
    let mut text = TextContent::new("hello");
    (text.annotations, text.meta) = (Some(annotations()), meta());
    let mut image = ImageContent::new("iVBORw0KGgo=", "image/png");
    (image.annotations, image.meta) = (Some(annotations()), meta());
    let mut audio = AudioContent::new("UklGRg==", "audio/wav");
    (audio.annotations, audio.meta) = (Some(annotations()), meta());
    let tool_use = json!({ "type": "tool_use", "id": "u-1", "name": "add", "input": { "a": 1 }, "_meta": { "k": 1 } });
    let mut result = ToolResultContent::new("u-1", content());
    (result.structured_content, result.is_error) = (Some(json!({ "sum": 3 })), Some(true));
    result.meta = meta();
    vec![
        SamplingMessageContentBlock::Text(text),
        SamplingMessageContentBlock::Image(image),
        SamplingMessageContentBlock::Audio(audio),
        serde_json::from_value(tool_use).unwrap(),
        SamplingMessageContentBlock::ToolResult(result),
        SamplingMessageContentBlock::Other(object(json!({ "type": "dream", "text": "sheep" }))),
    ]
}

pub(crate) fn create_message() -> CreateMessageRequestParams {
    let mut all = SamplingMessage::user(blocks());
    all.meta = meta();
    let preferences = ModelPreferences::new().hint("claude").cost(0.1).speed(0.2).intelligence(1.0);
    let mut params = CreateMessageRequestParams::new(vec![all, SamplingMessage::assistant("hi")], 100)
        .model_preferences(preferences)
        .system_prompt("Be brief.")
        .include_context(IncludeContext::ThisServer)
        .temperature(0.5)
        .stop_sequence("END")
        .metadata(object(json!({ "user": 1 })))
        .tools(vec![tool()], ToolChoiceMode::Required);
    (params.task, params.meta) = (Some(task_metadata()), meta().with(Meta::PROGRESS_TOKEN, "p"));
    params
}

pub(crate) fn task() -> Task {
    let mut task = Task::new("t-1", "2025-01-12T15:00:58Z");
    task.status_message = Some("half way".into());
    (task.ttl_ms, task.poll_interval_ms) = (Some(60_000), Some(500));
    task
}
