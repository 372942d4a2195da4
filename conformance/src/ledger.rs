//! What the chaos run leans on: a ledger for each session, and streams of numbers; listed only with `--figures`.

use std::time::Duration;

use anpu::prelude::*;
use serde_json::json;
use tokio::time::sleep;

/// The ids of updates in the order in which they were made. One that was made twice stands there twice.
type Ledger = Vec<u64>;

pub(crate) fn components() -> Components {
    components![write_down, read_ledger, count_up, announce]
}

/// Appends an id to the session's ledger and answers how many there are.
#[tool]
async fn write_down(id: u64, ledger: Session<Ledger>) -> Result<String> {
    let count = ledger
        .update(|ids| {
            ids.push(id);
            Ok(ids.len())
        })
        .await?;
    Ok(count.to_string())
}

/// Answers all ids of the session's ledger.
#[tool(read_only)]
async fn read_ledger(ledger: Session<Ledger>) -> Result<String> {
    Ok(json!(ledger.read().await?).to_string())
}

/// Reports each number up to this one as its progress, and answers the last one.
#[tool]
async fn count_up(
    #[arg(min = 1, max = 1000)] to: u32,
    /// milliseconds between two numbers
    #[arg(max = 1000)]
    pause: u64,
    cx: Cx,
) -> String {
    for number in 1..=to {
        cx.progress_of(f64::from(number), Some(f64::from(to)), None).await;
        sleep(Duration::from_millis(pause)).await;
    }
    to.to_string()
}

/// Says a number on a stream of this session that belongs to no request.
#[tool]
async fn announce(
    number: u64,
    /// the id of the session
    to: String,
    cx: Cx,
) -> Result<&'static str> {
    let server = cx.server().ok_or_else(|| refused("there is no server"))?;
    let session = server.session(&to).ok_or_else(|| refused("there is no such session"))?;
    session.elicitation_complete(&number.to_string());
    Ok("announced")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_id_that_is_written_twice_stands_there_twice() {
        let ledger = Session::test(Ledger::new());
        assert_eq!(write_down(7, ledger.clone()).await.unwrap(), "1");
        assert_eq!(write_down(7, ledger.clone()).await.unwrap(), "2");
        assert_eq!(read_ledger(ledger).await.unwrap(), "[7,7]");
    }
}
