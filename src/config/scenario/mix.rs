//! `traffic` of the kind `mix`: clients, what they send and as whom.
//!
//! Rule: a client of a mix without a `subscription` has one of its own, called like the client; with one, all
//! that are alike share it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::check::entries;
use super::super::json::{Node, shorten};
use super::fleet::region_called;
use super::library::Library;
use super::traffic::{check_disconnects, read_open_loop};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::policy::{Facts, Header, HeaderValue, Subscription, Text};
use crate::sim::{Caller, FleetSpec};
use crate::workload::{ArrivalSpec, ClientSpec, members};

/// Clients of a mix at most, so that a slip of the pen does not fill memory or time.
const MOST_CLIENTS: u64 = 10_000;

/// The clients of a checked `traffic`. `has_end` says whether the run ends by itself; hashes of traces go to
/// `hashes`.
pub(super) fn read_mix(
    node: &Node,
    has_end: bool,
    library: &mut Library<'_>,
    hashes: &mut Vec<[u8; 32]>,
    diagnostics: &mut Diagnostics,
) -> Option<ArrivalSpec> {
    let map = node.get("clients")?;
    let mut clients = Some(Vec::new());
    for member in entries(map) {
        let client = read_client(&member.name, &member.value, has_end, library, hashes, diagnostics);
        match (&mut clients, client) {
            (Some(all), Some(client)) => all.push(client),
            (all, _) => *all = None,
        }
    }
    let clients: Arc<[ClientSpec]> = clients?.into();
    if clients.is_empty() {
        diagnostics.push(
            Diagnostic::error("no-traffic", map.mark(), "the mix has no clients")
                .label("expected at least one client, by its name"),
        );
        return None;
    }
    let all: u64 = clients.iter().map(|client| u64::from(client.count)).sum();
    if all > MOST_CLIENTS {
        diagnostics.push(
            Diagnostic::error("too-many-clients", map.mark(), format!("the mix has {all} clients"))
                .label(format!("expected at most {MOST_CLIENTS} in all")),
        );
        return None;
    }
    let mut seen = BTreeSet::new();
    for (_, spec, index) in members(&clients) {
        let label = spec.label(index);
        if seen.contains(&label) {
            let message = format!("two clients are called `{}`", shorten(&label));
            diagnostics.push(
                Diagnostic::error("client-name", map.mark(), message)
                    .label("clients that are alike are called by their name and `-1`, `-2` and so on")
                    .help("give one of them another name"),
            );
            return None;
        }
        seen.insert(label);
    }
    Some(ArrivalSpec::Mix(clients))
}

fn read_client(
    name: &str,
    node: &Node,
    has_end: bool,
    library: &mut Library<'_>,
    hashes: &mut Vec<[u8; 32]>,
    diagnostics: &mut Diagnostics,
) -> Option<ClientSpec> {
    let traffic = read_open_loop(node.get("traffic")?, has_end, library, hashes, diagnostics)?;
    let usual = if traffic.stream { 1.0 } else { 0.0 };
    let stream_share = node.get("streamShare").map_or(Some(usual), Node::number)?;
    check_disconnects(node.get("traffic")?, stream_share > 0.0, diagnostics);
    Some(ClientSpec {
        name: name.into(),
        count: match node.get("count") {
            Some(count) => u32::try_from(count.integer()?).ok()?,
            None => 1,
        },
        stream_share,
        traffic,
    })
}

/// Who the clients of a mix are. `tree` is the scenario, `usual` what is known of a caller otherwise, `common`
/// what all clients send, `fleet` where the gateway is.
pub(super) fn read_callers(
    tree: &Node,
    arrivals: &ArrivalSpec,
    usual: &Facts,
    common: &[Header],
    fleet: &FleetSpec,
) -> Option<Arc<[Caller]>> {
    let ArrivalSpec::Mix(clients) = arrivals else { return Some(Arc::default()) };
    // Those that are read from files are described nowhere else.
    let map = tree.get("traffic")?.get("clients").filter(|clients| clients.integer().is_none());
    let key_header = usual.api.key_header.as_str();
    let callers = members(clients).map(|(_, spec, index)| {
        let node = map.and_then(|map| map.get(&spec.name));
        let field = |name: &str| node.and_then(|node| node.get(name));
        let label = spec.label(index);
        let given = field("subscription");
        let text = |name: &str| given.and_then(|given| given.get(name)).and_then(Node::text);
        let id = text("id").unwrap_or(&label);
        let key = text("key").map_or_else(|| format!("key-of-{id}"), str::to_owned);
        let key = Text::from(key);
        let subscription = usual.subscription.clone().map(|usual| Subscription {
            id: Text::from(id.to_owned()),
            name: Text::from(text("name").unwrap_or(id).to_owned()),
            key: key.clone(),
            primary_key: key.clone(),
            ..usual
        });
        let mut headers = common.to_vec();
        set_header(&mut headers, key_header, key);
        for member in field("headers").into_iter().flat_map(entries) {
            set_header(&mut headers, &member.name, Text::from(member.value.text()?.to_owned()));
        }
        let facts = Facts { subscription, ..usual.clone() };
        let region = field("region").and_then(Node::text).and_then(|name| region_called(fleet, name));
        Some(Caller { label: Text::from(label), headers: headers.into(), facts: Arc::new(facts), region })
    });
    callers.collect()
}

/// Sets a header, in the place of one of the same name.
fn set_header(headers: &mut Vec<Header>, name: &str, value: Text) {
    let value = HeaderValue::Text(value);
    match headers.iter_mut().find(|header| header.name.as_str().eq_ignore_ascii_case(name)) {
        Some(header) => header.value = value,
        None => headers.push(Header { name: Text::from(name.to_owned()), value }),
    }
}
