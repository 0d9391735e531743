//! `HMAC` and its classes. Field of a record of these classes: the key, a `byte[]`.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::arguments::record;
use super::super::{Table, arrays, call};
use super::digest::Function;
use super::{hash, random};

pub(super) const HMAC: Table = Table {
    class: Class::Hmac,
    parameters: &[],
    rows: &[
        call("byte[] Key { get; }", |machine, call| {
            let key = key(machine, call.get(0))?.unwrap_or_default();
            arrays::byte_array(machine, &key)
        }),
        call("byte[] Key { set; }", |machine, call| {
            let bytes = hash::data(machine, call, 1)?;
            let copy = arrays::byte_array(machine, &bytes)?;
            if let Some(Object::Record { fields, .. }) = machine.heap().object_mut(call.get(0)) {
                *fields = vec![copy];
            }
            Ok(Value::Null)
        }),
        call("string HashName { get; }", |machine, call| {
            Ok(Value::from(match hash::function(machine, call.get(0))? {
                Function::Md5 => "MD5",
                Function::Sha1 => "SHA1",
                Function::Sha256 => "SHA256",
                Function::Sha384 => "SHA384",
                Function::Sha512 => "SHA512",
            }))
        }),
    ],
    denied: &[],
};

macro_rules! keyed {
    ($($table:ident = $class:ident;)*) => {
        $(pub(super) const $table: Table = Table {
            class: Class::$class,
            parameters: &[],
            rows: &[
                call("new(byte[] key)", |machine, call| with_key(machine, call, Class::$class)),
                call("new()", |machine, _| with_random_key(machine, Class::$class)),
                call("static byte[] HashData(byte[] key, byte[] source)", |machine, call| {
                    hash_data(machine, call, Class::$class)
                }),
            ],
            denied: &[],
        };)*
    };
}

keyed! {
    HMAC_MD5 = HmacMd5;
    HMAC_SHA1 = HmacSha1;
    HMAC_SHA256 = HmacSha256;
    HMAC_SHA384 = HmacSha384;
    HMAC_SHA512 = HmacSha512;
}

/// The key of a keyed algorithm, `None` for a plain one.
pub(super) fn key(machine: &Machine<'_, '_>, algorithm: &Value) -> Result<Option<Vec<u8>>, Fault> {
    match machine.object(algorithm) {
        Some(Object::Record { class, fields }) if class.derives_from(Class::Hmac) => {
            arrays::bytes(machine, fields.first().unwrap_or(&Value::Null)).map(Some)
        }
        _ => Ok(None),
    }
}

fn with_key(machine: &mut Machine<'_, '_>, call: &Call<'_>, class: Class) -> Result<Value, Fault> {
    if *call.get(0) == Value::Null {
        return Err(Fault::null_argument("key"));
    }
    let bytes = arrays::bytes(machine, call.get(0))?;
    let copy = arrays::byte_array(machine, &bytes)?;
    record(machine, class, vec![copy])
}

fn with_random_key(machine: &mut Machine<'_, '_>, class: Class) -> Result<Value, Fault> {
    let length = Function::of(class).map_or(64, Function::block);
    let bytes = random::bytes(machine, length);
    let key = arrays::byte_array(machine, &bytes)?;
    record(machine, class, vec![key])
}

fn hash_data(machine: &mut Machine<'_, '_>, call: &Call<'_>, class: Class) -> Result<Value, Fault> {
    if *call.get(0) == Value::Null {
        return Err(Fault::null_argument("key"));
    }
    let key = arrays::bytes(machine, call.get(0))?;
    let data = hash::data(machine, call, 1)?;
    let function = Function::of(class).ok_or_else(|| Fault::unsupported(class.name()))?;
    arrays::byte_array(machine, &function.keyed(&key, &data))
}
