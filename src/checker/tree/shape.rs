//! What an object of a configuration file may hold, as tables.
//!
//! One table per kind of object is the only list of its fields: the checker ([`super::check`]) refuses
//! what is not in it, and the JSON Schema of the configuration is printed from it.

/// A kind of object.
#[derive(Debug)]
pub struct Shape {
    /// Name in the JSON Schema.
    pub name: &'static str,
    /// What messages call it, with its article.
    pub what: &'static str,
    /// Its fields, in the order in which they are explained. `note` is allowed besides, everywhere.
    pub fields: &'static [Field],
}

/// One field of a [`Shape`].
#[derive(Debug)]
pub struct Field {
    /// As it is written.
    pub name: &'static str,
    /// Whether it must be given.
    pub required: bool,
    /// What its value may be.
    pub kind: Kind,
    /// One line for the schema: meaning, unit, default.
    pub doc: &'static str,
}

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Text of at least one character.
    Text,
    /// Text, which may be empty.
    Characters,
    /// `null`.
    Null,
    /// `true` or `false`.
    Flag,
    /// A whole number, bounds included.
    Integer {
        /// Least.
        min: u64,
        /// Greatest.
        max: u64,
    },
    /// A number, bounds included.
    Number {
        /// Least.
        min: f64,
        /// Greatest.
        max: f64,
    },
    /// A duration, at least `min_nanos` nanoseconds.
    Time {
        /// Shortest.
        min_nanos: u64,
    },
    /// One of some words.
    Choice(&'static [&'static str]),
    /// An object with known fields.
    Object(&'static Shape),
    /// An object whose field `tag` says which fields it has.
    Tagged {
        /// The field.
        tag: &'static str,
        /// Its values, each with the fields of the object.
        cases: &'static [(&'static str, &'static Shape)],
    },
    /// An object with free names and values of one kind.
    Map(&'static Kind),
    /// A list, with bounds of its length.
    List {
        /// What each element may be.
        of: &'static Kind,
        /// Fewest.
        min: usize,
        /// Most.
        max: usize,
    },
    /// The first kind that fits the JSON type of the value.
    Either(&'static [Kind]),
    /// Anything; somebody else looks at it.
    Any,
}

impl Kind {
    /// A duration of any length.
    pub const TIME: Self = Self::Time { min_nanos: 0 };
    /// A duration above zero.
    pub const TIME_ABOVE_ZERO: Self = Self::Time { min_nanos: 1 };

    /// A whole number in a range.
    pub const fn integer(min: u64, max: u64) -> Self {
        Self::Integer { min, max }
    }

    /// What is expected, for "expected ..." in messages.
    pub fn expected(self) -> String {
        match self {
            Self::Text | Self::Characters => "text".to_owned(),
            Self::Null => "`null`".to_owned(),
            Self::Flag => "`true` or `false`".to_owned(),
            Self::Integer { min, max } if min == max => format!("the number {min}"),
            Self::Integer { min, max: u64::MAX } => format!("a whole number of at least {min}"),
            Self::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Self::Number { min, max } if max >= f64::MAX => format!("a number of at least {min}"),
            Self::Number { min, max } => format!("a number from {min} to {max}"),
            Self::Time { min_nanos: 0 } => "a duration such as `90s` or `PT1M30S`".to_owned(),
            Self::Time { .. } => "a duration above zero such as `90s` or `PT1M30S`".to_owned(),
            Self::Choice(words) => {
                let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                format!("one of {}", quoted.join(", "))
            }
            Self::Object(shape) => shape.what.to_owned(),
            Self::Tagged { tag, .. } => format!("an object with `{tag}`"),
            Self::Map(_) => "an object".to_owned(),
            Self::List { min: 0, .. } => "a list".to_owned(),
            Self::List { min, max: usize::MAX, .. } => format!("a list of at least {min}"),
            Self::List { min, max, .. } if min == max => format!("a list of {min}"),
            Self::List { min, max, .. } => format!("a list of {min} to {max}"),
            Self::Either(kinds) => {
                let each: Vec<String> = kinds.iter().map(|kind| kind.expected()).collect();
                each.join(", or ")
            }
            Self::Any => "a value".to_owned(),
        }
    }
}

impl Field {
    /// A field that must be given.
    pub const fn required(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self { name, required: true, kind, doc }
    }

    /// A field that may be absent.
    pub const fn optional(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self { name, required: false, kind, doc }
    }
}

impl Shape {
    /// The field called `name`.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}
