/// Add two numbers.
#[tool]
async fn add(
    /// the first addend
    a: f64,
    /// the second addend
    b: f64,
) -> f64 {
    a + b
}
