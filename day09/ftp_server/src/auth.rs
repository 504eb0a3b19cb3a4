//! Who may log in, and what they may do then.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The accounts of a server: everybody as `anonymous` or `ftp`, and at most one with a password.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    /// Whether anonymous clients may change anything.
    pub anonymous_write: bool,
    /// The name and password of who may.
    pub user: Option<(String, Secret)>,
}

/// What a client may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// Look and take.
    Read,
    /// Change and add as well.
    Write,
}

impl Accounts {
    /// What this client may do, or `None`: wrong name or password, and it is not told which.
    pub fn log_in(&self, name: &[u8], password: &[u8]) -> Option<Rights> {
        if let Some((user, secret)) = &self.user {
            // Compared even if the name is wrong: the answer takes the same time.
            if secret.is(password) & (user.as_bytes() == name) {
                return Some(Rights::Write);
            }
        }
        let is_user = self.user.as_ref().is_some_and(|(user, _)| user.as_bytes() == name);
        match name.to_ascii_lowercase().as_slice() {
            b"anonymous" | b"ftp" if !is_user && self.anonymous_write => Some(Rights::Write),
            b"anonymous" | b"ftp" if !is_user => Some(Rights::Read),
            _ => None,
        }
    }
}

/// A password, kept and compared as its SHA-256: two hashes have the same length, and comparing them
/// takes the same time wherever they differ, so how long an answer takes says nothing of how much of
/// a guess was right.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Keeps the hash of `password`, not the password.
    pub fn new(password: &[u8]) -> Secret {
        Secret(Sha256::digest(password).into())
    }

    /// Whether it is this one.
    pub fn is(&self, guess: &[u8]) -> bool {
        let guess: [u8; 32] = Sha256::digest(guess).into();
        self.0.ct_eq(&guess).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_may_read_and_the_user_may_write() {
        let accounts =
            Accounts { anonymous_write: false, user: Some(("ann".into(), Secret::new(b"pw"))) };
        assert_eq!(accounts.log_in(b"ann", b"pw"), Some(Rights::Write));
        assert_eq!(accounts.log_in(b"Anonymous", b"x@y"), Some(Rights::Read));
        for (name, password) in [("ann", "p"), ("ann", "pwx"), ("ann", ""), ("bob", "pw"), ("", "")]
        {
            assert_eq!(accounts.log_in(name.as_bytes(), password.as_bytes()), None, "{name}");
        }
        let open = Accounts { anonymous_write: true, user: None };
        assert_eq!(open.log_in(b"ftp", b""), Some(Rights::Write));
        assert_eq!(format!("{:?}", Secret::new(b"pw")), "Secret(..)");
    }

    #[test]
    fn a_user_called_ftp_needs_the_password() {
        let accounts =
            Accounts { anonymous_write: true, user: Some(("ftp".into(), Secret::new(b"pw"))) };
        assert_eq!(accounts.log_in(b"ftp", b"x"), None);
        assert_eq!(accounts.log_in(b"ftp", b"pw"), Some(Rights::Write));
    }
}
