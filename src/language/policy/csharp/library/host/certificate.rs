//! `X509Certificate2`: certificates are known by their thumbprint, and nothing else of them is modelled.

use super::super::super::Class;
use super::super::super::fault::{Fault, FaultKind};
use super::super::super::machine::{Call, Machine};
use super::super::super::value::{Host, Value};
use super::super::arguments::{field, nullable};
use super::super::{Table, call, constant};

pub(super) const CERTIFICATE: Table = Table {
    class: Class::X509Certificate2,
    parameters: &[],
    rows: &[
        call("string Thumbprint { get; }", |machine, call| Ok(thumbprint(machine, call.get(0)))),
        call("string GetCertHashString()", |machine, call| Ok(thumbprint(machine, call.get(0)))),
        call("bool Verify()", |_, _| Ok(Value::Bool(true))),
        call("string Subject { get; }", unknown),
        call("X500DistinguishedName SubjectName { get; }", unknown),
        call("string Issuer { get; }", unknown),
        call("X500DistinguishedName IssuerName { get; }", unknown),
        call("string SerialNumber { get; }", unknown),
        call("string FriendlyName { get; }", unknown),
        call("DateTime NotBefore { get; }", unknown),
        call("DateTime NotAfter { get; }", unknown),
        call("int Version { get; }", unknown),
        call("bool HasPrivateKey { get; }", unknown),
        call("byte[] RawData { get; }", unknown),
        call("byte[] GetCertHash()", unknown),
        call("byte[] GetRawCertData()", unknown),
        call("byte[] GetPublicKey()", unknown),
        call("string GetPublicKeyString()", unknown),
        call("string GetSerialNumberString()", unknown),
        call("string GetNameInfo(X509NameType nameType, bool forIssuer)", unknown),
        call("string GetEffectiveDateString()", unknown),
        call("string GetExpirationDateString()", unknown),
        call("string GetRawCertDataString()", unknown),
        call("string GetKeyAlgorithm()", unknown),
        call("byte[] GetSerialNumber()", unknown),
        call("void Dispose()", |_, _| Ok(Value::Null)),
        call("RSA GetRSAPrivateKey()", unknown),
        call("RSA GetRSAPublicKey()", unknown),
        call("new(byte[] rawData)", unknown),
        call("new(byte[] rawData, string password)", unknown),
        call("new(byte[] rawData, string password, X509KeyStorageFlags keyStorageFlags)", unknown),
    ],
    denied: &["Import", "Export", "Reset"],
};

pub(super) const DISTINGUISHED_NAME: Table = Table {
    class: Class::X500DistinguishedName,
    parameters: &[],
    rows: &[call("string Name { get; }", unknown), call("byte[] RawData { get; }", unknown)],
    denied: &[],
};

pub(super) const NAME_TYPE: Table = Table {
    class: Class::X509NameType,
    parameters: &[],
    rows: &[
        constant("SimpleName", 0),
        constant("EmailName", 1),
        constant("UpnName", 2),
        constant("DnsName", 3),
        constant("DnsFromAlternativeName", 4),
        constant("UrlName", 5),
    ],
    denied: &[],
};

pub(super) const KEY_STORAGE: Table = Table {
    class: Class::X509KeyStorageFlags,
    parameters: &[],
    rows: &[
        constant("DefaultKeySet", 0),
        constant("UserKeySet", 1),
        constant("MachineKeySet", 2),
        constant("Exportable", 4),
        constant("UserProtected", 8),
        constant("PersistKeySet", 16),
        constant("EphemeralKeySet", 32),
    ],
    denied: &[],
};

fn thumbprint(machine: &Machine<'_, '_>, certificate: &Value) -> Value {
    match certificate {
        Value::Host(Host::Certificate) => nullable(machine.scope.facts.client_certificate.as_ref()),
        _ => field(machine, certificate, 0),
    }
}

fn unknown(_: &mut Machine<'_, '_>, _: &Call<'_>) -> Result<Value, Fault> {
    Err(Fault::of(
        FaultKind::Unsupported,
        "certificates are known by their thumbprint only: keys, names and dates are not modelled",
    ))
}
