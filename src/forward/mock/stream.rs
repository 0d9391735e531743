//! Answers on their way: server-sent events, a token at a time, and bodies that break off.
//!
//! Rules
//! - Tokens are as far from each other as the model says, from the first one to the last one. What is due within a
//!   millisecond, the step of timers, comes in one chunk.
//! - An answer that breaks off gives what came before, and then the connection breaks.

use std::fmt::Write as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration as Real;

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::time::{Instant, Sleep};

use super::answer::{Identity, Usage, content};
use super::route::Operation;
use super::text::Words;
use crate::units::Timestamp;
use crate::wire::{BodyError, Clock};

/// When the tokens of an answer come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The first one.
    pub(super) begins: Timestamp,
    /// The last one, if nothing breaks the answer off.
    pub(super) ends: Timestamp,
    /// When that happens.
    pub(super) breaks: Option<Timestamp>,
    /// How many.
    pub(super) tokens: u64,
}

/// A stream of tokens.
pub(super) struct TokenStream {
    clock: Clock,
    sleep: Pin<Box<Sleep>>,
    pace: Pace,
    events: Events,
    words: Words,
    sent: u64,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Head,
    Tokens,
    /// What was written has still to leave before the connection breaks.
    Breaking,
    Broken,
    Done,
}

impl TokenStream {
    pub(super) fn new(
        clock: Clock,
        pace: Pace,
        identity: Identity,
        words: Words,
        usage: (Usage, bool),
    ) -> Self {
        let sleep = Box::pin(tokio::time::sleep_until(clock.instant(pace.begins)));
        let (usage, tells_usage) = usage;
        let events = Events { identity, usage, tells_usage, text: String::new(), number: 0 };
        Self { clock, sleep, pace, events, words, sent: 0, stage: Stage::Head }
    }

    /// Writes what is due, if anything is.
    fn write_due(&mut self, now: Timestamp, out: &mut String) {
        if self.stage == Stage::Head {
            self.events.begin(out);
            self.stage = Stage::Tokens;
        }
        let until = self.pace.breaks.map_or(now, |breaks| breaks.min(now));
        let due = self.pace.due(until);
        if due > self.sent {
            let mut text = String::new();
            self.words.write(&mut text, due - self.sent, self.sent == 0);
            self.sent = due;
            self.events.tokens(out, &text);
        }
        if self.pace.breaks.is_some_and(|breaks| breaks <= now) {
            self.stage = Stage::Breaking;
        } else if self.sent >= self.pace.tokens {
            self.events.end(out);
            self.stage = Stage::Done;
        }
    }

    fn next_at(&self) -> Instant {
        let next = self.pace.at(self.sent);
        self.clock.instant(self.pace.breaks.map_or(next, |breaks| breaks.min(next)))
    }
}

impl Body for TokenStream {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        match this.stage {
            Stage::Done => return Poll::Ready(None),
            Stage::Head | Stage::Tokens | Stage::Breaking | Stage::Broken => {}
        }
        loop {
            if this.stage == Stage::Breaking {
                this.stage = Stage::Broken;
                this.sleep.as_mut().reset(Instant::now() + FLUSH_TIME);
            }
            if this.stage == Stage::Broken {
                std::task::ready!(this.sleep.as_mut().poll(context));
                return Poll::Ready(Some(Err(broken())));
            }
            let mut out = String::new();
            this.write_due(this.clock.now(), &mut out);
            if !out.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(Bytes::from(out)))));
            }
            if this.stage == Stage::Tokens {
                let at = this.next_at();
                this.sleep.as_mut().reset(at);
                std::task::ready!(this.sleep.as_mut().poll(context));
            }
        }
    }
}

impl Pace {
    /// When a token is due, by its number from 0.
    fn at(&self, token: u64) -> Timestamp {
        let between = u128::from(self.ends.since(self.begins).as_nanos());
        let gaps = u128::from(self.tokens.saturating_sub(1).max(1));
        let after = between * u128::from(token) / gaps;
        let after = u64::try_from(after).unwrap_or(u64::MAX);
        Timestamp::from_nanos(self.begins.as_nanos().saturating_add(after))
    }

    /// How many tokens are due.
    fn due(&self, now: Timestamp) -> u64 {
        if now < self.begins {
            return 0;
        }
        let gone = u128::from(now.since(self.begins).as_nanos());
        let between = u128::from(self.ends.since(self.begins).as_nanos());
        if gone >= between {
            return self.tokens;
        }
        let gaps = u128::from(self.tokens.saturating_sub(1));
        let mut due = u64::try_from(gone * gaps / between).unwrap_or(u64::MAX).saturating_add(1);
        // Rounding of the two divisions must not make a token wait for itself.
        while due < self.tokens && self.at(due) <= now {
            due += 1;
        }
        due.min(self.tokens)
    }
}

/// How long what was written before a break has to leave.
const FLUSH_TIME: Real = Real::from_millis(2);

/// The events of an answer.
struct Events {
    identity: Identity,
    usage: Usage,
    tells_usage: bool,
    /// All so far, where the last event tells it.
    text: String,
    /// Events so far, where each has its number.
    number: u64,
}

impl Events {
    fn begin(&mut self, out: &mut String) {
        match self.identity.operation {
            Operation::Chat | Operation::Embeddings => {
                let role = "\"delta\":{\"content\":\"\",\"refusal\":null,\"role\":\"assistant\"},\"finish_reason\":null";
                self.identity.chunk(out, Some(role), "");
            }
            Operation::Completions => {}
            Operation::Responses => {
                let response = self.identity.response("in_progress", None);
                self.event(out, "response.created", &format!("\"response\":{response}"));
                self.event(out, "response.in_progress", &format!("\"response\":{response}"));
                let item = self.identity.item("in_progress", None);
                self.event(out, "response.output_item.added", &format!("\"output_index\":0,\"item\":{item}"));
                let part = format!("{},\"part\":{}", self.place(), content(""));
                self.event(out, "response.content_part.added", &part);
            }
        }
    }

    fn tokens(&mut self, out: &mut String, text: &str) {
        match self.identity.operation {
            Operation::Chat | Operation::Embeddings => {
                let choice = format!(
                    "\"content_filter_results\":{{}},\"delta\":{{\"content\":\"{text}\"}},\"finish_reason\":null"
                );
                self.identity.chunk(out, Some(&choice), "");
            }
            Operation::Completions => {
                let choice = format!("\"text\":\"{text}\",\"finish_reason\":null");
                self.identity.chunk(out, Some(&choice), "");
            }
            Operation::Responses => {
                self.text.push_str(text);
                let delta = format!("{},\"delta\":\"{text}\"", self.place());
                self.event(out, "response.output_text.delta", &delta);
            }
        }
    }

    fn end(&mut self, out: &mut String) {
        let reason = self.usage.reason();
        match self.identity.operation {
            Operation::Chat | Operation::Embeddings => {
                self.identity.chunk(out, Some(&format!("\"delta\":{{}},\"finish_reason\":\"{reason}\"")), "");
            }
            Operation::Completions => {
                let choice = format!("\"text\":\"\",\"finish_reason\":\"{reason}\"");
                self.identity.chunk(out, Some(&choice), "");
            }
            Operation::Responses => return self.end_response(out),
        }
        if self.tells_usage {
            self.identity.chunk(out, None, &format!(",\"usage\":{}", self.usage.json()));
        }
        out.push_str("data: [DONE]\n\n");
    }

    fn end_response(&mut self, out: &mut String) {
        let text = std::mem::take(&mut self.text);
        let place = self.place();
        self.event(out, "response.output_text.done", &format!("{place},\"text\":\"{text}\""));
        self.event(out, "response.content_part.done", &format!("{place},\"part\":{}", content(&text)));
        let status = if self.usage.is_cut { "incomplete" } else { "completed" };
        let item = self.identity.item(status, Some(&text));
        self.event(out, "response.output_item.done", &format!("\"output_index\":0,\"item\":{item}"));
        let response = self.identity.response(status, Some((&text, self.usage)));
        self.event(out, &format!("response.{status}"), &format!("\"response\":{response}"));
    }

    fn place(&self) -> String {
        format!("\"item_id\":\"{}\",\"output_index\":0,\"content_index\":0", self.identity.item_id())
    }

    fn event(&mut self, out: &mut String, kind: &str, members: &str) {
        let number = self.number;
        self.number += 1;
        // Writing to a string does not fail.
        let _ = write!(
            out,
            "event: {kind}\ndata: {{\"type\":\"{kind}\",\"sequence_number\":{number},{members}}}\n\n"
        );
    }
}

/// A body that breaks off after what is given.
pub(super) struct BrokenBody {
    first: Option<Bytes>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl BrokenBody {
    pub(super) fn after(bytes: Bytes) -> Self {
        Self { first: Some(bytes), sleep: None }
    }
}

impl Body for BrokenBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(bytes) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(FLUSH_TIME)));
        std::task::ready!(sleep.as_mut().poll(context));
        Poll::Ready(Some(Err(broken())))
    }
}

fn broken() -> BodyError {
    Box::new(io::Error::from(io::ErrorKind::ConnectionReset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_due_at_even_distances() {
        let at = Timestamp::from_nanos;
        let pace = Pace { begins: at(1_000), ends: at(1_900), breaks: None, tokens: 10 };
        for (now, due) in [(999, 0), (1_000, 1), (1_099, 1), (1_100, 2), (1_899, 9), (1_900, 10), (5_000, 10)]
        {
            assert_eq!(pace.due(at(now)), due, "{now}");
        }
        for tokens in [1, 2, 3, 7] {
            let pace = Pace { begins: at(0), ends: at(1_000_003), breaks: None, tokens };
            for token in 0..tokens {
                assert!(pace.due(pace.at(token)) > token, "{token} of {tokens}");
            }
        }
        let at_once = Pace { begins: at(5), ends: at(5), breaks: None, tokens: 4 };
        assert_eq!((at_once.due(at(4)), at_once.due(at(5))), (0, 4));
    }
}
