//! One-time codes on their way to customers: sealed in the outbox until they are sent, and gone then. No report of their delivery is asked for; of
//! one that comes all the same only the last digits of the telephone are kept ([`crate::sms_receipt`]).

use channels::{SmsChannel, SmsSubmit};
use domain::Timestamp;
use domain::applicant::NorthAmericanNumber;
use domain::credit_account::AccountHolder;
use domain::email::Email;
use domain::identifier::PartnerId;
use domain::reference_data::Lang;
use domain::sms::Sender;
use domain::verification::{LIFE, VerificationCode, VerificationFormat};
use serde::{Deserialize, Serialize};
use store::StoreError;
use store::outbox::{Kind, OutboxRow};

use crate::Core;
use crate::letters::{html, one_line};
use crate::mail::Letter;
use crate::outbox::Verdict;

/// A code by short message.
#[derive(Serialize, Deserialize)]
pub(crate) struct CodeText {
    recipient: String,
    sender: String,
    text: String,
}

/// Where a code goes to.
#[derive(Clone, Copy)]
pub(crate) enum CodeAddress<'a> {
    Email(&'a Email),
    Sms(&'a NorthAmericanNumber),
}

impl<'a> CodeAddress<'a> {
    /// That of the holder of an account, for a code of this format; `None` where none is sent.
    pub(crate) const fn of_holder(format: VerificationFormat, holder: &'a AccountHolder) -> Option<Self> {
        match format {
            VerificationFormat::Email => Some(Self::Email(&holder.email)),
            VerificationFormat::Sms => Some(Self::Sms(&holder.phone_number)),
            _ => None,
        }
    }
}

impl Core {
    /// The row of a code that is sent on behalf of a merchant; `None` where the operator has set up no such channel.
    pub(crate) fn new_code_message(
        &self,
        partner: PartnerId,
        lane: i64,
        code: &VerificationCode,
        (merchant, to, language): (&str, CodeAddress<'_>, Lang),
        now: Timestamp,
    ) -> Result<Option<OutboxRow>, StoreError> {
        let text = words(merchant, code, language);
        let settings = self.settings();
        match to {
            CodeAddress::Email(email) => {
                let (subject, text) = text;
                let html = Some(html(&text, language.as_str()));
                let letter = Letter { to: email.to_string(), subject, html, text };
                let row = self.new_mail(partner, lane, &letter, now)?;
                Ok(row.map(|row| OutboxRow {
                    expires_at: now.after(LIFE),
                    kind: Kind::Code.as_str().to_owned(),
                    ..row
                }))
            }
            CodeAddress::Sms(number) => {
                let Some(settings) = &settings.sms else { return Ok(None) };
                let id = self.next_id(now);
                let row = OutboxRow::new(partner, id, Kind::Code, &settings.channel, lane, now, now.after(LIFE));
                let text =
                    CodeText { recipient: number.e164(), sender: settings.rules.sender.to_string(), text: text.1 };
                self.with_payload(row, &text).map(Some)
            }
        }
    }

    /// Tries a code by short message once.
    pub(crate) async fn deliver_code(&self, channel: &dyn SmsChannel, row: OutboxRow) -> Verdict {
        let (id, validity) = (row.message, row.expires_at.since(self.now()));
        self.deliver_sealed(channel.name(), &row, |code: CodeText| {
            Box::pin(async move {
                let sender = Sender::parse(&code.sender);
                let sender = sender.map_err(|error| channels::Fault::permanent(error.to_string()))?;
                let submit = SmsSubmit {
                    id,
                    recipient: code.recipient,
                    sender,
                    text: code.text,
                    validity: Some(validity),
                    // It would name the customer's telephone, and match no message that is kept.
                    wants_receipt: false,
                    reference: None,
                    accepted: Vec::new(),
                };
                channel.submit(&submit).await.map(drop)
            })
        })
        .await
    }
}

/// Subject and text. Of 160 characters of GSM 03.38 at most where the merchant's name is not long, so that it is one short message.
fn words(merchant: &str, code: &VerificationCode, language: Lang) -> (String, String) {
    let (merchant, code, minutes) = (one_line(merchant), code.expose(), LIFE.as_secs() / 60);
    match language {
        Lang::English => (
            format!("Your code for {merchant}"),
            format!(
                "{merchant}: your code is {code}. It works for {minutes} minutes, once. Nobody will ask you for it by telephone."
            ),
        ),
        Lang::French => (
            format!("Votre code pour {merchant}"),
            format!(
                "{merchant} : votre code est {code}. Il est valide {minutes} minutes, une fois. Personne ne vous le demandera par téléphone."
            ),
        ),
    }
}
