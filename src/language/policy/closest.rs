//! Did you mean.

/// The one of `names` that is meant by `name`, if one is close.
pub(in crate::policy) fn closest<'a>(
    name: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let scored = names.into_iter().map(|known| {
        let distance = strsim::damerau_levenshtein(&lower, &known.to_lowercase());
        (distance, known)
    });
    let limit = (name.chars().count() / 3).clamp(1, 4);
    scored.filter(|(distance, _)| *distance <= limit).min().map(|(_, known)| known)
}
