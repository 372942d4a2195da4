#[allow(clippy::needless_pass_by_value)]
/// Ask for a review.
async fn review(
    code: String,
    language: Option<String>,
    max_lines: u32,
    notes: State<Notes>,
) -> Vec<Message> {
    todo!()
}
/// The component of [`review()`](review()), for `components!`.
#[allow(non_camel_case_types, missing_debug_implementations)]
struct review {}
#[allow(deprecated, clippy::too_many_arguments, clippy::unused_async)]
const _: () = {
    fn __call(
        code: String,
        language: Option<String>,
        max_lines: u32,
        notes: State<Notes>,
    ) -> impl ::core::future::Future<
        Output = impl ::anpu::IntoMessages,
    > + ::core::marker::Send {
        review(code, language, max_lines, notes)
    }
    impl ::anpu::Described for review {
        fn component() -> ::anpu::Component {
            ::anpu::Prompt::new("review")
                .title("Review")
                .description("Ask for a review.")
                .argument(
                    ::anpu::model::PromptArgument::new("code")
                        .description("what to review")
                        .required(true),
                )
                .argument(::anpu::model::PromptArgument::new("language").required(false))
                .argument(::anpu::model::PromptArgument::new("maxLines").required(true))
                .complete("language", languages)
                .requires::<State<Notes>>()
                .handler(|vars: ::anpu::Vars, cx: ::anpu::Cx| async move {
                    let code = vars.get::<String>("code")?;
                    let language = vars.optional::<String>("language")?;
                    let max_lines = vars.get::<u32>("maxLines")?;
                    let notes = <State<Notes> as ::anpu::FromCx>::from_cx(&cx).await?;
                    ::core::result::Result::Ok::<
                        _,
                        ::anpu::Error,
                    >(__call(code, language, max_lines, notes).await)
                })
        }
    }
};
#[allow(clippy::needless_pass_by_value)]
fn template(name: String, cx: Cx) -> Result<String> {
    todo!()
}
/// The component of [`template()`](template()), for `components!`.
#[allow(non_camel_case_types, missing_debug_implementations)]
struct template {}
#[allow(deprecated, clippy::too_many_arguments, clippy::unused_async)]
const _: () = {
    fn __call(name: String, cx: Cx) -> impl ::anpu::IntoMessages {
        template(name, cx)
    }
    impl ::anpu::Described for template {
        fn component() -> ::anpu::Component {
            ::anpu::Prompt::new("template")
                .argument(::anpu::model::PromptArgument::new("name").required(true))
                .blocking(|vars: ::anpu::Vars, cx: ::anpu::Cx| {
                    let name = vars.get::<String>("name")?;
                    let cx = cx.wait(<Cx as ::anpu::FromCx>::from_cx(&cx))?;
                    ::core::result::Result::Ok::<_, ::anpu::Error>(__call(name, cx))
                })
        }
    }
};
#[allow(clippy::needless_pass_by_value)]
async fn plain() -> &'static str {
    "Hello"
}
/// The component of [`plain()`](plain()), for `components!`.
#[allow(non_camel_case_types, missing_debug_implementations)]
struct plain {}
#[allow(deprecated, clippy::too_many_arguments, clippy::unused_async)]
const _: () = {
    fn __call() -> impl ::core::future::Future<
        Output = impl ::anpu::IntoMessages,
    > + ::core::marker::Send {
        plain()
    }
    impl ::anpu::Described for plain {
        fn component() -> ::anpu::Component {
            ::anpu::Prompt::new("plain")
                .handler(|_vars: ::anpu::Vars, _cx: ::anpu::Cx| __call())
        }
    }
};
