//! A short message as it is asked for, and as it is taken.

use std::time::Duration;

use super::{Encoding, Parts, Sender};
use crate::fault_code::Coded;
use crate::telephone::Telephone;
use crate::{Faults, text};

/// The shortest validity that may be asked for.
pub const SHORTEST_VALIDITY: Duration = Duration::from_secs(60);
/// The longest, which is also the most that SMSCs keep a message.
pub const LONGEST_VALIDITY: Duration = Duration::from_secs(7 * 24 * 3600);
/// What holds when none is asked for.
pub const USUAL_VALIDITY: Duration = Duration::from_secs(24 * 3600);

const LONGEST_REFERENCE: usize = 100;

/// What was asked for, as it came.
#[derive(Clone, Default)]
pub struct SmsDraft {
    /// `recipient`.
    pub recipient: Option<String>,
    /// `text`.
    pub text: Option<String>,
    /// `sender`.
    pub sender: Option<String>,
    /// `reference`.
    pub reference: Option<String>,
    /// `validity`, in seconds.
    pub validity: Option<i64>,
}

/// What the operator has set.
#[derive(Clone, Debug)]
pub struct SmsRules {
    /// Who a message is from when it does not say.
    pub sender: Sender,
    /// The most parts of a text.
    pub most_parts: usize,
}

/// A message that can be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct NewSms {
    /// For whom.
    pub recipient: Telephone,
    /// From whom.
    pub sender: Sender,
    /// What it says.
    pub text: String,
    /// How it is encoded.
    pub encoding: Encoding,
    /// In how many parts it goes.
    pub parts: usize,
    /// The asker's reference.
    pub reference: Option<String>,
    /// How long it is worth delivering.
    pub validity: Duration,
}

/// Checks what was asked for, and tells every fault of it.
///
/// # Errors
/// The faults, by member.
pub fn check(draft: &SmsDraft, rules: &SmsRules) -> Result<NewSms, Faults> {
    let mut faults = Faults::new();
    let present = |value: &Option<String>| value.clone().filter(|text| !text::is_blank(text));
    let recipient = match present(&draft.recipient) {
        None => {
            faults.add("recipient", "required", "Say whom it is for: a number in E.164, such as +358441234567");
            None
        }
        Some(text) if !text.trim().starts_with('+') => {
            faults.add(
                "recipient",
                "telephone_format",
                "Write the number in E.164: a plus, the calling code and the number",
            );
            None
        }
        Some(text) => match Telephone::parse(text.trim(), None) {
            Err(fault) => {
                faults.add("recipient", fault.code(), fault.to_string());
                None
            }
            Ok(number) if !number.takes_messages() => {
                faults.add(
                    "recipient",
                    "telephone_no_sms",
                    "The number can't take short messages: send to a mobile number",
                );
                None
            }
            Ok(number) => Some(number),
        },
    };
    // Kept as sent, but for white space alone, which would be paid for and say nothing.
    let body = present(&draft.text).unwrap_or_default();
    let cut = match Parts::of(&body, rules.most_parts) {
        Ok(parts) => Some((parts.encoding(), parts.count())),
        Err(fault) => {
            faults.add("text", fault.code(), fault.to_string());
            None
        }
    };
    let sender = match present(&draft.sender).map(|text| Sender::parse(text.trim())) {
        None => Some(rules.sender.clone()),
        Some(Ok(sender)) => Some(sender),
        Some(Err(fault)) => {
            faults.add("sender", fault.code(), fault.to_string());
            None
        }
    };
    let reference = present(&draft.reference);
    if let Some(reference) = &reference {
        if reference.chars().count() > LONGEST_REFERENCE {
            faults.add("reference", "too_long", format!("A reference has {LONGEST_REFERENCE} characters at most"));
        } else if reference.chars().any(char::is_control) {
            faults.add("reference", "control_character", "A reference has no control characters");
        }
    }
    let validity = match draft.validity {
        None => USUAL_VALIDITY,
        Some(seconds) => match u64::try_from(seconds).map(Duration::from_secs) {
            Ok(span) if (SHORTEST_VALIDITY..=LONGEST_VALIDITY).contains(&span) => span,
            _ => {
                let (least, most) = (SHORTEST_VALIDITY.as_secs(), LONGEST_VALIDITY.as_secs());
                faults.add("validity", "out_of_range", format!("The validity is {least} to {most} seconds"));
                USUAL_VALIDITY
            }
        },
    };
    match (recipient, cut, sender) {
        (Some(recipient), Some((encoding, parts)), Some(sender)) if faults.is_empty() => {
            Ok(NewSms { recipient, sender, text: body, encoding, parts, reference, validity })
        }
        _ => Err(faults),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault_code::FAULT_CODES;

    fn rules() -> SmsRules {
        SmsRules { sender: Sender::parse("Tally").unwrap(), most_parts: 10 }
    }

    fn draft(recipient: &str, text: &str) -> SmsDraft {
        SmsDraft { recipient: Some(recipient.into()), text: Some(text.into()), ..SmsDraft::default() }
    }

    fn codes(draft: &SmsDraft) -> Vec<(String, String)> {
        let faults = check(draft, &rules()).err().unwrap().into_vec();
        for fault in &faults {
            assert!(FAULT_CODES.iter().any(|(code, _)| *code == fault.code), "{} is not listed", fault.code);
        }
        faults.into_iter().map(|fault| (fault.field.to_string(), fault.code.to_string())).collect()
    }

    #[test]
    fn a_plain_message_is_taken() {
        let sms = check(&draft("+358 44 123 4567", "Hei"), &rules()).ok().unwrap();
        assert_eq!((sms.recipient.as_str(), sms.sender.as_str()), ("+358441234567", "Tally"));
        assert_eq!((sms.encoding, sms.parts, sms.validity), (Encoding::Gsm7, 1, USUAL_VALIDITY));
    }

    #[test]
    fn white_space_is_no_text_and_none_of_a_sender() {
        assert_eq!(codes(&draft("+358441234567", " \n\u{a0}")), [("text".to_owned(), "required".to_owned())]);
        let named = SmsDraft { sender: Some(" Test ".into()), ..draft("+358441234567", " Hei ") };
        let sms = check(&named, &rules()).ok().unwrap();
        assert_eq!((sms.sender.as_str(), sms.text.as_str()), ("Test", " Hei "));
    }

    #[test]
    fn a_reference_is_one_line() {
        let two_lines = SmsDraft { reference: Some("a\nb".into()), ..draft("+358441234567", "Hei") };
        assert_eq!(codes(&two_lines), [("reference".to_owned(), "control_character".to_owned())]);
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let draft = SmsDraft {
            recipient: Some("044 1234567".into()),
            text: None,
            sender: Some("much too long a name".into()),
            reference: Some("x".repeat(101)),
            validity: Some(-1),
        };
        let found = codes(&draft);
        for (field, code) in [
            ("recipient", "telephone_format"),
            ("text", "required"),
            ("sender", "sender_name"),
            ("reference", "too_long"),
            ("validity", "out_of_range"),
        ] {
            assert!(found.contains(&(field.into(), code.into())), "{field} {code}: {found:?}");
        }
    }

    #[test]
    fn a_line_that_takes_no_messages_is_told() {
        assert_eq!(codes(&draft("+358 9 123 4567", "Hei")), [("recipient".to_owned(), "telephone_no_sms".to_owned())]);
    }

    #[test]
    fn two_thousand_characters_with_an_emoji_are_too_many() {
        let text = format!("{}🦀", "a".repeat(1_999));
        assert_eq!(codes(&draft("+358441234567", &text)), [("text".to_owned(), "too_long".to_owned())]);
        let plain = check(&draft("+358441234567", &"a".repeat(1_500)), &rules()).ok().unwrap();
        assert_eq!(plain.parts, 10);
    }
}
