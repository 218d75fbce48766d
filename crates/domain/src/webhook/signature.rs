//! The signature of a webhook: HMAC-SHA-256 over `id.timestamp.body` (Standard Webhooks 1.0, symmetric).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use super::WebhookSecret;
use crate::Timestamp;

/// The header with the identifier of the message, the same at each try.
pub const ID_HEADER: &str = "webhook-id";
/// The header with the time of the try, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// The header with the signatures.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// The value of [`ID_HEADER`].
#[must_use]
pub fn id(message: Uuid) -> String {
    format!("msg_{}", message.simple())
}

/// The value of [`TIMESTAMP_HEADER`].
#[must_use]
pub fn timestamp(at: Timestamp) -> i64 {
    at.micros().div_euclid(1_000_000)
}

/// The value of [`SIGNATURE_HEADER`]: a signature for each secret, separated by a space. While a secret is being replaced there are two, and
/// the receiver takes either.
#[must_use]
pub fn signatures(secrets: &[WebhookSecret], id: &str, timestamp: i64, body: &str) -> String {
    let signatures: Vec<String> = secrets.iter().map(|secret| sign(secret, id, timestamp, body)).collect();
    signatures.join(" ")
}

fn sign(secret: &WebhookSecret, id: &str, timestamp: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose()).expect("HMAC takes a key of any length");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body.as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> WebhookSecret {
        WebhookSecret::parse(text).unwrap()
    }

    /// The value was computed by the library `standardwebhooks` of PyPI.
    #[test]
    fn it_is_the_signature_of_the_standards_own_library() {
        let secret = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signature = signatures(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn two_secrets_give_two_signatures() {
        let (one, other) =
            (secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), WebhookSecret::from_octets(&[9; 32]).unwrap());
        let alone = |secret: &WebhookSecret| signatures(std::slice::from_ref(secret), "msg_1", 1, "{}");
        let both = signatures(&[one.clone(), other.clone()], "msg_1", 1, "{}");
        assert_eq!(both, format!("{} {}", alone(&one), alone(&other)));
        assert_ne!(alone(&one), alone(&other));
        assert_eq!(signatures(&[], "msg_1", 1, "{}"), "");
    }

    #[test]
    fn the_time_is_in_whole_seconds() {
        assert_eq!(timestamp(Timestamp::from_micros(1_614_265_330_999_999)), 1_614_265_330);
        assert_eq!(id(Uuid::from_u128(1)), "msg_00000000000000000000000000000001");
    }
}
