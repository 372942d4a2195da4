#[tool]
async fn min_of_a_text(#[arg(min = 1)] name: String) {}

#[tool]
async fn max_of_a_list(#[arg(max = 1)] names: Vec<String>) {}

#[tool]
async fn length_of_a_number(#[arg(min_length = 1)] count: u32) {}

#[tool]
async fn items_of_a_text(#[arg(max_items = 1)] name: Option<String>) {}

#[tool]
async fn length_of_a_list(#[arg(max_length = 1)] names: [u8; 3]) {}

#[tool]
async fn pattern_of_a_bool(#[arg(pattern = "x")] on: bool) {}

#[tool]
async fn nothing_between(#[arg(min = 5, max = 2)] count: u32, #[arg(min_length = 5, max_length = 2)] name: String) {}

#[tool]
async fn exclusive_nothing(#[arg(exclusive)] count: u32, #[arg(exclusive_min = 3, exclusive_max = 1)] ratio: f64) {}

#[tool]
async fn not_a_literal(#[arg(min = LEAST)] count: u32, #[arg(default = Unit::Metric)] unit: Unit) {}

#[tool]
async fn not_a_number(#[arg(min = "1")] count: u32, #[arg(multiple_of = 0)] step: u32, #[arg(max)] most: u32) {}

#[tool]
async fn too_large(#[arg(max = 300)] count: u8, #[arg(min = -1)] index: u32, #[arg(min = 0.5)] whole: i64) {}

#[tool]
async fn unknown_key(#[arg(minimum = 1)] a: u32, #[arg(min_lenght = 1)] b: String, #[arg(colour = "red")] c: u32) {}

#[tool]
async fn twice(#[arg(min = 1, min = 2)] a: u32, #[arg(max = 1)] #[arg(max = 2)] b: u32) {}

#[tool]
async fn bad_pattern(#[arg(pattern = "(a")] a: String, #[arg(pattern = "[a")] b: String, #[arg(pattern = "*")] c: String) {}

#[tool]
async fn unenforceable(#[arg(pattern = "^(?!x)")] a: String, #[arg(format = "hostname")] b: String) {}

#[tool]
async fn bad_default(
    #[arg(default = "one")] a: u32,
    #[arg(default = 1)] b: String,
    #[arg(default = 1)] c: bool,
    #[arg(default = 1)] d: Vec<u32>,
    #[arg(default = 300)] e: u8,
    #[arg(min = 1, default = 0)] f: u32,
    #[arg(max_length = 3, default = "four")] g: String,
) {
}

#[tool]
async fn bad_examples(#[arg(examples = "one")] a: String, #[arg(examples = ["one", 2])] b: String) {}

#[tool]
async fn bad_header(
    #[arg(header = "two words")] a: String,
    #[arg(header = "List")] b: Vec<String>,
    #[arg(header = "Region")] c: String,
    #[arg(header = "region")] d: String,
) {
}

#[tool]
async fn same_name(a: u32, #[arg(rename = "a")] b: u32) {}

#[tool]
async fn bare(#[arg] a: u32) {}

/// A struct has them too.
#[derive(Args)]
struct Query {
    #[arg(min = 1)]
    words: String,
    #[arg(max = 300)]
    limit: u8,
}
