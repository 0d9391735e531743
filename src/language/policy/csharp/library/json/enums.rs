//! Enumerations of `Newtonsoft.Json`.

use super::super::super::Class;
use super::super::{Table, constant};

/// `JTokenType`
pub(super) const TYPE: Table = Table {
    class: Class::JTokenType,
    parameters: &[],
    rows: &[
        constant("None", 0),
        constant("Object", 1),
        constant("Array", 2),
        constant("Constructor", 3),
        constant("Property", 4),
        constant("Comment", 5),
        constant("Integer", 6),
        constant("Float", 7),
        constant("String", 8),
        constant("Boolean", 9),
        constant("Null", 10),
        constant("Undefined", 11),
        constant("Date", 12),
        constant("Raw", 13),
        constant("Bytes", 14),
        constant("Guid", 15),
        constant("Uri", 16),
        constant("TimeSpan", 17),
    ],
    denied: &[],
};

/// `Formatting`
pub(super) const FORMATTING: Table = Table {
    class: Class::Formatting,
    parameters: &[],
    rows: &[constant("None", 0), constant("Indented", 1)],
    denied: &[],
};

/// `NullValueHandling`
pub(super) const NULLS: Table = Table {
    class: Class::NullValueHandling,
    parameters: &[],
    rows: &[constant("Include", 0), constant("Ignore", 1)],
    denied: &[],
};

/// `MergeArrayHandling`
pub(super) const MERGE: Table = Table {
    class: Class::MergeArrayHandling,
    parameters: &[],
    rows: &[constant("Concat", 0), constant("Union", 1), constant("Replace", 2), constant("Merge", 3)],
    denied: &[],
};
