//! Something that most gateways never use: without it a state is cheap to copy, to compare and to hash.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A value that is not kept while it is as at the beginning, and shared between copies until one of them changes it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Seldom<T>(Option<Arc<T>>);

/// A value that may stay unused.
pub(super) trait Unused: 'static {
    /// The value as it is at the beginning.
    const UNUSED: &'static Self;
}

impl<T> Default for Seldom<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Unused + PartialEq> Seldom<T> {
    /// Lets go of a value that is again as at the beginning.
    pub(super) fn settle(&mut self) {
        if self.0.as_deref() == Some(T::UNUSED) {
            self.0 = None;
        }
    }
}

impl<T: Unused> Deref for Seldom<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_deref().unwrap_or(T::UNUSED)
    }
}

impl<T: Unused + Clone + Default> DerefMut for Seldom<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(self.0.get_or_insert_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Unused for Vec<u8> {
        const UNUSED: &'static Self = &Self::new();
    }

    #[test]
    fn only_what_is_as_at_the_beginning_is_let_go() {
        let mut value: Seldom<Vec<u8>> = Seldom::default();
        value.push(1);
        value.settle();
        assert_eq!(*value, [1]);
        value.clear();
        assert_ne!(value, Seldom::default());
        value.settle();
        assert_eq!(value, Seldom::default());
    }
}
