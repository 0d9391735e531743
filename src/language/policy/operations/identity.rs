//! Credentials that a policy writes.

use crate::policy::base64;

/// The value of `Authorization` for a user name and a password (RFC 7617).
pub fn basic_credentials(username: &str, password: &str) -> String {
    format!("Basic {}", base64::encode(format!("{username}:{password}").as_bytes(), false))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7617 section 2.
    #[test]
    fn credentials_of_the_standard() {
        assert_eq!(basic_credentials("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }
}
