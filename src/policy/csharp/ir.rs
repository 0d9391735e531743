//! The form that is evaluated: names, types, conversions and overloads are settled.

/// A lambda of an expression.
#[derive(Clone, Debug)]
pub struct Lambda {
    /// Slots of its parameters in the frame.
    pub parameters: Vec<u32>,
}
