//! Help for misspelt names.

/// "did you mean" the candidate closest to `word`, if one is close.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    closest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// The candidate that differs least from `word`, letter case aside; the first of equals. `None` when more
/// than a third of the letters would have to change.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower: String = word.chars().take(80).collect::<String>().to_lowercase();
    let limit = (lower.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `a`, `b`, `c`: names in backticks, at most 30 of them.
pub fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names = names.into_iter();
    let mut shown: Vec<String> = names.by_ref().take(30).map(|name| format!("`{name}`")).collect();
    if names.next().is_some() {
        shown.push("…".to_owned());
    }
    if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_names_are_found_and_others_are_not() {
        let names = ["requests", "pause", "clients"];
        for (word, expected) in [
            ("request", Some("requests")),
            ("Pause", Some("pause")),
            ("cleints", Some("clients")),
            ("horizon", None),
            ("", None),
        ] {
            assert_eq!(closest(word, names), expected, "{word}");
        }
    }

    #[test]
    fn lists_are_bounded() {
        assert_eq!(list([]), "none");
        assert_eq!(list(["a", "b"]), "`a`, `b`");
        assert!(list(vec!["x"; 31]).ends_with('…'));
    }
}
