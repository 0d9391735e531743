//! `System.Net.IPAddress`: a record with the address in its usual spelling.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::Class;
use super::super::fault::Fault;
use super::super::machine::Machine;
use super::super::value::Value;
use super::arguments::{field, optional_text, record, text};
use super::arrays;
use super::{Table, call};

/// The tables of this family.
pub const TABLES: &[Table] = &[IP_ADDRESS];

const IP_ADDRESS: Table = Table {
    class: Class::IPAddress,
    parameters: &[],
    rows: &[
        call("static IPAddress Parse(string ipString)", |machine, call| {
            let text = text(call, 0, "ipString")?;
            match parse(&text) {
                Some(address) => make(machine, address),
                None => Err(Fault::new(Class::FormatException, "An invalid IP address was specified.")),
            }
        }),
        call("static bool TryParse(string ipString, out IPAddress address)", |machine, call| {
            let address = optional_text(call, 0).and_then(|text| parse(&text));
            let value = match address {
                Some(address) => make(machine, address)?,
                None => Value::Null,
            };
            machine.set_out(1, value);
            Ok(Value::Bool(address.is_some()))
        }),
        call("new(byte[] address)", |machine, call| {
            let bytes = arrays::bytes(machine, call.get(0))?;
            match from_bytes(&bytes) {
                Some(address) => make(machine, address),
                None => Err(Fault::new(
                    Class::ArgumentException,
                    "An invalid IP address was specified. (Parameter 'address')",
                )),
            }
        }),
        call("byte[] GetAddressBytes()", |machine, call| {
            let bytes = match address(machine, call.get(0)) {
                Some(IpAddr::V4(address)) => address.octets().to_vec(),
                Some(IpAddr::V6(address)) => address.octets().to_vec(),
                None => Vec::new(),
            };
            arrays::byte_array(machine, &bytes)
        }),
        call("string ToString()", |machine, call| Ok(field(machine, call.get(0), 0))),
        call("bool Equals(object comparand)", |machine, call| {
            let a = address(machine, call.get(0));
            Ok(Value::Bool(a.is_some() && a == address(machine, call.get(1))))
        }),
        call("bool IsIPv4MappedToIPv6 { get; }", |machine, call| {
            let address = address(machine, call.get(0));
            Ok(Value::Bool(matches!(address, Some(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_some())))
        }),
        call("bool IsIPv6LinkLocal { get; }", |machine, call| {
            let address = address(machine, call.get(0));
            Ok(Value::Bool(matches!(address, Some(IpAddr::V6(v6)) if v6.is_unicast_link_local())))
        }),
        call("IPAddress MapToIPv4()", |machine, call| match address(machine, call.get(0)) {
            Some(IpAddr::V6(v6)) => {
                let [.., a, b, c, d] = v6.octets();
                make(machine, IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
            }
            _ => Ok(call.get(0).clone()),
        }),
        call("IPAddress MapToIPv6()", |machine, call| match address(machine, call.get(0)) {
            Some(IpAddr::V4(v4)) => make(machine, IpAddr::V6(v4.to_ipv6_mapped())),
            _ => Ok(call.get(0).clone()),
        }),
        call("static bool IsLoopback(IPAddress address)", |machine, call| {
            if *call.get(0) == Value::Null {
                return Err(Fault::null_argument("address"));
            }
            let address = address(machine, call.get(0));
            Ok(Value::Bool(address.is_some_and(|address| address.to_canonical().is_loopback())))
        }),
        call("static IPAddress Any { get; }", |machine, _| make(machine, Ipv4Addr::UNSPECIFIED.into())),
        call("static IPAddress Loopback { get; }", |machine, _| make(machine, Ipv4Addr::LOCALHOST.into())),
        call("static IPAddress Broadcast { get; }", |machine, _| make(machine, Ipv4Addr::BROADCAST.into())),
        call("static IPAddress None { get; }", |machine, _| make(machine, Ipv4Addr::BROADCAST.into())),
        call("static IPAddress IPv6Any { get; }", |machine, _| make(machine, Ipv6Addr::UNSPECIFIED.into())),
        call("static IPAddress IPv6Loopback { get; }", |machine, _| {
            make(machine, Ipv6Addr::LOCALHOST.into())
        }),
    ],
    denied: &[],
};

fn make(machine: &mut Machine<'_, '_>, address: IpAddr) -> Result<Value, Fault> {
    let text = Value::from(address.to_string());
    record(machine, Class::IPAddress, vec![text])
}

fn address(machine: &Machine<'_, '_>, value: &Value) -> Option<IpAddr> {
    match field(machine, value, 0) {
        Value::Str(text) => text.parse().ok(),
        _ => None,
    }
}

fn from_bytes(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// As `IPAddress.Parse` reads: the forms of `inet_aton`, with fewer than four parts and in other bases.
fn parse(text: &str) -> Option<IpAddr> {
    if text.contains(':') {
        let bare = text.strip_prefix('[').and_then(|text| text.split_once(']')).map_or(text, |(a, _)| a);
        let bare = bare.split_once('%').map_or(bare, |(address, _)| address);
        return bare.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    let parts: Vec<u32> = text.split('.').map(part).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 255) {
        return None;
    }
    let bits = 32_u32.saturating_sub(u32::try_from(first.len()).ok()?.saturating_mul(8));
    if u64::from(*last) >= 1_u64 << bits {
        return None;
    }
    let mut address = *last;
    for (at, part) in first.iter().enumerate() {
        let shift = 24_u32.saturating_sub(u32::try_from(at).ok()?.saturating_mul(8));
        address |= part << shift;
    }
    Some(IpAddr::V4(Ipv4Addr::from(address)))
}

fn part(text: &str) -> Option<u32> {
    let is = |text: &str, radix: u32| !text.is_empty() && text.chars().all(|c| c.is_digit(radix));
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return is(hex, 16).then(|| u32::from_str_radix(hex, 16).ok())?;
    }
    match text.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => is(octal, 8).then(|| u32::from_str_radix(octal, 8).ok())?,
        _ => is(text, 10).then(|| text.parse().ok())?,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_addresses() {
        let cases = [
            ("203.0.113.7", Some("203.0.113.7")),
            ("1", Some("0.0.0.1")),
            ("1.2", Some("1.0.0.2")),
            ("1.2.3", Some("1.2.0.3")),
            ("0x7f.1", Some("127.0.0.1")),
            ("010.0.0.1", Some("8.0.0.1")),
            ("::1", Some("::1")),
            ("2001:DB8:0:0:0:0:0:1", Some("2001:db8::1")),
            ("[::1]", Some("::1")),
            ("256.1.1.1", None),
            ("1.2.3.4.5", None),
            ("", None),
            ("a.b.c.d", None),
            ("1.2.3.", None),
            ("4294967296", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).map(|a| a.to_string()).as_deref(), expected, "{text}");
        }
    }
}
