//! `HashAlgorithm` and the classes of plain hashes.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::arguments::{int, record};
use super::super::{Table, arrays, call};
use super::digest::Function;
use super::keyed;

pub(super) const HASH_ALGORITHM: Table = Table {
    class: Class::HashAlgorithm,
    parameters: &[],
    rows: &[
        call("byte[] ComputeHash(byte[] buffer)", |machine, call| {
            let data = data(machine, call, 1)?;
            compute(machine, call.get(0), &data)
        }),
        call("byte[] ComputeHash(byte[] buffer, int offset, int count)", |machine, call| {
            let data = data(machine, call, 1)?;
            let range = usize::try_from(int(call, 2)).ok().zip(usize::try_from(int(call, 3)).ok());
            let part = range.and_then(|(from, count)| data.get(from..from.checked_add(count)?));
            let part = part.ok_or_else(|| {
                Fault::new(
                    Class::ArgumentException,
                    "Offset and length were out of bounds for the array or count is greater than the \
                     number of elements from index to the end of the source collection.",
                )
            })?;
            compute(machine, call.get(0), part)
        }),
        call("int HashSize { get; }", |machine, call| {
            let length = function(machine, call.get(0))?.length();
            Ok(Value::Int(i32::try_from(length.saturating_mul(8)).unwrap_or(0)))
        }),
        call("void Dispose()", |_, _| Ok(Value::Null)),
        call("void Clear()", |_, _| Ok(Value::Null)),
        call("void Initialize()", |_, _| Ok(Value::Null)),
    ],
    denied: &[],
};

macro_rules! hashes {
    ($($table:ident = $class:ident, $create:literal;)*) => {
        $(pub(super) const $table: Table = Table {
            class: Class::$class,
            parameters: &[],
            rows: &[
                call($create, |machine, _| record(machine, Class::$class, Vec::new())),
                call("static byte[] HashData(byte[] source)", |machine, call| {
                    hash_data(machine, call, Class::$class)
                }),
            ],
            denied: &[],
        };)*
    };
}

hashes! {
    MD5 = Md5, "static MD5 Create()";
    SHA1 = Sha1, "static SHA1 Create()";
    SHA256 = Sha256, "static SHA256 Create()";
    SHA384 = Sha384, "static SHA384 Create()";
    SHA512 = Sha512, "static SHA512 Create()";
    SHA1_MANAGED = Sha1Managed, "new()";
    SHA256_MANAGED = Sha256Managed, "new()";
    SHA384_MANAGED = Sha384Managed, "new()";
    SHA512_MANAGED = Sha512Managed, "new()";
    MD5_PROVIDER = Md5CryptoServiceProvider, "new()";
    SHA1_PROVIDER = Sha1CryptoServiceProvider, "new()";
    SHA256_PROVIDER = Sha256CryptoServiceProvider, "new()";
}

fn hash_data(machine: &mut Machine<'_, '_>, call: &Call<'_>, class: Class) -> Result<Value, Fault> {
    let data = data(machine, call, 0)?;
    let function = Function::of(class).ok_or_else(|| Fault::unsupported(class.name()))?;
    arrays::byte_array(machine, &function.hash(&data))
}

/// The bytes at `index`, paid for.
pub(super) fn data(machine: &mut Machine<'_, '_>, call: &Call<'_>, index: usize) -> Result<Vec<u8>, Fault> {
    if *call.get(index) == Value::Null {
        return Err(Fault::null_argument(if index == 0 { "source" } else { "buffer" }));
    }
    let bytes = arrays::bytes(machine, call.get(index))?;
    machine.spend((bytes.len() as u64).saturating_add(64))?;
    Ok(bytes)
}

pub(super) fn function(machine: &Machine<'_, '_>, algorithm: &Value) -> Result<Function, Fault> {
    match machine.object(algorithm) {
        Some(Object::Record { class, .. }) => {
            Function::of(*class).ok_or_else(|| Fault::unsupported(class.name()))
        }
        _ => Err(Fault::null_reference()),
    }
}

/// The hash of `data`, keyed if `algorithm` has a key.
fn compute(machine: &mut Machine<'_, '_>, algorithm: &Value, data: &[u8]) -> Result<Value, Fault> {
    let function = function(machine, algorithm)?;
    let hash = match keyed::key(machine, algorithm)? {
        Some(key) => function.keyed(&key, data),
        None => function.hash(data),
    };
    arrays::byte_array(machine, &hash)
}
