/// Put an item into the cart.
///
/// It stays there until the session ends.
#[tool(
    name = "cart.add",
    title = "Add to cart",
    idempotent,
    destructive = false,
    open_world = false,
    icon = "https://shop.example.com/cart.png",
    meta(team = "shop", "example.com/rank" = 3),
    timeout = "1500ms",
    replay,
    raw_schema,
    component = AddToCart
)]
#[tracing::instrument]
pub async fn add_to_cart(
    /// product id
    #[arg(min_length = 1, max_length = 40, pattern = "^[a-z]+$", header = "Item")]
    item: String,
    /// how many
    #[arg(min = 1, max = 1000, default = 1)]
    qty: u32,
    #[arg(min = 0, exclusive, multiple_of = 0.5, title = "Price", rename = "maxPrice")] max_price: Option<f64>,
    #[arg(default = "metric")] unit: Unit,
    #[arg(min_items = 1, unique, default)] tags: Vec<String>,
    Extension(shop): Extension<Shop>,
    #[from_cx] tenant: Tenant,
    cx: Cx,
) -> Result<Json<CartView>> {
    todo!()
}
