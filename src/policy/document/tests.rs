//! Documents as a whole: kinds, named values, printing, counting.

use proptest::prelude::*;

use super::*;
use crate::diagnostics::{Diagnostics, SourceId, SourceMap};
use crate::policy::scan::{self, Format, say_the_same, strategies};

proptest! {
    #[test]
    fn printing_and_reading_gives_the_same_tree(trees in prop::collection::vec(strategies::any_element(), 0..3)) {
        let printed = print(&trees);
        let mut diagnostics = Diagnostics::new();
        let read = scan::read(SourceId(0), &printed, &mut diagnostics);
        prop_assert!(!diagnostics.has_errors(), "{}\n{:?}", printed, diagnostics);
        prop_assert!(say_the_same(&trees, &read), "{}\n{:?}\n{:?}", printed, trees, read);
        prop_assert_eq!(print(&read), printed);
    }
}
