//! Short messages that wait for an SMSC: how the program is set up for it, how they are posted, counted and followed.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::fault::Fault;
use crate::http;
use crate::load::{self, Work};
use crate::program::{Program, Server};
use crate::stopwatch::Stopwatch;

/// The messages that may be without an answer at a time.
pub(crate) const WINDOW: u32 = 32;
/// What each says.
pub(crate) const TEXT: &str = "Your invoice 1001 of 120.00 EUR is due on Friday.";
/// Who it is from.
pub(crate) const SENDER: &str = "Test Oy";

/// The channel's name, whatever its kind.
pub(crate) const CHANNEL: &str = "main";
/// The connections that they are posted over.
const CONNECTIONS: u32 = 32;
/// The most of a page.
const PAGE: u32 = 500;
/// How long the last states may take to be recorded once every receipt was acknowledged.
const PATIENCE: Duration = Duration::from_secs(30);

/// Writes a configuration that sends short messages to the SMSC at `port`, with further settings of the channel.
pub(crate) fn configure(program: &Program, port: u16, further: &str) -> Result<PathBuf, Fault> {
    let path = program.directory.join("messages.toml");
    fs::write(&path, configuration(port, further)).map_err(Fault::system(format!("write {}", path.display())))?;
    Ok(path)
}

fn configuration(port: u16, further: &str) -> String {
    format!(
        "[messages]\nsms-channel = \"{CHANNEL}\"\n\n[channels.{CHANNEL}]\nkind = \"smpp\"\nhost = \"127.0.0.1\"\nport = {port}\n\
         system-id = \"tally\"\npassword = \"bench\"\nwindow = {WINDOW}\n{further}"
    )
}

/// The body of `POST /sms`, with the mark that `wrk/load.lua` replaces.
fn json() -> String {
    serde_json::json!({"recipient": "+35844#BASE##", "text": TEXT, "sender": SENDER}).to_string()
}

/// Posts messages until at least `count` were answered, and gives how many were.
pub(crate) fn post(server: &Server, key: &str, count: u32) -> Result<u32, Fault> {
    let body = json();
    load::run_until(server.url(), count, CONNECTIONS, |first| Work::Sms { key, body: &body, first })
}

/// How many messages wait, once that stands still: what the generator gave up at its end may still be written. Fails when fewer wait
/// than were answered.
pub(crate) fn all_waiting(program: &Program, database: &str, answered: u32) -> Result<u32, Fault> {
    let mut before = waiting(program, database)?;
    loop {
        let now = waiting(program, database)?;
        if now == before {
            break;
        }
        before = now;
    }
    if before >= answered {
        return Ok(before);
    }
    Err(Fault::Load { what: format!("{answered} messages were answered and only {before} wait") })
}

/// How many messages wait for the channel.
pub(crate) fn waiting(program: &Program, database: &str) -> Result<u32, Fault> {
    let listed = program.json(&["channel", "list", "--database", database])?;
    let (waiting, given_up) = counts(&listed);
    if given_up > 0 {
        return Err(Fault::Load { what: format!("{given_up} messages were given up") });
    }
    Ok(waiting)
}

/// Those that wait for the channel, and those that were given up.
fn counts(listed: &Value) -> (u32, u32) {
    let items = listed.get("items").and_then(Value::as_array);
    let channel =
        items.and_then(|items| items.iter().find(|item| item.get("name").is_some_and(|name| name == CHANNEL)));
    let count = |name: &str| channel.and_then(|channel| channel.get(name)?.as_u64()).unwrap_or(0);
    let small = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    (small(count("waiting")), small(count("givenUp")))
}

/// Waits until every message is in its final state. Fails when one is missing, or ends otherwise than delivered.
pub(crate) fn all_delivered(url: &str, key: &str, count: u32) -> Result<(), Fault> {
    let watch = Stopwatch::start();
    loop {
        let (all, delivered) = states(url, key)?;
        if (all, delivered) == (count, count) {
            return Ok(());
        }
        // A receipt is acknowledged when it is kept, which may be just before its message is known to be sent.
        if watch.elapsed() > PATIENCE {
            return Err(Fault::Load {
                what: format!("of {count} messages {all} are listed and {delivered} delivered"),
            });
        }
    }
}

/// How many messages are listed, and how many of them are delivered.
fn states(url: &str, key: &str) -> Result<(u32, u32), Fault> {
    let (mut all, mut delivered, mut cursor) = (0, 0, String::new());
    loop {
        let page = http::json(url, &format!("/api/v1/partner/sms?limit={PAGE}{cursor}"), key)?;
        let messages = page.get("messages").and_then(Value::as_array);
        for message in messages.into_iter().flatten() {
            all += 1;
            delivered += u32::from(message.get("state").is_some_and(|state| state == "DELIVERED"));
        }
        match page.get("nextCursor").and_then(Value::as_str) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok((all, delivered)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_stands_where_the_script_looks_for_it() {
        assert_eq!(json().matches("#BASE##").count(), 1);
    }

    #[test]
    fn the_channel_is_found_among_others() {
        let listed = serde_json::json!({"items": [
            {"name": "post", "waiting": 3, "givenUp": 0}, {"name": "main", "waiting": 7, "givenUp": 2},
        ]});
        assert_eq!(counts(&listed), (7, 2));
        assert_eq!(counts(&serde_json::json!({"items": []})), (0, 0));
    }

    #[test]
    fn further_settings_belong_to_the_channel() {
        let text = configuration(2775, "connect-timeout = \"10m\"\n");
        assert!(
            text.contains("\nport = 2775\n") && text.ends_with("window = 32\nconnect-timeout = \"10m\"\n"),
            "{text}"
        );
    }
}
