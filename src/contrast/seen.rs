//! What came of one request on one side, in a form in which both sides can be compared.

use std::collections::BTreeMap;

use super::accounts::Accounts;
use super::side::Which;
use crate::policy::Headers;
use crate::suite::{CallEnd, RequestRecord};
use crate::units::{Duration, StatusCode};

/// What came of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// The calls of backends, in order.
    pub(super) calls: Vec<Called>,
    /// Waits between attempts.
    pub(super) waits: Vec<Duration>,
    /// Attempts that found no backend available.
    pub(super) exhausted: u32,
    /// Status of the response; `None` when there was none.
    pub(super) status: Option<StatusCode>,
    pub(super) reason: String,
    /// Headers of the response, by name in lower case, with the name as written.
    pub(super) headers: BTreeMap<String, (String, String)>,
    pub(super) body: Option<String>,
    /// From arrival to the response.
    pub(super) elapsed: Option<Duration>,
    /// What the last call sent.
    pub(super) sent: Option<Sent>,
    /// Addresses that the policy itself called.
    pub(super) side_calls: Vec<String>,
    /// Why `on-error` ran, with the policy it came from.
    pub(super) error: Option<(String, String)>,
}

/// A call of a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Called {
    /// Which account, where it is known.
    pub(super) account: Option<usize>,
    /// What this side calls it.
    pub(super) name: String,
    pub(super) end: CallEnd,
}

/// What a backend receives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) method: String,
    pub(super) path: String,
    /// By name in lower case, with the name as written.
    pub(super) headers: BTreeMap<String, (String, String)>,
    pub(super) body: Option<String>,
}

impl Seen {
    pub(super) fn of(accounts: &Accounts, which: Which, record: RequestRecord) -> Self {
        let calls = record.backends.iter().zip(&record.ends).map(|(name, end)| Called {
            account: accounts.find(which, name),
            name: name.clone(),
            end: *end,
        });
        let sent = record.sent.as_ref().map(|request| Sent {
            method: request.method.to_string(),
            path: request.path.to_string(),
            headers: by_name(&request.headers),
            body: record.sent_body.clone(),
        });
        let response = record.response.as_ref();
        Self {
            calls: calls.collect(),
            waits: record.waits,
            exhausted: record.exhausted,
            status: response.map(|response| response.status),
            reason: response.map_or_else(String::new, |response| response.reason.to_string()),
            headers: response.map_or_else(BTreeMap::new, |response| by_name(&response.headers)),
            body: record.body,
            elapsed: record.elapsed,
            sent,
            side_calls: record.calls,
            error: record.error.map(|error| (error.source.to_string(), error.reason.to_string())),
        }
    }

    /// The accounts that were called, in order.
    pub(super) fn order(&self) -> Vec<(Option<usize>, &str)> {
        let told = |call: &'_ Called| (call.account, call.account.is_none());
        self.calls
            .iter()
            .map(|call| {
                let (account, is_unknown) = told(call);
                (account, if is_unknown { call.name.as_str() } else { "" })
            })
            .collect()
    }

    /// Time spent waiting between attempts.
    pub(super) fn waited(&self) -> Duration {
        self.waits.iter().fold(Duration::ZERO, |sum, wait| sum.saturating_add(*wait))
    }

    /// Whether the response is that of the last backend, as far as the status tells.
    pub(super) fn is_passed_on(&self) -> bool {
        match self.calls.last().map(|call| call.end) {
            Some(CallEnd::Response(status) | CallEnd::BrokenOff(status) | CallEnd::LostBody(status)) => {
                self.status == Some(status)
            }
            Some(CallEnd::Timeout | CallEnd::ConnectionFailure) | None => false,
        }
    }
}

fn by_name(headers: &Headers) -> BTreeMap<String, (String, String)> {
    let names = headers.iter().map(|header| header.name.to_string());
    names
        .filter_map(|name| {
            let value = headers.joined(&name)?.to_string();
            Some((name.to_lowercase(), (name, value)))
        })
        .collect()
}
