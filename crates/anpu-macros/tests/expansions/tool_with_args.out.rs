#[allow(clippy::needless_pass_by_value)]
/// Search the notes.
fn search(Args(query): Args<Query>, notes: State<Notes>) -> Vec<Content> {
    notes.search(&query)
}
/// The component of [`search()`](search()), for `components!`.
#[allow(non_camel_case_types, missing_debug_implementations)]
struct search {}
#[allow(deprecated, clippy::too_many_arguments, clippy::unused_async)]
const _: () = {
    fn __call(parameter_0: Args<Query>, notes: State<Notes>) -> impl ::anpu::IntoReply {
        search(parameter_0, notes)
    }
    impl ::anpu::Described for search {
        fn component() -> ::anpu::Component {
            ::anpu::Tool::new("search")
                .description("Search the notes.")
                .read_only(true)
                .timeout(::core::time::Duration::from_secs(5u64))
                .requires::<State<Notes>>()
                .input::<Query>()
                .handler(|arguments: Query, cx: ::anpu::Cx| async move {
                    let notes = <State<Notes> as ::anpu::FromCx>::from_cx(&cx).await?;
                    ::core::result::Result::Ok::<
                        _,
                        ::anpu::Error,
                    >(__call(::anpu::Args(arguments), notes))
                })
        }
    }
};
