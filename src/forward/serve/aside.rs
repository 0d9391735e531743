//! Side calls of policies: tokens, and requests of their own.
//!
//! Rules
//! - An answer longer than the bound of bodies, or one that breaks off, is a failed call.
//! - Nobody waits for a one-way request; it still has the time that the policy gives it.

use std::sync::Arc;

use super::identity::Identity;
use super::upstream::{Sender, collect, own_request, response};
use crate::gateway::{SideAnswer, SideCall, SideRequest};
use crate::policy::{Body, Text};
use crate::wire::Clock;

/// Who makes side calls.
#[derive(Clone, Debug)]
pub(super) struct Aside {
    pub(super) sender: Sender,
    pub(super) identity: Arc<Identity>,
    pub(super) clock: Clock,
    pub(super) body_limit: usize,
}

impl Aside {
    /// Makes a call.
    pub(super) async fn make(self, call: SideCall) -> SideAnswer {
        match call {
            SideCall::Token { resource, client_id } => {
                self.identity.token(&resource, client_id.as_ref(), &self.sender, self.clock).await
            }
            SideCall::Request(request) => self.send(&request).await.unwrap_or(SideAnswer::Failed),
        }
    }

    async fn send(&self, side: &SideRequest) -> Option<SideAnswer> {
        let request = own_request(&side.method, &side.url, &side.headers, &side.body)?;
        let time = self.clock.real(side.timeout);
        let answer = tokio::time::timeout(time, self.sender.request(request)).await.ok()?.ok()?;
        let (head, body) = answer.into_parts();
        let bytes = collect(body, self.body_limit, time).await?;
        let body = match std::str::from_utf8(&bytes) {
            Ok("") => Body::Absent,
            Ok(text) => Body::Text(Text::from(text.to_owned())),
            Err(_) => Body::Opaque,
        };
        Some(SideAnswer::Response(response(&head, body)))
    }
}
