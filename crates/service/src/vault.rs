//! Secrets at rest: the keyed hash by which keys are found, and the sealing of what must be shown again.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use domain::api_key::KeyValue;
use domain::{Random, Secret};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::MasterKeys;

const NONCE_BYTES: usize = 24;

/// The length of the pepper in bytes: that of the hash, RFC 2104 section 3.
pub(crate) const PEPPER_BYTES: usize = 32;

/// A keyed hash of a key's value.
pub(crate) type Lookup = [u8; 32];

/// A sealed value: a nonce and the ciphertext, and the version of the master key.
#[derive(Clone, Debug)]
pub(crate) struct Sealed {
    pub(crate) bytes: Vec<u8>,
    pub(crate) version: i64,
}

/// Why a sealed value can't be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    /// The master key of this version is not given.
    #[error("it is sealed under master key version {0}, which is not given")]
    NoSuchKey(i64),
    /// The master key is another one, or the value was changed or moved to another record.
    #[error("it does not open under master key version {0}: the key is another one, or the value was changed")]
    DoesNotOpen(i64),
}

/// Opens and seals with the master keys: XChaCha20-Poly1305 with a random nonce. The record that a value belongs to is authenticated
/// with it, so that a sealed value moved to another record does not open.
#[derive(Clone, Debug)]
pub(crate) struct Seals(MasterKeys);

impl Seals {
    pub(crate) fn new(keys: MasterKeys) -> Self {
        Self(keys)
    }

    pub(crate) fn newest(&self) -> i64 {
        i64::from(self.0.newest())
    }

    fn cipher(&self, version: i64) -> Option<XChaCha20Poly1305> {
        let key = self.0.get(u32::try_from(version).ok()?)?;
        Some(XChaCha20Poly1305::new(key.expose().into()))
    }

    pub(crate) fn seal(&self, record: &str, plain: &[u8], random: &dyn Random) -> Sealed {
        let version = self.newest();
        let mut nonce = [0; NONCE_BYTES];
        random.fill(&mut nonce);
        let payload = Payload { msg: plain, aad: record.as_bytes() };
        let sealed = self
            .cipher(version)
            .and_then(|cipher| cipher.encrypt(&XNonce::from(nonce), payload).ok())
            .expect("the newest master key is there, and no value comes near the cipher's 256 GiB");
        let mut bytes = Vec::with_capacity(NONCE_BYTES + sealed.len());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        Sealed { bytes, version }
    }

    pub(crate) fn unseal(&self, record: &str, sealed: &[u8], version: i64) -> Result<Zeroizing<Vec<u8>>, UnsealError> {
        let cipher = self.cipher(version).ok_or(UnsealError::NoSuchKey(version))?;
        let (nonce, text) = sealed.split_at_checked(NONCE_BYTES).ok_or(UnsealError::DoesNotOpen(version))?;
        let nonce = XNonce::try_from(nonce).map_err(|_| UnsealError::DoesNotOpen(version))?;
        let payload = Payload { msg: text, aad: record.as_bytes() };
        cipher.decrypt(&nonce, payload).map(Zeroizing::new).map_err(|_| UnsealError::DoesNotOpen(version))
    }
}

/// The seals, and the pepper under which keys are looked up.
pub(crate) struct Vault {
    pub(crate) seals: Seals,
    pepper: Hmac<Sha256>,
}

impl Vault {
    pub(crate) fn new(seals: Seals, pepper: &Secret<[u8; PEPPER_BYTES]>) -> Self {
        let pepper = <Hmac<Sha256> as KeyInit>::new_from_slice(pepper.expose())
            .expect("HMAC takes a key of any length, RFC 2104 section 2");
        Self { seals, pepper }
    }

    /// What a key is found by: HMAC-SHA-256 of its value under the pepper. A slow hash would add nothing, because the value has 122
    /// random bits.
    pub(crate) fn lookup(&self, value: &KeyValue) -> Lookup {
        let mut mac = self.pepper.clone();
        mac.update(value.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// What a secret of another kind is found by: as [`Vault::lookup`], of its purpose and its value.
    pub(crate) fn lookup_of(&self, purpose: &[u8], value: &[u8]) -> Lookup {
        let mut mac = self.pepper.clone();
        mac.update(purpose);
        mac.update(value);
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zeros;
    impl Random for Zeros {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn seals(text: &str) -> Seals {
        Seals::new(MasterKeys::parse(text).unwrap())
    }

    const A: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const B: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

    #[test]
    fn opens_what_it_sealed_only_for_the_same_record() {
        let seals = seals(A);
        let sealed = seals.seal("api_key:1", b"value", &Zeros);
        assert_eq!(*seals.unseal("api_key:1", &sealed.bytes, 1).unwrap(), b"value");
        assert_eq!(seals.unseal("api_key:2", &sealed.bytes, 1).unwrap_err(), UnsealError::DoesNotOpen(1));
        assert_eq!(seals.unseal("api_key:1", &sealed.bytes[..5], 1).unwrap_err(), UnsealError::DoesNotOpen(1));
        assert_eq!(seals.unseal("api_key:1", &sealed.bytes, 2).unwrap_err(), UnsealError::NoSuchKey(2));
    }

    #[test]
    fn a_new_master_key_still_opens_what_the_old_one_sealed() {
        let sealed = seals(&format!("1:{A}")).seal("r", b"value", &Zeros);
        let both = seals(&format!("1:{A},2:{B}"));
        assert_eq!(*both.unseal("r", &sealed.bytes, sealed.version).unwrap(), b"value");
        assert_eq!(both.seal("r", b"value", &Zeros).version, 2);
        assert!(seals(&format!("1:{B}")).unseal("r", &sealed.bytes, 1).is_err());
    }

    #[test]
    fn the_lookup_depends_on_the_pepper() {
        let value = KeyValue::from_bytes([1; 16]);
        let with = |pepper| Vault::new(seals(A), &Secret::new([pepper; PEPPER_BYTES])).lookup(&value);
        assert_eq!(with(1), with(1));
        assert_ne!(with(1), with(2));
    }
}
