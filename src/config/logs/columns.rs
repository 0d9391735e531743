//! The columns of log tables: their names, and what a file is that has them.
//!
//! Names are those of the reference of Azure Monitor's tables `ApiManagementGatewayLogs`,
//! `ApiManagementGatewayLlmLog`, `AppRequests` and `AppDependencies`, of the classic tables `requests` and
//! `dependencies` of Application Insights, and of our own joined form.

use std::collections::BTreeSet;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    /// When the row was written, or the request began: by the table.
    Time,
    /// When the request came, in the joined form.
    Arrival,
    /// Id of the request at the gateway.
    Correlation,
    /// Id of the operation in Application Insights; id of the API's operation at the gateway.
    Operation,
    Api,
    Subscription,
    Region,
    /// Last backend entity called.
    Backend,
    /// Its URL, or the host of it.
    BackendUrl,
    BackendStatus,
    /// Status for the client.
    Status,
    IsSuccess,
    Error,
    /// Milliseconds at the gateway in all.
    Total,
    /// Milliseconds with the backend.
    BackendTime,
    Cache,
    Deployment,
    Model,
    Prompt,
    Completion,
    Tokens,
    MaxTokens,
    /// Whether the answer was streamed.
    Stream,
    /// Number of a part of a message that was too long for one row.
    Sequence,
    /// Milliseconds in Application Insights.
    Duration,
    /// Status in Application Insights.
    ResultCode,
    /// Custom dimensions.
    Properties,
    /// How many requests a sampled row stands for.
    Items,
    /// Host of a dependency.
    Target,
    /// Kind of a dependency.
    Type,
    /// Calls of backends for the request.
    Attempts,
    /// Where tokens come from, in the joined form.
    TokensFrom,
}

/// Columns, the name of each in messages, and all its spellings without case and marks between words.
const FIELDS: &[(Field, &str, &[&str])] = &[
    (Field::Time, "TimeGenerated", &["timegenerated", "timestamp"]),
    (Field::Arrival, "arrival", &["arrival"]),
    (Field::Correlation, "CorrelationId", &["correlationid"]),
    (Field::Operation, "operation_Id", &["operationid"]),
    (Field::Api, "ApiId", &["apiid", "api"]),
    (Field::Subscription, "ApimSubscriptionId", &["apimsubscriptionid", "client"]),
    (Field::Region, "Region", &["region"]),
    (Field::Backend, "BackendId", &["backendid", "backend"]),
    (Field::BackendUrl, "BackendUrl", &["backendurl", "backendhost"]),
    (Field::BackendStatus, "BackendResponseCode", &["backendresponsecode", "backendstatus"]),
    (Field::Status, "ResponseCode", &["responsecode", "status"]),
    (Field::IsSuccess, "IsRequestSuccess", &["isrequestsuccess", "success"]),
    (Field::Error, "LastErrorReason", &["lasterrorreason"]),
    (Field::Total, "TotalTime", &["totaltime", "totalms"]),
    (Field::BackendTime, "BackendTime", &["backendtime", "backendms"]),
    (Field::Cache, "Cache", &["cache"]),
    (Field::Deployment, "DeploymentName", &["deploymentname", "deployment"]),
    (Field::Model, "ModelName", &["modelname", "model"]),
    (Field::Prompt, "PromptTokens", &["prompttokens"]),
    (Field::Completion, "CompletionTokens", &["completiontokens"]),
    (Field::Tokens, "TotalTokens", &["totaltokens"]),
    (Field::MaxTokens, "MaxTokens", &["maxtokens"]),
    (Field::Stream, "IsStreamCompletion", &["isstreamcompletion", "stream"]),
    (Field::Sequence, "SequenceNumber", &["sequencenumber"]),
    (Field::Duration, "duration", &["duration", "durationms"]),
    (Field::ResultCode, "resultCode", &["resultcode"]),
    (Field::Properties, "customDimensions", &["customdimensions", "properties"]),
    (Field::Items, "itemCount", &["itemcount"]),
    (Field::Target, "target", &["target"]),
    (Field::Type, "type", &["type", "dependencytype"]),
    (Field::Attempts, "attempts", &["attempts"]),
    (Field::TokensFrom, "tokens_from", &["tokensfrom"]),
];

impl Field {
    /// The column called `name`: in any letter case, with or without ` [UTC]` and marks between words.
    pub(super) fn find(name: &str) -> Option<Self> {
        let plain = plain(name);
        FIELDS.iter().find(|(_, _, names)| names.contains(&plain.as_str())).map(|(field, _, _)| *field)
    }

    /// Its name in messages.
    pub(super) fn name(self) -> &'static str {
        FIELDS.iter().find(|(field, _, _)| *field == self).map_or("", |(_, name, _)| name)
    }
}

fn plain(name: &str) -> String {
    let lower = name.trim_start_matches('\u{feff}').trim().to_ascii_lowercase();
    let bare = lower.strip_suffix("[utc]").unwrap_or(&lower);
    bare.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).collect()
}

/// What a file of logs holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogKind {
    /// The joined form that an import writes.
    Joined,
    /// `ApiManagementGatewayLogs`, perhaps joined with the next one already.
    Gateway,
    /// `ApiManagementGatewayLlmLog`.
    Llm,
    /// Requests of Application Insights.
    Requests,
    /// Dependencies of Application Insights: calls of backends.
    Dependencies,
}

/// How a file is recognised: columns that must be there, and those of which one must.
const KINDS: &[(LogKind, &[Field], &[Field])] = &[
    (LogKind::Joined, &[Field::Arrival], &[Field::Prompt]),
    (LogKind::Gateway, &[Field::Correlation], &[Field::Status, Field::Total, Field::Backend]),
    (LogKind::Llm, &[Field::Correlation], &[Field::Prompt, Field::Completion, Field::Tokens]),
    (LogKind::Dependencies, &[Field::Operation, Field::Target], &[Field::ResultCode, Field::Duration]),
    (LogKind::Requests, &[Field::Operation], &[Field::ResultCode, Field::Duration]),
];

/// What nothing can be said without.
const NEEDED: &[(LogKind, &[Field])] = &[
    (LogKind::Joined, &[Field::Completion]),
    (LogKind::Gateway, &[Field::Time]),
    (LogKind::Llm, &[]),
    (LogKind::Requests, &[Field::Time]),
    (LogKind::Dependencies, &[]),
];

impl LogKind {
    /// What has these columns, and which of those that it needs are missing. `None`: no kind of logs.
    pub(super) fn of(fields: &BTreeSet<Field>) -> Option<(Self, Vec<Field>)> {
        let has = |field: &Field| fields.contains(field);
        let (kind, _, _) = KINDS.iter().find(|(_, all, any)| all.iter().all(has) && any.iter().any(has))?;
        let needed = NEEDED.iter().find(|(known, _)| known == kind).map_or(&[][..], |(_, needed)| needed);
        Some((*kind, needed.iter().copied().filter(|field| !has(field)).collect()))
    }

    /// What it is called in output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Joined => "joined log",
            Self::Gateway => "ApiManagementGatewayLogs",
            Self::Llm => "ApiManagementGatewayLlmLog",
            Self::Requests => "requests of Application Insights",
            Self::Dependencies => "dependencies of Application Insights",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_tools_write_them_and_none_is_of_two() {
        for (name, expected) in [
            ("TimeGenerated [UTC]", Some(Field::Time)),
            ("\u{feff}timegenerated", Some(Field::Time)),
            ("timestamp [UTC]", Some(Field::Time)),
            ("operation_Id", Some(Field::Operation)),
            ("CompletionTokens", Some(Field::Completion)),
            ("completion_tokens", Some(Field::Completion)),
            ("DurationMs", Some(Field::Duration)),
            ("CorrelationId1", None),
            ("RequestMessages", None),
        ] {
            assert_eq!(Field::find(name), expected, "{name}");
        }
        let mut all = BTreeSet::new();
        for (field, name, names) in FIELDS {
            assert_eq!(Field::find(name), Some(*field), "{name}");
            assert!(names.iter().all(|name| all.insert(*name)), "{names:?}");
        }
    }

    #[test]
    fn columns_tell_what_a_file_is() {
        let of = |names: &[&str]| {
            let fields = names.iter().filter_map(|name| Field::find(name)).collect();
            LogKind::of(&fields).map(|(kind, missing)| (kind, missing.len()))
        };
        for (names, expected) in [
            (&["TimeGenerated", "CorrelationId", "TotalTime"][..], Some((LogKind::Gateway, 0))),
            (&["CorrelationId", "ResponseCode"], Some((LogKind::Gateway, 1))),
            (&["TimeGenerated", "CorrelationId", "TotalTokens"], Some((LogKind::Llm, 0))),
            (&["TimeGenerated", "CorrelationId", "BackendId", "PromptTokens"], Some((LogKind::Gateway, 0))),
            (&["timestamp", "operation_Id", "duration", "resultCode"], Some((LogKind::Requests, 0))),
            (&["operation_Id", "target", "resultCode"], Some((LogKind::Dependencies, 0))),
            (&["arrival", "prompt_tokens", "completion_tokens"], Some((LogKind::Joined, 0))),
            (&["TimeGenerated", "TotalTime"], None),
            (&["TIMESTAMP", "ContextTokens", "GeneratedTokens"], None),
        ] {
            assert_eq!(of(names), expected, "{names:?}");
        }
    }
}
