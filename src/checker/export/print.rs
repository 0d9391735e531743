//! Trees of values in the layout that the languages share: a member or element on each line.

use super::item::Item;

/// How a language spells values.
pub(super) trait Language {
    /// Between a name and its value.
    const ASSIGN: &'static str;
    /// After each member of an object but the last.
    const BETWEEN_MEMBERS: &'static str;
    /// After each element of a list but the last.
    const BETWEEN_ELEMENTS: &'static str;
    /// Whether values on one line that stand below each other begin in one column.
    const IS_ALIGNED: bool;

    /// A text in quotes.
    fn text(&self, text: &str) -> String;
    /// The name of a member.
    fn name(&self, name: &str) -> String;
    /// A number, as JSON writes it.
    fn number(&self, number: &str) -> String;
    /// The id of a backend.
    fn id(&self, backend: &str) -> String;
    /// A parameter, by its place.
    fn open(&self, place: usize) -> String;
}

/// A member of an object: its name as it is written, and its value from the first line on.
pub(super) type Entry = (String, String);

/// The value with all lines but the first `depth` levels deep.
pub(super) fn print<L: Language>(item: &Item, depth: usize, language: &L) -> String {
    match item {
        Item::Bool(value) => value.to_string(),
        Item::Number(number) => language.number(number),
        Item::Text(text) => language.text(text),
        Item::Id(backend) => language.id(backend),
        Item::Open(place) => language.open(*place),
        Item::List(elements) => {
            let inner = depth.saturating_add(1);
            let each = elements.iter().map(|element| print(element, inner, language));
            list::<L>(&each.collect::<Vec<String>>(), depth)
        }
        Item::Object(members) => {
            let inner = depth.saturating_add(1);
            let each = members.iter().map(|(name, item)| (language.name(name), print(item, inner, language)));
            object::<L>(&each.collect::<Vec<Entry>>(), depth)
        }
    }
}

/// A list of values that are written already.
pub(super) fn list<L: Language>(elements: &[String], depth: usize) -> String {
    if elements.is_empty() {
        return "[]".to_owned();
    }
    let (outer, inner) = (indent(depth), indent(depth.saturating_add(1)));
    let separator = format!("{}\n{inner}", L::BETWEEN_ELEMENTS);
    format!("[\n{inner}{}\n{outer}]", elements.join(&separator))
}

/// An object of members that are written already.
pub(super) fn object<L: Language>(entries: &[Entry], depth: usize) -> String {
    if entries.is_empty() {
        return "{}".to_owned();
    }
    format!("{{\n{}\n{}}}", members::<L>(entries, depth.saturating_add(1)), indent(depth))
}

/// Members on lines of their own, `depth` levels deep.
pub(super) fn members<L: Language>(entries: &[Entry], depth: usize) -> String {
    let mut lines: Vec<String> = Vec::with_capacity(entries.len());
    for run in entries.chunk_by(|(_, one), (_, other)| one.contains('\n') == other.contains('\n')) {
        let is_aligned = L::IS_ALIGNED && run.first().is_some_and(|(_, value)| !value.contains('\n'));
        let widest = run.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        for (name, value) in run {
            let blanks = if is_aligned { widest.saturating_sub(name.chars().count()) } else { 0 };
            lines.push(format!("{}{name}{}{}{value}", indent(depth), " ".repeat(blanks), L::ASSIGN));
        }
    }
    lines.join(&format!("{}\n", L::BETWEEN_MEMBERS))
}

/// Two blanks for each level.
pub(super) fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}
