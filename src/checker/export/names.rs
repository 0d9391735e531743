//! Names of what is written, in the spelling of each language: letters, digits and underscores, each once.

use std::collections::BTreeSet;

/// Gives names out, each once.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// In lower case: no two differ in letter case only.
    taken: BTreeSet<String>,
}

impl Names {
    /// None of these is given out.
    pub(super) fn without(taken: &[&str]) -> Self {
        Self { taken: taken.iter().map(|name| name.to_lowercase()).collect() }
    }

    /// `openai-eastus` and `backend` are `openaiEastusBackend`.
    pub(super) fn camel(&mut self, text: &str, kind: &str) -> String {
        let mut name = String::new();
        for word in words(text).iter().map(String::as_str).chain([kind]) {
            let mut chars = word.chars();
            match chars.next() {
                Some(first) if !name.is_empty() => name.push(first.to_ascii_uppercase()),
                Some(first) => name.push(first.to_ascii_lowercase()),
                None => {}
            }
            name.push_str(chars.as_str());
        }
        self.unique(name, "")
    }

    /// `openai-eastus` is `openai_eastus`.
    pub(super) fn snake(&mut self, text: &str) -> String {
        self.unique(words(text).join("_").to_ascii_lowercase(), "_")
    }

    fn unique(&mut self, mut name: String, separator: &str) -> String {
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            name.insert_str(0, if separator.is_empty() { "the" } else { "the_" });
        }
        let mut unique = name.clone();
        let mut number = 2_u32;
        while !self.taken.insert(unique.to_lowercase()) {
            unique = format!("{name}{separator}{number}");
            number = number.saturating_add(1);
        }
        unique
    }
}

/// Runs of letters and digits of ASCII: all languages take those. At most 100 characters.
fn words(text: &str) -> Vec<String> {
    let text: String = text.chars().take(100).collect();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_of_the_language_and_unique() {
        let mut names = Names::without(&["apimName"]);
        for (text, kind, expected) in [
            ("openai-eastus", "backend", "openaiEastusBackend"),
            ("OpenAI_EastUS", "backend", "openAIEastUSBackend2"),
            ("openai.eastus", "backend", "openaiEastusBackend3"),
            ("openai eastus", "backend", "openaiEastusBackend4"),
            ("4o", "backend", "the4oBackend"),
            ("é", "backend", "backend"),
            ("apim", "name", "apimName2"),
        ] {
            assert_eq!(names.camel(text, kind), expected, "{text}");
        }
        let mut names = Names::default();
        for (text, expected) in [("a-b", "a_b"), ("A.B", "a_b_2"), ("--", "the_"), ("1x", "the_1x")] {
            assert_eq!(names.snake(text), expected, "{text}");
        }
    }
}
