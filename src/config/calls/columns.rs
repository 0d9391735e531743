//! The names of columns.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    /// Time in seconds.
    TimeS,
    /// Time in milliseconds.
    TimeMs,
    /// Time as a timestamp, or in seconds.
    Time,
    /// The estimate itself.
    Cost,
    /// Characters of a prompt of one message.
    PromptChars,
    /// The messages of a prompt.
    PromptMessages,
    /// The prompt in tokens.
    PromptTokens,
    /// Those of them that a provisioned deployment has cached.
    CachedTokens,
    /// `max_tokens` of the request.
    MaxTokens,
    /// `best_of` of the request.
    BestOf,
    /// When the answer is complete, in seconds.
    CompletedS,
    /// Likewise in milliseconds.
    CompletedMs,
    /// Likewise as a timestamp, or in seconds.
    Completed,
    /// What was really used.
    ActualTokens,
    /// What was really generated.
    CompletionTokens,
    /// Status that was recorded.
    Status,
    /// `x-ratelimit-remaining-requests` that was recorded.
    RemainingRequests,
    /// `x-ratelimit-remaining-tokens` that was recorded.
    RemainingTokens,
    /// Name of the row, given back.
    Id,
    /// Nothing: a remark.
    Note,
}

/// Names in the order in which they are explained, and other spellings of them.
const COLUMNS: &[(Column, &str, &[&str])] = &[
    (Column::TimeS, "time_s", &["t"]),
    (Column::TimeMs, "time_ms", &[]),
    (Column::Time, "time", &["timestamp"]),
    (Column::Cost, "cost", &["tokens"]),
    (Column::PromptChars, "prompt_chars", &["prompt_characters", "chars"]),
    (Column::PromptMessages, "prompt_messages", &["messages"]),
    (Column::PromptTokens, "prompt_tokens", &[]),
    (Column::CachedTokens, "cached_tokens", &[]),
    (Column::MaxTokens, "max_tokens", &["max_completion_tokens"]),
    (Column::BestOf, "best_of", &[]),
    (Column::CompletedS, "completed_s", &[]),
    (Column::CompletedMs, "completed_ms", &[]),
    (Column::Completed, "completed", &[]),
    (Column::ActualTokens, "actual_tokens", &[]),
    (Column::CompletionTokens, "completion_tokens", &[]),
    (Column::Status, "status", &[]),
    (Column::RemainingRequests, "remaining_requests", &["x_ratelimit_remaining_requests"]),
    (Column::RemainingTokens, "remaining_tokens", &["x_ratelimit_remaining_tokens"]),
    (Column::Id, "id", &[]),
    (Column::Note, "note", &[]),
];

impl Column {
    /// The column called `name`, in any letter case, `_` and `-` or not.
    pub(super) fn find(name: &str) -> Option<Self> {
        let wanted = plain(name);
        let found = COLUMNS
            .iter()
            .find(|(_, known, others)| plain(known) == wanted || others.iter().any(|o| plain(o) == wanted));
        found.map(|(column, _, _)| *column)
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        COLUMNS.iter().find(|(column, _, _)| *column == self).map_or("", |(_, name, _)| name)
    }
}

/// The names of all columns, in the order in which they are explained.
pub fn call_columns() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().map(|(_, name, _)| *name)
}

fn plain(name: &str) -> String {
    let letters = name.trim().chars().filter(|c| !matches!(c, '_' | '-' | ' '));
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_found_however_they_are_spelt_and_none_twice() {
        for (name, expected) in [
            ("Time_S", Some(Column::TimeS)),
            (" x-ratelimit-remaining-tokens ", Some(Column::RemainingTokens)),
            ("maxTokens", Some(Column::MaxTokens)),
            ("timestamp", Some(Column::Time)),
            ("latency", None),
        ] {
            assert_eq!(Column::find(name), expected, "{name}");
        }
        let all: Vec<String> = COLUMNS
            .iter()
            .flat_map(|(_, name, others)| others.iter().chain([name]).map(|n| plain(n)))
            .collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        for (column, name, _) in COLUMNS {
            assert_eq!((Column::find(name), column.name()), (Some(*column), *name));
        }
    }
}
