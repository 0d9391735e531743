//! `System.Security.Cryptography`: hashes, keyed hashes, random bytes.
//!
//! Not modelled: RSA and private keys of certificates; their members exist and say so when they are called.

mod digest;
mod hash;
mod keyed;
mod random;
mod rsa;

use super::Table;

/// The tables of this family.
pub const TABLES: &[Table] = &[
    hash::HASH_ALGORITHM,
    hash::MD5,
    hash::SHA1,
    hash::SHA256,
    hash::SHA384,
    hash::SHA512,
    hash::SHA1_MANAGED,
    hash::SHA256_MANAGED,
    hash::SHA384_MANAGED,
    hash::SHA512_MANAGED,
    hash::MD5_PROVIDER,
    hash::SHA1_PROVIDER,
    hash::SHA256_PROVIDER,
    keyed::HMAC,
    keyed::HMAC_MD5,
    keyed::HMAC_SHA1,
    keyed::HMAC_SHA256,
    keyed::HMAC_SHA384,
    keyed::HMAC_SHA512,
    rsa::HASH_NAME,
    rsa::RSA,
    rsa::SIGNATURE_PADDING,
    rsa::ENCRYPTION_PADDING,
    random::GENERATOR,
    random::PROVIDER,
];
