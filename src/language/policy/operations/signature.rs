//! Signatures of tokens: HMAC, and RSA with PKCS #1 v1.5 padding.
//!
//! Sources: RFC 7518, sections 3.2 and 3.3; RFC 8017, sections 8.2.2 and 9.2. Only verification is here, which
//! handles nothing secret, so that plain arithmetic will do.
//!
//! Deliberately not modelled: RSA-PSS, elliptic curves.

use hmac::{Hmac, KeyInit, Mac};
use num_bigint::BigUint;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// A key that signatures are verified with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenKeyMaterial {
    /// Of HS256, HS384 and HS512.
    Shared(Vec<u8>),
    /// The public key of RS256, RS384 and RS512; both numbers big-endian.
    Rsa {
        /// `n`
        modulus: Vec<u8>,
        /// `e`
        exponent: Vec<u8>,
    },
}

/// Longest modulus in bits, and longest exponent in bytes: what bounds the work.
const MAX_MODULUS_BITS: u64 = 16_384;
const MAX_EXPONENT_BYTES: usize = 8;

impl TokenKeyMaterial {
    /// Whether keys of this kind are for an algorithm: a public key is never taken for a shared one.
    pub(super) fn is_for(&self, algorithm: &str) -> bool {
        match self {
            Self::Shared(_) => matches!(algorithm, "HS256" | "HS384" | "HS512"),
            Self::Rsa { .. } => matches!(algorithm, "RS256" | "RS384" | "RS512"),
        }
    }

    /// Whether `signature` is that of `signed`.
    pub(super) fn verifies(&self, algorithm: &str, signed: &[u8], signature: &[u8]) -> bool {
        match (self, algorithm) {
            (Self::Shared(key), "HS256") => is_mac::<Hmac<Sha256>>(key, signed, signature),
            (Self::Shared(key), "HS384") => is_mac::<Hmac<Sha384>>(key, signed, signature),
            (Self::Shared(key), "HS512") => is_mac::<Hmac<Sha512>>(key, signed, signature),
            (Self::Rsa { modulus, exponent }, _) => {
                // RFC 8017, 9.2, note 1: what stands before the digest.
                let (kind, digest) = match algorithm {
                    "RS256" => (1, Sha256::digest(signed).to_vec()),
                    "RS384" => (2, Sha384::digest(signed).to_vec()),
                    "RS512" => (3, Sha512::digest(signed).to_vec()),
                    _ => return false,
                };
                opens(modulus, exponent, signature)
                    .is_some_and(|found| found == padded(kind, &digest, found.len()))
            }
            _ => false,
        }
    }
}

fn is_mac<M: Mac + KeyInit>(key: &[u8], signed: &[u8], signature: &[u8]) -> bool {
    let Ok(mac) = <M as KeyInit>::new_from_slice(key) else { return false };
    mac.chain_update(signed).verify_slice(signature).is_ok()
}

/// The message in a signature, as long as the modulus.
fn opens(modulus: &[u8], exponent: &[u8], signature: &[u8]) -> Option<Vec<u8>> {
    let n = BigUint::from_bytes_be(modulus);
    let (e, s) = (BigUint::from_bytes_be(exponent), BigUint::from_bytes_be(signature));
    let length = usize::try_from(n.bits().div_ceil(8)).ok()?;
    let is_usual = n.bits() > 8 && n.bits() <= MAX_MODULUS_BITS && exponent.len() <= MAX_EXPONENT_BYTES;
    if !is_usual || signature.len() != length || s >= n {
        return None;
    }
    let message = s.modpow(&e, &n).to_bytes_be();
    let mut whole = vec![0; length.saturating_sub(message.len())];
    whole.extend(message);
    Some(whole)
}

/// The padded digest (EMSA-PKCS1-v1_5) of `length` bytes; too short to be equal to anything where it does not fit.
fn padded(kind: u8, digest: &[u8], length: usize) -> Vec<u8> {
    let size = |bytes: usize| u8::try_from(bytes).unwrap_or(u8::MAX);
    let mut info = vec![0x30, size(digest.len().saturating_add(17)), 0x30, 0x0d, 0x06, 0x09];
    info.extend([0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, kind, 0x05, 0x00, 0x04, size(digest.len())]);
    info.extend(digest);
    let Some(padding) = length.checked_sub(info.len().saturating_add(3)).filter(|padding| *padding >= 8)
    else {
        return Vec::new();
    };
    let mut whole = vec![0x00, 0x01];
    whole.resize(padding.saturating_add(2), 0xff);
    whole.push(0x00);
    whole.extend(info);
    whole
}
