//! Policies that cache: values, whole responses, and responses by meaning.
//!
//! Sources: the page of each policy in the policy reference (2026). `caching-type` is read and checked; there
//! is one cache, that of the gateway instance, whatever it says.

use super::csharp::Expression;
use super::program::{Operand, VariableSlot};
use super::text::Text;
use crate::units::Duration;

/// A policy that caches.
#[derive(Clone, Debug)]
pub enum CachePolicy {
    /// `cache-lookup-value`
    LookupValue {
        /// Key.
        key: Operand<Text>,
        /// Variable that receives the value.
        output: VariableSlot,
        /// What it receives on a miss; `None`: switch `cache.miss_value`.
        default: Option<Expression>,
    },
    /// `cache-store-value`
    StoreValue {
        /// Key.
        key: Operand<Text>,
        /// The value.
        value: Expression,
        /// How long it stays.
        duration: Operand<Duration>,
    },
    /// `cache-remove-value`
    RemoveValue {
        /// Key.
        key: Operand<Text>,
    },
    /// `cache-lookup`
    LookupResponse(ResponseLookup),
    /// `cache-store`
    StoreResponse {
        /// How long the response stays.
        duration: Operand<Duration>,
        /// `cache-response`: whether to store; `None`: only status 200.
        condition: Option<Operand<bool>>,
    },
    /// `llm-semantic-cache-lookup`, `azure-openai-semantic-cache-lookup`: a hit is a matter of chance.
    LookupMeaning {
        /// What else has to be the same.
        vary_by: Vec<Operand<Text>>,
    },
    /// `llm-semantic-cache-store`, `azure-openai-semantic-cache-store`
    StoreMeaning {
        /// How long the response stays.
        duration: Operand<Duration>,
    },
}

/// `cache-lookup`
#[derive(Clone, Debug)]
pub struct ResponseLookup {
    /// Each subscription key has its own responses.
    pub by_developer: Operand<bool>,
    /// Each set of user groups has its own responses.
    pub by_groups: Operand<bool>,
    /// Requests with an `Authorization` header take part; default false.
    pub allow_private: Operand<bool>,
    /// Headers whose values tell responses apart.
    pub headers: Vec<Text>,
    /// Query parameters that tell responses apart; all of them when empty.
    pub parameters: Vec<Text>,
}
