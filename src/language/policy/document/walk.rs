//! Looks through the elements of a document.

use std::collections::BTreeMap;

use crate::policy::scan::{Element, RawText};

/// An expression, and what it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpressionSite<'a> {
    /// The element whose attribute or text it is.
    pub owner: &'a Element,
    /// The attribute; `None` for the text of the element.
    pub attribute: Option<&'a str>,
    /// The expression.
    pub text: &'a RawText,
}

/// How often elements occur, by name. What is data inside of a body does not count.
pub fn count_elements(elements: &[Element]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    visit(elements, &mut |element| {
        let count: &mut usize = counts.entry(element.name.as_str()).or_insert(0);
        *count = count.saturating_add(1);
    });
    counts
}

/// Every expression, in the order of the document: attributes before text. What is data inside of a body has
/// none.
pub fn expressions(elements: &[Element]) -> Vec<ExpressionSite<'_>> {
    let mut found = Vec::new();
    visit(elements, &mut |owner| {
        for attribute in owner.attributes.iter().filter(|a| a.value.is_expression) {
            found.push(ExpressionSite { owner, attribute: Some(&attribute.name), text: &attribute.value });
        }
        if owner.payload.is_none() && owner.text.is_expression {
            found.push(ExpressionSite { owner, attribute: None, text: &owner.text });
        }
    });
    found
}

/// Calls `see` with every element that is no data, outer ones first. Depth is bounded by the reader.
fn visit<'a>(elements: &'a [Element], see: &mut dyn FnMut(&'a Element)) {
    for element in elements {
        see(element);
        visit(element.policies(), see);
    }
}
