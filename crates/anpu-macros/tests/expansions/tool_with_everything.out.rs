#[allow(clippy::needless_pass_by_value)]
/// Put an item into the cart.
///
/// It stays there until the session ends.
#[tracing::instrument]
pub async fn add_to_cart(
    item: String,
    qty: u32,
    max_price: Option<f64>,
    unit: Unit,
    tags: Vec<String>,
    Extension(shop): Extension<Shop>,
    tenant: Tenant,
    cx: Cx,
) -> Result<Json<CartView>> {
    todo!()
}
/// The component of [`add_to_cart()`](add_to_cart()), for `components!`.
#[allow(non_camel_case_types, missing_debug_implementations)]
pub struct AddToCart {}
#[allow(deprecated, clippy::too_many_arguments, clippy::unused_async)]
const _: () = {
    const _: fn() = || {
        fn argument<T: ::anpu::Argument>() {}
        argument::<Unit>();
        argument::<Vec<String>>();
    };
    #[derive(::anpu::serde::Deserialize, ::anpu::schemars::JsonSchema)]
    #[serde(crate = "::anpu::serde", rename = "cart.add")]
    #[schemars(crate = "::anpu::schemars")]
    struct __Arguments {
        /// product id
        #[schemars(
            extend(
                "minLength" = 1,
                "maxLength" = 40,
                "pattern" = "^[a-z]+$",
                "x-mcp-header" = "Item"
            )
        )]
        item: String,
        /// how many
        #[serde(default = "__default_qty")]
        #[schemars(extend("minimum" = 1, "maximum" = 1000, "default" = 1))]
        qty: u32,
        #[serde(rename = "maxPrice")]
        #[schemars(
            extend("title" = "Price", "exclusiveMinimum" = 0, "multipleOf" = 0.5)
        )]
        max_price: Option<f64>,
        #[serde(default = "__default_unit")]
        #[schemars(extend("default" = "metric"))]
        unit: Unit,
        #[serde(default)]
        #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
        tags: Vec<String>,
    }
    fn __default_qty() -> u32 {
        1
    }
    fn __default_unit() -> Unit {
        ::anpu::serde_json::from_str::<Unit>("\"metric\"")
            .expect("the default of `unit` is a value of its type")
    }
    fn __call(
        item: String,
        qty: u32,
        max_price: Option<f64>,
        unit: Unit,
        tags: Vec<String>,
        parameter_5: Extension<Shop>,
        tenant: Tenant,
        cx: Cx,
    ) -> impl ::core::future::Future<
        Output = impl ::anpu::IntoReply,
    > + ::core::marker::Send {
        add_to_cart(item, qty, max_price, unit, tags, parameter_5, tenant, cx)
    }
    impl ::anpu::Described for AddToCart {
        fn component() -> ::anpu::Component {
            ::anpu::Tool::new("cart.add")
                .title("Add to cart")
                .description(
                    "Put an item into the cart.\n\nIt stays there until the session ends.",
                )
                .icon(::anpu::model::Icon::new("https://shop.example.com/cart.png"))
                .meta("team", "shop")
                .meta("example.com/rank", 3i64)
                .destructive(false)
                .idempotent(true)
                .open_world(false)
                .timeout(::core::time::Duration::from_millis(1500u64))
                .replay()
                .raw_schema()
                .requires::<Extension<Shop>>()
                .requires::<Tenant>()
                .input::<__Arguments>()
                .handler(|arguments: __Arguments, cx: ::anpu::Cx| async move {
                    let parameter_5 = <Extension<Shop> as ::anpu::FromCx>::from_cx(&cx)
                        .await?;
                    let tenant = <Tenant as ::anpu::FromCx>::from_cx(&cx).await?;
                    let cx = <Cx as ::anpu::FromCx>::from_cx(&cx).await?;
                    ::core::result::Result::Ok::<
                        _,
                        ::anpu::Error,
                    >(
                        __call(
                                arguments.item,
                                arguments.qty,
                                arguments.max_price,
                                arguments.unit,
                                arguments.tags,
                                parameter_5,
                                tenant,
                                cx,
                            )
                            .await,
                    )
                })
        }
    }
};
