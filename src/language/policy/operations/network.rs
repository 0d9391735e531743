//! Addresses of ip-filter.
//!
//! IPv4 and IPv6. An IPv4 address that is written as IPv6 (`::ffff:1.2.3.4`) is that IPv4 address. A caller's
//! address may carry a port.

use std::net::{IpAddr, SocketAddr};

/// Whether both texts are the same address; `None` when one of them is none.
pub fn is_same_address(caller: &str, address: &str) -> Option<bool> {
    Some(parse(caller)? == parse(address)?)
}

/// Whether the caller is between two addresses, ends included; `None` when one of the texts is no address.
pub fn is_within_addresses(caller: &str, from: &str, to: &str) -> Option<bool> {
    let (caller, from, to) = (parse(caller)?, parse(from)?, parse(to)?);
    let same_kind = caller.is_ipv4() == from.is_ipv4() && caller.is_ipv4() == to.is_ipv4();
    Some(same_kind && from <= caller && caller <= to)
}

/// Whether the text is an address.
pub(in crate::policy) fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address = text.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|a| a.ip()))?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_compare_by_what_they_are() {
        for (caller, address, expected) in [
            ("10.0.0.1", "10.0.0.1", Some(true)),
            ("10.0.0.1", "10.0.0.2", Some(false)),
            ("10.0.0.1:443", "10.0.0.1", Some(true)),
            ("::ffff:10.0.0.1", "10.0.0.1", Some(true)),
            ("2001:db8::1", "2001:0db8:0000::0001", Some(true)),
            ("2001:db8::1", "2001:db8::2", Some(false)),
            ("[2001:db8::1]:80", "2001:db8::1", Some(true)),
            ("", "10.0.0.1", None),
            ("10.0.0.1", "10.0.0", None),
        ] {
            assert_eq!(is_same_address(caller, address), expected, "{caller} {address}");
        }
    }

    #[test]
    fn ranges_include_their_ends() {
        for (caller, from, to, expected) in [
            ("10.0.0.1", "10.0.0.1", "10.0.0.9", Some(true)),
            ("10.0.0.9", "10.0.0.1", "10.0.0.9", Some(true)),
            ("10.0.0.10", "10.0.0.1", "10.0.0.9", Some(false)),
            ("9.255.255.255", "10.0.0.1", "10.0.0.9", Some(false)),
            ("10.0.1.0", "10.0.0.255", "10.0.1.5", Some(true)),
            ("2001:db8::ff", "2001:db8::1", "2001:db8::1:0", Some(true)),
            ("10.0.0.1", "::", "ffff::", Some(false)),
            ("x", "::", "ffff::", None),
        ] {
            assert_eq!(is_within_addresses(caller, from, to), expected, "{caller} {from} {to}");
        }
    }
}
