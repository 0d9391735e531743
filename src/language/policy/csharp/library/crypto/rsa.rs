//! `RSA`: named so that policies that use it can be read and checked; keys are not modelled, so that nothing
//! can be signed.

use super::super::super::Class;
use super::super::super::fault::{Fault, FaultKind};
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::arguments::{field, optional_text, record};
use super::super::{Table, call};

/// Field of a record of this class: the name.
pub(super) const HASH_NAME: Table = Table {
    class: Class::HashAlgorithmName,
    parameters: &[],
    rows: &[
        call("static HashAlgorithmName MD5 { get; }", |machine, _| name(machine, "MD5")),
        call("static HashAlgorithmName SHA1 { get; }", |machine, _| name(machine, "SHA1")),
        call("static HashAlgorithmName SHA256 { get; }", |machine, _| name(machine, "SHA256")),
        call("static HashAlgorithmName SHA384 { get; }", |machine, _| name(machine, "SHA384")),
        call("static HashAlgorithmName SHA512 { get; }", |machine, _| name(machine, "SHA512")),
        call("new(string name)", |machine, call| {
            let name = optional_text(call, 0).map_or(Value::Null, Value::Str);
            record(machine, Class::HashAlgorithmName, vec![name])
        }),
        call("string Name { get; }", |machine, call| Ok(field(machine, call.get(0), 0))),
        call("string ToString()", |machine, call| Ok(field(machine, call.get(0), 0))),
    ],
    denied: &[],
};

pub(super) const RSA: Table = Table {
    class: Class::Rsa,
    parameters: &[],
    rows: &[
        call("static RSA Create()", no_keys),
        call("static RSA Create(int keySizeInBits)", no_keys),
        call(
            "byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)",
            no_keys,
        ),
        call(
            "byte[] SignHash(byte[] hash, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)",
            no_keys,
        ),
        call(
            "bool VerifyData(byte[] data, byte[] signature, HashAlgorithmName hashAlgorithm, \
             RSASignaturePadding padding)",
            no_keys,
        ),
        call(
            "bool VerifyHash(byte[] hash, byte[] signature, HashAlgorithmName hashAlgorithm, \
             RSASignaturePadding padding)",
            no_keys,
        ),
        call("byte[] Encrypt(byte[] data, RSAEncryptionPadding padding)", no_keys),
        call("byte[] Decrypt(byte[] data, RSAEncryptionPadding padding)", no_keys),
        call("int KeySize { get; }", no_keys),
        call("void Dispose()", no_keys),
    ],
    denied: &[],
};

pub(super) const SIGNATURE_PADDING: Table = Table {
    class: Class::RsaSignaturePadding,
    parameters: &[],
    rows: &[
        call("static RSASignaturePadding Pkcs1 { get; }", |machine, _| {
            padding(machine, Class::RsaSignaturePadding, "Pkcs1")
        }),
        call("static RSASignaturePadding Pss { get; }", |machine, _| {
            padding(machine, Class::RsaSignaturePadding, "Pss")
        }),
        call("string ToString()", |machine, call| Ok(field(machine, call.get(0), 0))),
    ],
    denied: &[],
};

pub(super) const ENCRYPTION_PADDING: Table = Table {
    class: Class::RsaEncryptionPadding,
    parameters: &[],
    rows: &[
        call("static RSAEncryptionPadding Pkcs1 { get; }", |machine, _| {
            padding(machine, Class::RsaEncryptionPadding, "Pkcs1")
        }),
        call("static RSAEncryptionPadding OaepSHA1 { get; }", |machine, _| {
            padding(machine, Class::RsaEncryptionPadding, "OaepSHA1")
        }),
        call("static RSAEncryptionPadding OaepSHA256 { get; }", |machine, _| {
            padding(machine, Class::RsaEncryptionPadding, "OaepSHA256")
        }),
        call("string ToString()", |machine, call| Ok(field(machine, call.get(0), 0))),
    ],
    denied: &[],
};

fn name(machine: &mut Machine<'_, '_>, name: &'static str) -> Result<Value, Fault> {
    record(machine, Class::HashAlgorithmName, vec![Value::from(name)])
}

fn padding(machine: &mut Machine<'_, '_>, class: Class, name: &'static str) -> Result<Value, Fault> {
    record(machine, class, vec![Value::from(name)])
}

fn no_keys(_: &mut Machine<'_, '_>, _: &Call<'_>) -> Result<Value, Fault> {
    Err(Fault::of(FaultKind::Unsupported, "RSA is not evaluated here: private keys are not modelled"))
}
