//! Logging in: USER, PASS, REIN.

use std::time::Duration;

use super::{After, Session};
use crate::auth::Rights;
use crate::command::Type;
use crate::data::Plan;
use crate::listing::Facts;
use crate::reply::Reply;

/// So long a wrong password takes: three guesses a second would be 250,000 a day.
const PAUSE: Duration = Duration::from_secs(1);
/// So many wrong passwords end the session (RFC 2577, 5).
const TRIES: u32 = 3;

/// Who the client is, as far as it has said so.
#[derive(Debug, Default)]
pub(super) struct Login {
    /// What USER said.
    name: Option<Vec<u8>>,
    rights: Option<Rights>,
    failed: u32,
}

impl Login {
    /// What it may do; `None`: nothing yet.
    pub(super) fn rights(&self) -> Option<Rights> {
        self.rights
    }

    pub(super) fn name(&self) -> String {
        String::from_utf8_lossy(self.name.as_deref().unwrap_or_default()).into_owned()
    }
}

impl Session<'_> {
    /// The answer is the same for every name: who is known here is not told (RFC 2577, 6).
    pub(super) fn user(&mut self, name: Vec<u8>) -> Reply {
        self.login.rights = None;
        self.login.name = Some(name);
        Reply::new(331, "And the password?")
    }

    pub(super) fn pass(&mut self, password: &[u8]) -> After {
        if self.login.rights.is_some() {
            return Reply::new(202, "You are logged in").into();
        }
        let Some(name) = &self.login.name else {
            return Reply::new(503, "Say USER first").into();
        };
        let peer = self.control.peer();
        self.login.rights = self.settings.accounts.log_in(name, password);
        let name = name.escape_ascii();
        if self.login.rights.is_some() {
            log::info!("{peer}: logged in as \"{name}\"");
            return Reply::new(230, "Welcome").into();
        }
        self.login.failed += 1;
        log::warn!("{peer}: wrong password for \"{name}\" ({} of {TRIES})", self.login.failed);
        self.login.name = None;
        self.control.pause(PAUSE);
        if self.login.failed >= TRIES {
            return After::End(Reply::new(421, "Too many wrong passwords"));
        }
        Reply::new(530, "Wrong name or password").into()
    }

    /// As at the beginning, but that wrong passwords still count.
    pub(super) fn reinitialize(&mut self) -> Reply {
        self.login = Login { failed: self.login.failed, ..Login::default() };
        self.here = "/".into();
        self.kind = Type::Ascii;
        self.data = Plan::None;
        self.epsv_only = false;
        self.offset = 0;
        self.facts = Facts::ALL;
        Reply::new(220, "As at the beginning")
    }
}
