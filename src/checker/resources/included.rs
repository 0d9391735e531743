//! Which fragments a policy includes, from its text alone.

/// Ids of the fragments that a text includes, in order, as often as it does.
pub fn included(text: &str) -> Vec<String> {
    let after = |part: &str| {
        let (_, rest) = part.split_once("fragment-id")?;
        let rest = rest.trim_start().strip_prefix('=')?.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        Some(rest.strip_prefix(quote)?.split_once(quote)?.0.to_owned())
    };
    text.split("<include-fragment").skip(1).filter_map(after).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_are_named_by_attribute() {
        let text = "<include-fragment fragment-id=\"a\" /><include-fragment id='x' fragment-id = 'b-c'/>";
        assert_eq!(included(text), ["a", "b-c"]);
        assert_eq!(included("<include-fragment />"), Vec::<String>::new());
    }
}
