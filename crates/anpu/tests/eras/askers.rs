//! Handlers that ask, all kinds of them, and what they do besides.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anpu::prelude::*;
use anpu::{Component, Prompt, Resource, ResourceTemplate, Roots, Tool, Vars};

pub(crate) fn askers() -> Vec<Component> {
    vec![together(), reserve(), region(), greet(), secret(), chapter()]
}

/// Two questions at once, and a third that needs the answers.
fn together() -> Component {
    Tool::new("together").handler(|cx: Cx| async move {
        let sample = cx.sample("sky", Sample::new("What is the sky like?").max_tokens(10));
        let (roots, sky) = tokio::join!(cx.ask("roots", Roots).into_future(), sample.into_future());
        let (roots, sky) = (roots?, sky?.text());
        let text = format!("How is it below a {sky} sky, in {}?", roots[0].uri);
        let last = cx.sample("sky", Sample::new(text).max_tokens(10)).await?;
        Ok::<_, anpu::Error>(format!("{} roots, {sky}, {}", roots.len(), last.text()))
    })
}

/// Something that happens once in a request, however often its handler runs.
fn reserve() -> Component {
    let reserved = Arc::new(AtomicUsize::new(0));
    Tool::new("reserve").handler(move |cx: Cx| {
        let reserved = Arc::clone(&reserved);
        async move {
            let number =
                cx.once("reserve", async move { Ok::<_, anpu::Error>(reserved.fetch_add(1, Ordering::SeqCst) + 1) });
            let number = number.await?;
            let roots = cx.ask("roots", Roots).await?;
            let again = cx.ask("roots", Roots).await?;
            Ok::<_, anpu::Error>(format!("reservation {number}, {} roots, then {}", roots.len(), again.len()))
        }
    })
}

#[derive(anpu::Args)]
struct Place {
    /// where it runs
    #[arg(header = "Region")]
    region: String,
    /// how many
    #[arg(header = "Count")]
    count: Option<i64>,
}

/// Arguments that clients repeat as headers.
fn region() -> Component {
    Tool::new("region")
        .input::<Place>()
        .handler(|place: Place, _: Cx| async move { format!("{} times in {}", place.count.unwrap_or(1), place.region) })
}

fn greet() -> Component {
    Prompt::new("greet").handler(|_: Vars, cx: Cx| async move {
        let name = cx.ask("name", Text::new("Your name?").max_length(20)).await?;
        let name = match name {
            Outcome::Accepted(name) => name,
            Outcome::Declined | Outcome::Cancelled => "stranger".to_owned(),
        };
        Ok::<_, anpu::Error>(vec![Message::user(format!("Greet {name}."))])
    })
}

fn secret() -> Component {
    Resource::new("secret:///1").name("secret").handler(|cx: Cx| async move {
        let outcome = cx.ask("sure", Confirm::new("Show it?")).await?;
        if outcome.accepted() { Ok("the secret") } else { Err(refused("it stays a secret")) }
    })
}

fn chapter() -> Component {
    ResourceTemplate::new("chapter:///{number}").name("chapter").handler(|vars: Vars, cx: Cx| async move {
        let number: u32 = vars.get("number")?;
        let roots = cx.ask("roots", Roots).await?;
        Ok::<_, anpu::Error>(format!("chapter {number} of {}", roots[0].uri))
    })
}
