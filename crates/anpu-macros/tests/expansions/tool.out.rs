#[allow(clippy::needless_pass_by_value)]
/// Add two numbers.
async fn add(a: f64, b: f64) -> f64 {
    a + b
}
/// The component of [`add()`](add()), for `components!`.
#[allow(non_camel_case_types, missing_debug_implementations)]
struct add {}
#[allow(deprecated, clippy::too_many_arguments, clippy::unused_async)]
const _: () = {
    #[derive(::anpu::serde::Deserialize, ::anpu::schemars::JsonSchema)]
    #[serde(crate = "::anpu::serde", rename = "add")]
    #[schemars(crate = "::anpu::schemars")]
    struct __Arguments {
        /// the first addend
        a: f64,
        /// the second addend
        b: f64,
    }
    fn __call(
        a: f64,
        b: f64,
    ) -> impl ::core::future::Future<
        Output = impl ::anpu::IntoReply,
    > + ::core::marker::Send {
        add(a, b)
    }
    impl ::anpu::Described for add {
        fn component() -> ::anpu::Component {
            ::anpu::Tool::new("add")
                .description("Add two numbers.")
                .input::<__Arguments>()
                .handler(|arguments: __Arguments, _cx: ::anpu::Cx| __call(
                    arguments.a,
                    arguments.b,
                ))
        }
    }
};
