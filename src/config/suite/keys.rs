//! `signingKeys`: the keys of issuers, in place of what `openid-config` would be asked for.
//!
//! Each issuer, or URL of a configuration, has JSON web keys (RFC 7517) as its key set has them: RSA keys and
//! shared ones. Members that do not matter here (`use`, `alg`, `x5c` and others) may stand there and are passed
//! over.

use super::super::check::entries;
use super::super::json::{Node, shorten};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::policy::operations::{SigningKey, TokenKeyMaterial};
use crate::policy::{Text, base64};

/// The keys of a file. Those that cannot be read are told.
pub(super) fn read_keys(tree: &Node, diagnostics: &mut Diagnostics) -> Vec<SigningKey> {
    let mut found = Vec::new();
    for issuer in tree.get("signingKeys").into_iter().flat_map(entries) {
        for node in issuer.value.elements().unwrap_or_default() {
            match read_key(node) {
                Ok(key) => found.push(SigningKey {
                    issuer: Text::from(issuer.name.clone()),
                    id: node.get("kid").and_then(Node::text).map(|id| Text::from(id.to_owned())),
                    key,
                }),
                Err(expected) => {
                    let name = format!("this key of `{}` cannot be read", shorten(&issuer.name));
                    diagnostics.push(Diagnostic::error("bad-signing-key", node.mark(), name).label(expected));
                }
            }
        }
    }
    found
}

fn read_key(node: &Node) -> Result<TokenKeyMaterial, &'static str> {
    let bytes = |name: &str| node.get(name).and_then(Node::text).and_then(base64::decode_any);
    match node.get("kty").and_then(Node::text) {
        Some("RSA") => match (bytes("n"), bytes("e")) {
            (Some(modulus), Some(exponent)) => Ok(TokenKeyMaterial::Rsa { modulus, exponent }),
            _ => Err("expected `n` and `e` in base64url"),
        },
        Some("oct") => bytes("k").map(TokenKeyMaterial::Shared).ok_or("expected `k` in base64url"),
        _ => Err("expected `kty` to be `RSA` or `oct`"),
    }
}
