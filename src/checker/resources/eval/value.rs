//! Values of expressions: JSON of which parts may be known only to the deployment, every value with its place.
//!
//! A text may have such parts inside: they stand in it as `{label}`, so that what is known around them can be used
//! and two texts made of the same parts compare. A label is made of the names in the expression.

use std::sync::Arc;

use crate::diagnostics::Span;

/// Deepest nesting of a value.
const MAX_DEPTH: u16 = 96;
/// Most values in what is compared.
const MAX_COMPARED: u64 = 10_000;
/// Longest label, in characters.
const MAX_LABEL: usize = 48;

/// A value and the place where it is written, or where what computes it is.
#[derive(Clone, Debug)]
pub(crate) struct Val {
    pub(crate) value: V,
    pub(crate) span: Span,
}

/// A value. Lists and objects are shared, so that copies of copies cost nothing.
#[derive(Clone, Debug)]
pub(crate) enum V {
    Null,
    Bool(bool),
    /// As it is written.
    Number(Arc<str>),
    Text(Text),
    Array(Arc<List>),
    Object(Arc<Fields>),
    Unknown(Unknown),
    /// A resource or module of a template that is being evaluated.
    Resource(Reference),
    /// All resources of a loop.
    Loop(Reference),
}

/// A text.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) text: Arc<str>,
    /// Whether there are parts in it that only the deployment knows.
    pub(crate) is_opaque: bool,
    /// Where its bytes stand as they are.
    pub(crate) content: Option<Span>,
    /// The file whose content it is, or was made of.
    pub(crate) file: Option<Arc<str>>,
    /// The value whose JSON it is: that has its places still.
    pub(crate) encodes: Option<Arc<Val>>,
}

/// Elements.
#[derive(Debug)]
pub(crate) struct List {
    pub(crate) elements: Vec<Val>,
    measure: Measure,
}

/// Members.
#[derive(Debug)]
pub(crate) struct Fields {
    pub(crate) members: Vec<Field>,
    measure: Measure,
}

/// What is known of a value without walking through it: shared parts would be walked through again and again.
#[derive(Clone, Copy, Debug)]
struct Measure {
    depth: u16,
    /// Values in it, shared ones as often as they occur.
    size: u64,
}

/// A member of an object.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: Arc<str>,
    pub(crate) name_span: Span,
    pub(crate) value: Val,
}

/// What only the deployment knows.
#[derive(Clone, Debug)]
pub(crate) struct Unknown {
    /// Why it is not known.
    pub(crate) why: Arc<str>,
    /// What it is called inside of texts.
    pub(crate) label: Arc<str>,
    /// The file whose content it is.
    pub(crate) file: Option<Arc<str>>,
    /// Whether the deployment fails where it is needed: a member that is not there, an index too large.
    pub(crate) is_failure: bool,
}

/// A resource of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Which evaluation of a template.
    pub(crate) frame: usize,
    /// Which of its resources.
    pub(crate) resource: usize,
    /// Which round of its loop.
    pub(crate) round: Option<usize>,
    /// What has been taken of it: `properties` and then the members in it.
    pub(crate) path: Vec<Arc<str>>,
}

impl Text {
    /// A text that is computed.
    pub(crate) fn new(text: impl Into<Arc<str>>, is_opaque: bool) -> Self {
        Self { text: text.into(), is_opaque, content: None, file: None, encodes: None }
    }
}

impl Reference {
    /// The resource of one round.
    pub(crate) fn at(&self, round: usize) -> Self {
        Self { round: Some(round), ..self.clone() }
    }

    /// A member of what is referred to.
    pub(crate) fn then(&self, name: &str) -> Self {
        let mut path = self.path.clone();
        path.push(Arc::from(name));
        Self { path, ..self.clone() }
    }
}

impl Unknown {
    pub(crate) fn new(why: impl Into<Arc<str>>, label: &str) -> Self {
        Self { why: why.into(), label: make_label(label), file: None, is_failure: false }
    }

    /// What makes the deployment fail.
    pub(crate) fn failure(why: impl Into<Arc<str>>, label: &str) -> Self {
        Self { is_failure: true, ..Self::new(why, label) }
    }

    /// A part of something unknown.
    pub(crate) fn part(&self, name: &str) -> Self {
        Self {
            why: Arc::clone(&self.why),
            label: make_label(&format!("{}.{name}", self.label)),
            file: None,
            is_failure: self.is_failure,
        }
    }
}

/// Only characters that ids can have, so that a label ends no segment of an id.
fn make_label(label: &str) -> Arc<str> {
    let clean = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' };
    Arc::from(label.chars().map(clean).take(MAX_LABEL).collect::<String>())
}

impl Val {
    pub(crate) const fn new(value: V, span: Span) -> Self {
        Self { value, span }
    }

    pub(crate) fn unknown(why: &str, label: &str, span: Span) -> Self {
        Self::new(V::Unknown(Unknown::new(why, label)), span)
    }

    /// Where something is missing that the deployment needs.
    pub(crate) fn failure(why: &str, label: &str, span: Span) -> Self {
        Self::new(V::Unknown(Unknown::failure(why, label)), span)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.value.get(name)
    }
}

impl V {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(Text::new(text, false))
    }

    /// A text with unknown parts.
    pub(crate) fn opaque(text: &str) -> Self {
        Self::Text(Text::new(text, true))
    }

    pub(crate) fn int(number: i64) -> Self {
        Self::Number(Arc::from(number.to_string()))
    }

    pub(crate) fn array(elements: Vec<Val>) -> Self {
        let measure = Measure::around(elements.iter());
        if measure.depth > MAX_DEPTH {
            return Self::too_deep();
        }
        Self::Array(Arc::new(List { elements, measure }))
    }

    /// An object. Of two members with one name the later one counts, at the place of the first.
    pub(crate) fn object(all: Vec<Field>) -> Self {
        let mut members: Vec<Field> = Vec::with_capacity(all.len());
        let mut places = std::collections::BTreeMap::new();
        for field in all {
            let place = *places.entry(Arc::clone(&field.name)).or_insert(members.len());
            match members.get_mut(place) {
                Some(member) => *member = field,
                None => members.push(field),
            }
        }
        let measure = Measure::around(members.iter().map(|field| &field.value));
        if measure.depth > MAX_DEPTH {
            return Self::too_deep();
        }
        Self::Object(Arc::new(Fields { members, measure }))
    }

    fn too_deep() -> Self {
        Self::Unknown(Unknown::new("it is nested too deeply", "deep"))
    }

    fn measure(&self) -> Measure {
        match self {
            Self::Array(list) => list.measure,
            Self::Object(fields) => fields.measure,
            _ => Measure::ONE,
        }
    }

    /// How many values are in it.
    pub(crate) fn size(&self) -> u64 {
        self.measure().size
    }

    /// The text, if every part of it is known.
    pub(crate) fn known_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.is_opaque => Some(&text.text),
            _ => None,
        }
    }

    pub(crate) fn as_int(&self) -> Option<i64> {
        match self {
            Self::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub(crate) const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub(crate) fn elements(&self) -> Option<&[Val]> {
        match self {
            Self::Array(list) => Some(&list.elements),
            _ => None,
        }
    }

    pub(crate) fn members(&self) -> Option<&[Field]> {
        match self {
            Self::Object(fields) => Some(&fields.members),
            _ => None,
        }
    }

    /// The member called `name`; letter case counts only when two differ in nothing else.
    pub(crate) fn get(&self, name: &str) -> Option<&Val> {
        let members = self.members()?;
        let exact = members.iter().find(|f| &*f.name == name);
        exact.or_else(|| members.iter().find(|f| f.name.eq_ignore_ascii_case(name))).map(|f| &f.value)
    }

    /// What it is called inside of texts, when it is not known.
    pub(crate) fn label(&self) -> &str {
        match self {
            Self::Unknown(unknown) => &unknown.label,
            Self::Text(text) if text.is_opaque => text.text.trim_matches(['{', '}']),
            Self::Text(text) => &text.text,
            Self::Number(text) => text,
            _ => "value",
        }
    }

    /// Whether both are the same; `None` when only the deployment knows.
    pub(crate) fn same(&self, other: &Self) -> Option<bool> {
        if self.size().min(other.size()) > MAX_COMPARED {
            return None;
        }
        match (self, other) {
            (Self::Null, Self::Null) => Some(true),
            (Self::Bool(a), Self::Bool(b)) => Some(a == b),
            (Self::Number(a), Self::Number(b)) => match (self.as_int(), other.as_int()) {
                (Some(a), Some(b)) => Some(a == b),
                _ => Some(a == b),
            },
            (Self::Text(a), Self::Text(b)) => {
                if a.is_opaque || b.is_opaque {
                    (a.text == b.text && a.is_opaque == b.is_opaque).then_some(true)
                } else {
                    Some(a.text == b.text)
                }
            }
            (Self::Unknown(_) | Self::Resource(_) | Self::Loop(_), _)
            | (_, Self::Unknown(_) | Self::Resource(_) | Self::Loop(_)) => None,
            (Self::Array(a), Self::Array(b)) => {
                if a.elements.len() != b.elements.len() {
                    return Some(false);
                }
                all_same(a.elements.iter().zip(&b.elements).map(|(a, b)| a.value.same(&b.value)))
            }
            (Self::Object(a), Self::Object(b)) => {
                if a.members.len() != b.members.len() {
                    return Some(false);
                }
                all_same(a.members.iter().map(|field| match other.get(&field.name) {
                    Some(value) => field.value.value.same(&value.value),
                    None => Some(false),
                }))
            }
            _ => Some(false),
        }
    }
}

impl Measure {
    const ONE: Self = Self { depth: 0, size: 1 };

    fn around<'v>(values: impl Iterator<Item = &'v Val>) -> Self {
        let mut sum = Self::ONE;
        for value in values {
            let measure = value.value.measure();
            sum.depth = sum.depth.max(measure.depth);
            sum.size = sum.size.saturating_add(measure.size);
        }
        Self { depth: sum.depth.saturating_add(1), ..sum }
    }
}

fn all_same(each: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for same in each {
        match same {
            Some(false) => return Some(false),
            None => result = None,
            Some(true) => {}
        }
    }
    result
}
