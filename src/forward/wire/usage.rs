//! The tokens that an answer says it used, in one piece or in a stream.

use serde_json::Value as Json;

/// Tokens as an answer tells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Of the prompt.
    pub prompt: u64,
    /// Generated; 0 where the answer does not say.
    pub completion: u64,
    /// Of those of the prompt, cached; 0 where the answer does not say.
    pub cached: u64,
}

/// What the last `usage` object in these bytes says; of a long answer the end is enough.
pub fn usage_in(bytes: &[u8]) -> Option<Usage> {
    const NAME: &[u8] = b"\"usage\"";
    let mut at = bytes.len();
    loop {
        at = bytes.get(..at)?.windows(NAME.len()).rposition(|part| part == NAME)?;
        let rest = bytes.get(at.saturating_add(NAME.len())..)?;
        if let Some(usage) = read(rest) {
            return Some(usage);
        }
    }
}

/// Reads what follows the name.
fn read(rest: &[u8]) -> Option<Usage> {
    let colon = rest.iter().position(|byte| *byte == b':')?;
    let value = serde_json::Deserializer::from_slice(rest.get(colon.saturating_add(1)..)?);
    let told = value.into_iter::<Json>().next()?.ok()?;
    let count = |names: [&str; 2]| names.iter().find_map(|name| told.get(*name)?.as_u64());
    let details = ["prompt_tokens_details", "input_tokens_details"];
    let cached = details.iter().find_map(|name| told.get(*name)?.get("cached_tokens")?.as_u64());
    Some(Usage {
        prompt: count(["prompt_tokens", "input_tokens"])?,
        completion: count(["completion_tokens", "output_tokens"]).unwrap_or(0),
        cached: cached.unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_found_in_whole_answers_and_in_streams() {
        let told = |prompt, completion, cached| Some(Usage { prompt, completion, cached });
        for (text, expected) in [
            (r#"{"a":1,"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#, told(3, 4, 0)),
            (
                r#"{"id":"x","usage":{"completion_tokens":2,"prompt_tokens":3,"prompt_tokens_details":{"cached_tokens":1}}}"#,
                told(3, 2, 1),
            ),
            (
                "data: {\"usage\":null}\n\ndata: {\"usage\": {\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n",
                told(1, 2, 0),
            ),
            (
                "data: {\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\ndata: [DONE]\n\n",
                told(3, 4, 0),
            ),
            (
                "data: {\"usage\":{\"input_tokens\":5,\"output_tokens\":6}}\ndata: {\"usage\":null}",
                told(5, 6, 0),
            ),
            (r#"{"usage":{"prompt_tokens":5,"total_tokens":5}}"#, told(5, 0, 0)),
            (r#"{"usage":{"x":1}}"#, None),
            (r#"{"error":{}}"#, None),
            (r#"{"usage":{"prompt_tokens":"#, None),
            (r#"{"usage":{"prompt_to"#, None),
            ("", None),
        ] {
            assert_eq!(usage_in(text.as_bytes()), expected, "{text}");
        }
    }
}
