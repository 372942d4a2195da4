/// What to look for.
pub struct Query {
    /// the words
    words: String,
    limit: u32,
    after: Option<Date>,
}
const _: () = {
    const _: fn() = || {
        fn argument<T: ::anpu::Argument>() {}
        argument::<Option<Date>>();
    };
    #[derive(::anpu::serde::Deserialize, ::anpu::schemars::JsonSchema)]
    #[serde(crate = "::anpu::serde", rename = "Query")]
    #[schemars(crate = "::anpu::schemars")]
    /// What to look for.
    #[serde(rename_all = "camelCase")]
    struct __Query {
        /// the words
        #[schemars(extend("minLength" = 1))]
        words: String,
        #[serde(default = "__default_limit")]
        #[schemars(extend("minimum" = 1, "maximum" = 50, "default" = 10))]
        limit: u32,
        after: Option<Date>,
    }
    fn __default_limit() -> u32 {
        10
    }
    #[automatically_derived]
    impl<'de> ::anpu::serde::Deserialize<'de> for Query {
        fn deserialize<D: ::anpu::serde::Deserializer<'de>>(
            decoder: D,
        ) -> ::core::result::Result<
            Self,
            <D as ::anpu::serde::Deserializer<'de>>::Error,
        > {
            let mirror = <__Query as ::anpu::serde::Deserialize>::deserialize(decoder)?;
            ::core::result::Result::Ok(Self {
                words: mirror.words,
                limit: mirror.limit,
                after: mirror.after,
            })
        }
    }
    #[automatically_derived]
    impl ::anpu::schemars::JsonSchema for Query {
        fn schema_name() -> ::std::borrow::Cow<'static, str> {
            ::std::borrow::Cow::Borrowed("Query")
        }
        fn schema_id() -> ::std::borrow::Cow<'static, str> {
            ::std::borrow::Cow::Borrowed(
                ::core::concat!(::core::module_path!(), "::", "Query"),
            )
        }
        fn json_schema(
            generator: &mut ::anpu::schemars::SchemaGenerator,
        ) -> ::anpu::schemars::Schema {
            <__Query as ::anpu::schemars::JsonSchema>::json_schema(generator)
        }
    }
};
