//! The short messages of the demo, on behalf of its first client: one that arrives, one that can't, a long one in parts.

use domain::api_key::KeyHolder;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::sms::SmsDraft;
use service::sms::{Sms, SmsError, SmsFilter};
use service::{AdminError, Context, Core, StoreError};

use crate::cli::CommandError;
use crate::config::Settings;
use crate::config::channels::Kind;

/// The most messages that the page tells of.
const TOLD: u32 = 20;

const SENDER: &str = "Pihapuu";

/// To whom, and what. The end of the number chooses what becomes of it (`channels::console`).
const MESSAGES: [(&str, &str); 4] = [
    ("+358441234567", "Pihapuu: your invoice 1001 of 120.00 EUR is due on Friday. Reference 1000 0001 0013."),
    ("+358441230001", "Pihapuu: your invoice 1002 of 48.50 EUR was due yesterday."),
    (
        "+358441234567",
        "Pihapuu: thank you, half of invoice 1001 has come in 🙏 You may pay the other half of 60.00 EUR in two parts, on the \
         15th of this month and of the next. You need not do anything: the bills come by themselves, without further costs 🌱",
    ),
    ("+358441234567", "Pihapuu: all of invoice 1001 is paid. Kiitos!"),
];

/// Queues the messages, unless the client has some; gives what it has, oldest first. Nothing is queued where they would reach somebody:
/// the numbers may be anybody's.
pub(super) async fn prepare(
    core: &Core,
    settings: &Settings,
    partner: PartnerId,
    client: ClientIdentifier,
    context: &Context,
) -> Result<Vec<Sms>, CommandError> {
    let filter = SmsFilter { creditor: Some(client), before: None };
    let mut there = core.list_sms(partner, filter, TOLD).await?;
    if there.is_empty() && prints_only(core, settings) {
        let holder = KeyHolder { partner, client: None };
        for (recipient, text) in MESSAGES {
            core.send_sms(holder, Some(client.0), &draft(recipient, text), None, context).await.map_err(refused)?;
        }
        there = core.list_sms(partner, filter, TOLD).await?;
    }
    there.reverse();
    Ok(there)
}

/// Whether short messages go to the console.
fn prints_only(core: &Core, settings: &Settings) -> bool {
    let Some(sms) = &core.settings().sms else { return false };
    settings.channels.get(&sms.channel).is_none_or(|channel| matches!(channel.kind, Kind::Console))
}

fn draft(recipient: &str, text: &str) -> SmsDraft {
    let some = |text: &str| Some(text.to_owned());
    SmsDraft { recipient: some(recipient), text: some(text), sender: some(SENDER), ..SmsDraft::default() }
}

/// The drafts follow the rules of the default settings; an operator may have set others.
fn refused(error: SmsError) -> CommandError {
    match error {
        SmsError::Invalid(faults) => AdminError::Invalid(faults).into(),
        SmsError::Store(error) => error.into(),
        SmsError::NoChannel => AdminError::State(error.to_string()).into(),
        SmsError::Idempotency(error) => StoreError::unreadable("idempotency", error).into(),
    }
}

#[cfg(test)]
mod tests {
    use domain::sms::{Sender, SmsRules};

    use super::*;

    #[test]
    fn one_of_the_messages_is_long_and_has_letters_beyond_gsm() {
        let rules = SmsRules { sender: Sender::parse("Tallystick").unwrap(), most_parts: 10 };
        let checked = MESSAGES.map(|(recipient, text)| domain::sms::check(&draft(recipient, text), &rules).unwrap());
        let parts: Vec<_> = checked.iter().map(|sms| (sms.encoding.as_str(), sms.parts)).collect();
        assert_eq!(parts, [("GSM_7BIT", 1), ("GSM_7BIT", 1), ("UCS2", 4), ("GSM_7BIT", 1)]);
    }
}
