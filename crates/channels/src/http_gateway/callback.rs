//! A provider's call with receipts: who it is from, how old it is, and what it says. Pure, so that whoever owns the route decides the rest.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use serde_json::Value;
use sha2::Sha256;

use super::config::{CallbackConfig, SignatureEncoding};
use crate::fault::one_line;
use crate::{ConfigFault, Receipt, span};

/// The least octets of a key: half of what the hash gives.
const SHORTEST_SECRET: usize = 16;

/// The most receipts that one call may bring.
const MOST_RECEIPTS: usize = 10_000;

/// What a call brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Callback {
    /// Store them all, then answer success.
    pub receipts: Vec<Receipt>,
    /// The states that are in no map of the configuration, each once, for the log. Their receipts are left out: asking for them again
    /// would not help.
    pub unknown_states: BTreeSet<String>,
}

/// Why a call is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallbackFault {
    /// It is not signed as configured, or not by the provider: answer 401.
    #[error("the signature is missing or wrong")]
    Signature,
    /// It is signed, and too far from now: answer 401.
    #[error("the timestamp is missing, or too far from the time here")]
    Timestamp,
    /// It is signed, and not JSON, or has no receipt with an id and a state where the configuration looks for one: answer 400.
    #[error("the body does not hold receipts where the configuration looks for them")]
    Body,
}

/// Checks the signature of a call in constant time, and its age at `now`, and reads the receipts in it for `channel`.
///
/// A call may be repeated within the age limit by whoever saw it: receipts that come twice change nothing.
///
/// # Errors
/// [`CallbackFault`], which says what to answer.
pub fn read_callback(
    channel: &str,
    config: &CallbackConfig,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<Callback, CallbackFault> {
    let timestamp = only(headers, &config.timestamp_header).ok_or(CallbackFault::Timestamp)?;
    let signature = only(headers, &config.signature_header)
        .and_then(|text| signature(text, config))
        .ok_or(CallbackFault::Signature)?;
    // A key of any length is taken.
    let mut mac =
        Hmac::<Sha256>::new_from_slice(config.secret.expose().as_bytes()).map_err(|_| CallbackFault::Signature)?;
    for part in [timestamp.as_bytes(), config.separator.as_bytes(), body] {
        mac.update(part);
    }
    mac.verify_slice(&signature).map_err(|_| CallbackFault::Signature)?;
    let signed_at = time(timestamp).ok_or(CallbackFault::Timestamp)?;
    if now.since(signed_at).max(signed_at.since(now)) > config.max_age {
        return Err(CallbackFault::Timestamp);
    }
    let whole: Value = serde_json::from_slice(body).map_err(|_| CallbackFault::Body)?;
    let found = whole.pointer(&config.receipts).ok_or(CallbackFault::Body)?;
    let items = found.as_array().map_or(std::slice::from_ref(found), Vec::as_slice);
    if items.len() > MOST_RECEIPTS {
        return Err(CallbackFault::Body);
    }
    let mut callback = Callback::default();
    for item in items {
        let id = text_at(item, &config.message_id).ok_or(CallbackFault::Body)?;
        let named = text_at(item, &config.state).ok_or(CallbackFault::Body)?;
        let Some((_, state)) = config.states.iter().find(|(name, _)| name.eq_ignore_ascii_case(&named)) else {
            callback.unknown_states.insert(named);
            continue;
        };
        callback.receipts.push(Receipt {
            channel: channel.to_owned(),
            provider_message_id: id,
            state: *state,
            error_code: config.error_code.as_deref().and_then(|pointer| text_at(item, pointer)),
            recipient: config.recipient.as_deref().and_then(|pointer| text_at(item, pointer)),
            at: now,
            text: None,
        });
    }
    Ok(callback)
}

/// The text or number at `pointer`, when it is not empty.
pub(super) fn text_at(value: &Value, pointer: &str) -> Option<String> {
    let text = match value.pointer(pointer)? {
        Value::String(text) => one_line(text),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// What can be told before the first call.
pub(super) fn check(config: &CallbackConfig) -> Result<(), ConfigFault> {
    if config.secret.expose().len() < SHORTEST_SECRET {
        return Err(ConfigFault::new("callback.secret", format!("must have {SHORTEST_SECRET} octets at least")));
    }
    if config.states.is_empty() {
        return Err(ConfigFault::new(
            "callback.states",
            "must name the provider's states, like delivered = \"DELIVERED\"",
        ));
    }
    span::at_least_some("callback.max-age", config.max_age)?;
    let optional = [("callback.error-code", &config.error_code), ("callback.recipient", &config.recipient)];
    let optional = optional.into_iter().filter_map(|(setting, pointer)| Some((setting, pointer.as_ref()?)));
    let given = [
        ("callback.receipts", &config.receipts),
        ("callback.message-id", &config.message_id),
        ("callback.state", &config.state),
    ];
    given.into_iter().chain(optional).try_for_each(|(setting, pointer)| check_pointer(setting, pointer))
}

pub(super) fn check_pointer(setting: &str, pointer: &str) -> Result<(), ConfigFault> {
    if pointer.is_empty() || pointer.starts_with('/') {
        return Ok(());
    }
    Err(ConfigFault::new(setting, "is no JSON pointer: begin with a slash, like /messages/0/id"))
}

/// The value of a header that comes exactly once.
fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn signature(text: &str, config: &CallbackConfig) -> Option<Vec<u8>> {
    let text = text.trim().strip_prefix(&config.signature_prefix)?;
    match config.signature_encoding {
        SignatureEncoding::Base64 => STANDARD.decode(text).ok(),
        SignatureEncoding::Hex => {
            let digits: Option<Vec<u8>> =
                text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
            let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
            Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
        }
    }
}

/// Seconds or milliseconds since 1970, told apart by their size, or RFC 3339.
fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let Ok(number) = text.parse::<i64>() else { return Timestamp::parse_rfc3339(text) };
    // As seconds, this is the year 5138; as milliseconds, 1973.
    let micros = if number.unsigned_abs() < 100_000_000_000 { 1_000_000 } else { 1_000 };
    number.checked_mul(micros).map(Timestamp::from_micros)
}

#[cfg(test)]
mod tests {
    use domain::sms::SmsState;
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "sixteen-octets-long";
    const BODY: &str = r#"{"messageId": 17, "status": "Delivered", "error": "", "to": "358441234567"}"#;

    fn config(extra: &str) -> CallbackConfig {
        let text =
            format!("secret = '{SECRET}'\nstates = {{ delivered = 'DELIVERED', failed = 'UNDELIVERABLE' }}\n{extra}");
        toml::from_str(&text).unwrap()
    }

    fn now() -> Timestamp {
        Timestamp::parse_rfc3339("2026-11-21T12:00:00Z").unwrap()
    }

    fn sign(timestamp: &str, body: &str) -> Vec<u8> {
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(format!("{timestamp}.{body}").as_bytes());
        mac.finalize().into_bytes().to_vec()
    }

    fn hex(octets: &[u8]) -> String {
        octets.iter().map(|octet| format!("{octet:02X}")).collect()
    }

    fn headers(timestamp: &str, signature: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-timestamp", HeaderValue::from_str(timestamp).unwrap());
        headers.insert("x-signature", HeaderValue::from_str(signature).unwrap());
        headers
    }

    fn signed(body: &str, config: &CallbackConfig) -> Result<Callback, CallbackFault> {
        let timestamp = now().seconds().to_string();
        read_callback("sms", config, &headers(&timestamp, &hex(&sign(&timestamp, body))), body.as_bytes(), now())
    }

    #[test]
    fn a_signed_receipt_is_read() {
        let callback = signed(BODY, &config("error-code = '/error'\nrecipient = '/to'")).unwrap();
        let [receipt] = &callback.receipts[..] else { panic!("{callback:?}") };
        assert_eq!((&receipt.provider_message_id[..], receipt.state), ("17", SmsState::Delivered));
        assert_eq!(
            (&receipt.error_code, receipt.recipient.as_deref(), receipt.at),
            (&None, Some("358441234567"), now())
        );
    }

    #[test]
    fn the_signature_of_the_rfc() {
        // RFC 4231, test case 2: the key `Jefe` and the text `what do ya want for nothing?`, cut as timestamp, separator and body.
        let mut config = config("separator = ' ya want '\nmax-age = '100000d'");
        config.secret = domain::Secret::new("Jefe".to_owned());
        let signature = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let found = read_callback("sms", &config, &headers("what do", signature), b"for nothing?", now());
        // It is right: what is wrong comes after it.
        assert_eq!(found, Err(CallbackFault::Timestamp));
    }

    #[test]
    fn many_come_in_one_call_and_unknown_states_are_told() {
        let body = r#"{"reports": [{"messageId": "a", "status": "FAILED"}, {"messageId": "b", "status": "odd"},
            {"messageId": "c", "status": "odd"}]}"#;
        let callback = signed(body, &config("receipts = '/reports'")).unwrap();
        assert_eq!((callback.receipts.len(), callback.receipts[0].state), (1, SmsState::Undeliverable));
        assert_eq!(callback.unknown_states, BTreeSet::from(["odd".to_owned()]));
    }

    #[test]
    fn other_spellings_of_the_signature_and_the_time() {
        for timestamp in ["1795262400", "1795262400000", "2026-11-21T14:00:00+02:00"] {
            assert_eq!(time(timestamp), Some(now()), "{timestamp}");
            let config = config("signature-prefix = 'sha256='\nsignature-encoding = 'base64'");
            let signature = format!("sha256={}", STANDARD.encode(sign(timestamp, BODY)));
            assert!(read_callback("sms", &config, &headers(timestamp, &signature), BODY.as_bytes(), now()).is_ok());
        }
    }

    #[test]
    fn what_is_not_the_providers_is_refused() {
        let config = config("");
        let timestamp = now().seconds().to_string();
        let good = hex(&sign(&timestamp, BODY));
        let read = |headers: &HeaderMap, body: &str| read_callback("sms", &config, headers, body.as_bytes(), now());
        assert_eq!(read(&headers(&timestamp, &good), &BODY.replace("17", "18")), Err(CallbackFault::Signature));
        assert_eq!(read(&headers("1795262401", &good), BODY), Err(CallbackFault::Signature));
        for wrong in ["", "00", &good[..62], &good[1..], "not hex", &format!("{good}00")] {
            assert_eq!(read(&headers(&timestamp, wrong), BODY), Err(CallbackFault::Signature), "{wrong}");
        }
        let mut twice = headers(&timestamp, &good);
        twice.append("x-signature", HeaderValue::from_static("00"));
        assert_eq!(read(&twice, BODY), Err(CallbackFault::Signature));
        assert_eq!(read(&HeaderMap::new(), BODY), Err(CallbackFault::Timestamp));
        assert!(read(&headers(&timestamp, &good), BODY).is_ok());
    }

    #[test]
    fn what_is_too_old_or_from_the_future_is_refused() {
        for (seconds, fault) in [(-301, true), (-300, false), (300, false), (301, true)] {
            let timestamp = (now().seconds() + seconds).to_string();
            let signature = hex(&sign(&timestamp, BODY));
            let found = read_callback("sms", &config(""), &headers(&timestamp, &signature), BODY.as_bytes(), now());
            assert_eq!(found.err(), fault.then_some(CallbackFault::Timestamp), "{seconds}");
        }
    }

    #[test]
    fn a_signed_body_without_receipts_is_told_apart() {
        for body in [
            "",
            "[1]",
            "{}",
            r#"{"messageId": "", "status": "delivered"}"#,
            r#"{"messageId": {}, "status": "delivered"}"#,
        ] {
            assert_eq!(signed(body, &config("")), Err(CallbackFault::Body), "{body}");
        }
        assert_eq!(signed("[]", &config("")), Ok(Callback::default()));
    }

    proptest! {
        #[test]
        fn never_panics(timestamp in "[ -~]{0,30}", signature in "[ -~]{0,80}", body in "\\PC{0,60}") {
            let _ = read_callback("sms", &config(""), &headers(&timestamp, &signature), body.as_bytes(), now());
            let _ = signed(&body, &config(""));
        }
    }
}
