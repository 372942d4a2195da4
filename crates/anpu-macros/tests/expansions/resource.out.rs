#[allow(clippy::needless_pass_by_value)]
/// A note by its id.
async fn note(id: String, part: Option<u32>, notes: State<Notes>) -> Result<String> {
    notes.get(&id).or_not_found()
}
/// The component of [`note()`](note()), for `components!`.
#[allow(non_camel_case_types, missing_debug_implementations)]
struct note {}
#[allow(deprecated, clippy::too_many_arguments, clippy::unused_async)]
const _: () = {
    fn __call(
        id: String,
        part: Option<u32>,
        notes: State<Notes>,
    ) -> impl ::core::future::Future<
        Output = impl ::anpu::IntoContents,
    > + ::core::marker::Send {
        note(id, part, notes)
    }
    impl ::anpu::Described for note {
        fn component() -> ::anpu::Component {
            ::anpu::ResourceTemplate::new("note:///{id}{?part}")
                .name("note")
                .description("A note by its id.")
                .mime("text/markdown")
                .annotations(
                    ::anpu::model::Annotations::new()
                        .audience(::anpu::model::Role::User)
                        .audience(::anpu::model::Role::Assistant)
                        .priority(0.5f64),
                )
                .cache(
                    ::anpu::Caching::private(::core::time::Duration::from_secs(60u64)),
                )
                .complete("id", ids)
                .requires::<State<Notes>>()
                .handler(|vars: ::anpu::Vars, cx: ::anpu::Cx| async move {
                    let id = vars.get::<String>("id")?;
                    let part = vars.optional::<u32>("part")?;
                    let notes = <State<Notes> as ::anpu::FromCx>::from_cx(&cx).await?;
                    ::core::result::Result::Ok::<
                        _,
                        ::anpu::Error,
                    >(__call(id, part, notes).await)
                })
        }
    }
};
#[allow(clippy::needless_pass_by_value)]
/// The settings.
async fn settings() -> &'static str {
    "{}"
}
/// The component of [`settings()`](settings()), for `components!`.
#[allow(non_camel_case_types, missing_debug_implementations)]
struct settings {}
#[allow(deprecated, clippy::too_many_arguments, clippy::unused_async)]
const _: () = {
    fn __call() -> impl ::core::future::Future<
        Output = impl ::anpu::IntoContents,
    > + ::core::marker::Send {
        settings()
    }
    impl ::anpu::Described for settings {
        fn component() -> ::anpu::Component {
            ::anpu::Resource::new("config://app")
                .name("settings")
                .description("The settings.")
                .mime("application/json")
                .size(120)
                .cache(
                    ::anpu::Caching::public(::core::time::Duration::from_secs(3600u64)),
                )
                .handler(|_cx: ::anpu::Cx| __call())
        }
    }
};
