#[allow(clippy::needless_pass_by_value)]
/// Count the words of a file.
fn count(path: String, cx: Cx) -> Result<usize> {
    todo!()
}
/// The component of [`count()`](count()), for `components!`.
#[allow(non_camel_case_types, missing_debug_implementations)]
struct count {}
#[allow(deprecated, clippy::too_many_arguments, clippy::unused_async)]
const _: () = {
    #[derive(my::anpu::serde::Deserialize, my::anpu::schemars::JsonSchema)]
    #[serde(crate = "my::anpu::serde", rename = "count")]
    #[schemars(crate = "my::anpu::schemars")]
    struct __Arguments {
        path: String,
    }
    fn __call(path: String, cx: Cx) -> impl my::anpu::IntoReply {
        count(path, cx)
    }
    impl my::anpu::Described for count {
        fn component() -> my::anpu::Component {
            my::anpu::Tool::new("count")
                .description("Count the words of a file.")
                .input::<__Arguments>()
                .blocking(|arguments: __Arguments, cx: my::anpu::Cx| {
                    let cx = cx.wait(<Cx as my::anpu::FromCx>::from_cx(&cx))?;
                    ::core::result::Result::Ok::<
                        _,
                        my::anpu::Error,
                    >(__call(arguments.path, cx))
                })
        }
    }
};
#[allow(clippy::needless_pass_by_value)]
/// Nothing to say.
fn nothing() {}
/// The component of [`nothing()`](nothing()), for `components!`.
#[allow(non_camel_case_types, missing_debug_implementations)]
struct nothing {}
#[allow(deprecated, clippy::too_many_arguments, clippy::unused_async)]
const _: () = {
    fn __call() -> impl ::anpu::IntoReply {
        nothing()
    }
    impl ::anpu::Described for nothing {
        fn component() -> ::anpu::Component {
            ::anpu::Tool::new("nothing")
                .description("Nothing to say.")
                .blocking(|_cx: ::anpu::Cx| __call())
        }
    }
};
#[allow(clippy::needless_pass_by_value)]
fn quick() -> u8 {
    1
}
/// The component of [`quick()`](quick()), for `components!`.
#[allow(non_camel_case_types, missing_debug_implementations)]
struct quick {}
#[allow(deprecated, clippy::too_many_arguments, clippy::unused_async)]
const _: () = {
    fn __call() -> impl ::anpu::IntoReply {
        quick()
    }
    impl ::anpu::Described for quick {
        fn component() -> ::anpu::Component {
            ::anpu::Tool::new("quick").handler(|_cx: ::anpu::Cx| async move { __call() })
        }
    }
};
