//! The hash functions themselves, by class.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::super::super::Class;

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Function {
    /// The one that objects of `class` compute.
    pub(super) fn of(class: Class) -> Option<Self> {
        Some(match class {
            Class::Md5 | Class::Md5CryptoServiceProvider | Class::HmacMd5 => Self::Md5,
            Class::Sha1 | Class::Sha1Managed | Class::Sha1CryptoServiceProvider | Class::HmacSha1 => {
                Self::Sha1
            }
            Class::Sha256 | Class::Sha256Managed | Class::Sha256CryptoServiceProvider | Class::HmacSha256 => {
                Self::Sha256
            }
            Class::Sha384 | Class::Sha384Managed | Class::HmacSha384 => Self::Sha384,
            Class::Sha512 | Class::Sha512Managed | Class::HmacSha512 => Self::Sha512,
            _ => return None,
        })
    }

    /// Length of its results, in bytes.
    pub(super) const fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Length of its blocks, in bytes: that of the keys that HMAC objects make for themselves.
    pub(super) const fn block(self) -> usize {
        match self {
            Self::Md5 | Self::Sha1 | Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 => 128,
        }
    }

    /// The hash of `data`.
    pub(super) fn hash(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Md5 => Md5::digest(data).to_vec(),
            Self::Sha1 => Sha1::digest(data).to_vec(),
            Self::Sha256 => Sha256::digest(data).to_vec(),
            Self::Sha384 => Sha384::digest(data).to_vec(),
            Self::Sha512 => Sha512::digest(data).to_vec(),
        }
    }

    /// The hash of `data` under `key` (RFC 2104).
    pub(super) fn keyed(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        match self {
            Self::Md5 => finish(Hmac::<Md5>::new_from_slice(key).ok(), data),
            Self::Sha1 => finish(Hmac::<Sha1>::new_from_slice(key).ok(), data),
            Self::Sha256 => finish(Hmac::<Sha256>::new_from_slice(key).ok(), data),
            Self::Sha384 => finish(Hmac::<Sha384>::new_from_slice(key).ok(), data),
            Self::Sha512 => finish(Hmac::<Sha512>::new_from_slice(key).ok(), data),
        }
    }
}

/// Keys of any length are good, so that there always is a code.
fn finish<M: Mac>(code: Option<M>, data: &[u8]) -> Vec<u8> {
    code.map(|code| code.chain_update(data).finalize().into_bytes().to_vec()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }

    #[test]
    fn hashes_of_abc() {
        // RFC 1321, FIPS 180-4.
        let cases = [
            (Function::Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (Function::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (Function::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ];
        for (function, expected) in cases {
            assert_eq!(hex(&function.hash(b"abc")), expected);
        }
        assert!(hex(&Function::Sha384.hash(b"abc")).starts_with("cb00753f45a35e8bb5a03d699ac65007"));
        assert!(hex(&Function::Sha512.hash(b"abc")).starts_with("ddaf35a193617abacc417349ae204131"));
    }

    #[test]
    fn keyed_hashes_of_the_rfcs() {
        // RFC 2202 and RFC 4231, test case 2.
        let key = b"Jefe";
        let data = b"what do ya want for nothing?";
        let cases = [
            (Function::Md5, "750c783e6ab0b503eaa86e310a5db738"),
            (Function::Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (Function::Sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        ];
        for (function, expected) in cases {
            assert_eq!(hex(&function.keyed(key, data)), expected);
            assert_eq!(function.keyed(key, data).len(), function.length());
        }
        assert!(hex(&Function::Sha384.keyed(key, data)).starts_with("af45d2e376484031617f78d2b58a6b1b"));
        assert!(hex(&Function::Sha512.keyed(key, data)).starts_with("164b7a7bfcf819e2e395fbe73b56e0a3"));
    }
}
