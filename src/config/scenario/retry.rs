//! `traffic.clientRetry`: how clients try again.

use super::super::check::Dialect;
use super::super::json::Node;
use super::super::ranges::number_range;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::random::whole;
use crate::workload::ClientRetry;

/// The retry at a checked node; what is left out is as the OpenAI libraries have it.
pub(super) fn read_retry(node: &Node, diagnostics: &mut Diagnostics) -> Option<ClientRetry> {
    let usual = ClientRetry::default();
    let time = |name: &str| node.get(name).and_then(Node::time);
    let thousandths = |name: &str| Some(whole(node.get(name)?.number()? * 1000.0));
    let retries = match node.get("retries") {
        Some(retries) => u32::try_from(retries.integer()?).ok()?,
        None => usual.retries,
    };
    let statuses = match node.get("statuses") {
        Some(list) => {
            let read: Vec<_> = list.elements()?.iter().map(|item| read_statuses(item, diagnostics)).collect();
            read.into_iter().collect::<Option<_>>()?
        }
        None => usual.statuses,
    };
    Some(ClientRetry {
        retries,
        statuses,
        on_timeout: node
            .get("onTimeout")
            .and_then(|flag| flag.flag(Dialect::Scenario))
            .unwrap_or(usual.on_timeout),
        first_wait: time("firstWait").unwrap_or(usual.first_wait),
        longest_wait: time("longestWait").unwrap_or(usual.longest_wait),
        jitter_permille: thousandths("jitter").unwrap_or(usual.jitter_permille),
        longest_retry_after: time("longestRetryAfter").unwrap_or(usual.longest_retry_after),
        budget_permille: thousandths("budget"),
    })
}

/// A status or a range of them.
fn read_statuses(node: &Node, diagnostics: &mut Diagnostics) -> Option<(u16, u16)> {
    let read = || {
        let (from, to) = number_range(node.text()?)?;
        let (from, to) = (u16::try_from(from).ok()?, u16::try_from(to).ok()?);
        (from >= 100 && to <= 599).then_some((from, to))
    };
    let found = read();
    if found.is_none() {
        diagnostics.push(
            Diagnostic::error("wrong-status", node.mark(), format!("not a status: {}", node.describe()))
                .label("expected text such as `429` or `500-599`"),
        );
    }
    found
}
