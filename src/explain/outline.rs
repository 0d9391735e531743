//! The nesting of a program's operations, as its document has them.
//!
//! Rules
//! - What `policy::Program` says of its layout is what is undone here; an operation that does not fit is a
//!   step of its own, so that nothing is left out.
//! - The branches of one `choose` are known by their paths: siblings differ in the last part only.

use crate::policy::{CallPolicy, Limit, Op, Pc, Program};

/// An operation and what is inside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A policy without children.
    Step(Pc),
    /// `choose`: conditions with what they guard, and what is done without any.
    Choose {
        /// The operation of each `when`, with its children.
        branches: Vec<(Pc, Vec<Node>)>,
        /// Children of `otherwise`.
        otherwise: Vec<Node>,
    },
    /// `retry`, `limit-concurrency` or `wait`.
    Around(Pc, Vec<Node>),
}

/// The operations from `start` to the end of its section.
pub(super) fn outline(program: &Program, start: Pc) -> Vec<Node> {
    let from = start.0 as usize;
    let length = program.ops.get(from..).unwrap_or_default();
    let length = length.iter().position(|op| matches!(op, Op::SectionEnd(_))).unwrap_or(0);
    Reader { program }.nodes(start.0, start.0.saturating_add(u32::try_from(length).unwrap_or(0)))
}

/// Every operation below `nodes`, in order, with the retries around it.
pub(super) fn walk(nodes: &[Node], around: &mut Vec<Pc>, visit: &mut dyn FnMut(Pc, &[Pc])) {
    for node in nodes {
        match node {
            Node::Step(pc) => visit(*pc, around),
            Node::Choose { branches, otherwise } => {
                for (pc, children) in branches {
                    visit(*pc, around);
                    walk(children, around, visit);
                }
                walk(otherwise, around, visit);
            }
            Node::Around(pc, children) => {
                visit(*pc, around);
                around.push(*pc);
                walk(children, around, visit);
                around.pop();
            }
        }
    }
}

struct Reader<'a> {
    program: &'a Program,
}

impl Reader<'_> {
    fn nodes(&self, from: u32, to: u32) -> Vec<Node> {
        let mut nodes = Vec::new();
        let mut at = from;
        while at < to {
            let pc = Pc(at);
            let next = at.saturating_add(1);
            let (node, after) = match self.program.op(pc) {
                Some(Op::Branch { .. }) => self.choose(pc, to),
                Some(Op::Retry(retry)) => self.around(pc, retry.end.0.min(to)),
                Some(Op::Limit(limit)) if matches!(**limit, Limit::Concurrency { .. }) => {
                    self.around(pc, self.end_of(pc, to, is_concurrency, is_concurrency_end))
                }
                Some(Op::Call(call)) if matches!(**call, CallPolicy::Wait { .. }) => {
                    self.around(pc, self.end_of(pc, to, is_wait, is_wait_end))
                }
                // Ends of what began elsewhere.
                Some(Op::Jump(_) | Op::RetryEnd(_) | Op::SectionEnd(_)) | None => {
                    at = next;
                    continue;
                }
                Some(op) if is_concurrency_end(op) || is_wait_end(op) => {
                    at = next;
                    continue;
                }
                Some(_) => (Node::Step(pc), next),
            };
            nodes.push(node);
            at = after.max(next);
        }
        nodes
    }

    /// A policy with children, whose last operation is the one before `end`.
    fn around(&self, pc: Pc, end: u32) -> (Node, u32) {
        (Node::Around(pc, self.nodes(pc.0.saturating_add(1), end.saturating_sub(1))), end)
    }

    /// The operation after the one that ends what begins at `pc`.
    fn end_of(&self, pc: Pc, to: u32, begins: fn(&Op) -> bool, ends: fn(&Op) -> bool) -> u32 {
        let mut depth: u32 = 0;
        for at in pc.0..to {
            let Some(op) = self.program.op(Pc(at)) else { break };
            depth = depth.saturating_add(u32::from(begins(op)));
            if ends(op) {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at.saturating_add(1);
                }
            }
        }
        to
    }

    fn choose(&self, first: Pc, to: u32) -> (Node, u32) {
        let mut branches = Vec::new();
        let mut at = first;
        let mut end = None;
        while let Some(Op::Branch { otherwise, .. }) = self.program.op(at) {
            let is_sibling = self.parent(at).is_some() && self.parent(at) == self.parent(first);
            if otherwise.0 <= at.0 || otherwise.0 > to || (at != first && !is_sibling) {
                break;
            }
            let last = Pc(otherwise.0.saturating_sub(1));
            if let Some(Op::Jump(out)) = self.program.op(last) {
                end = Some(out.0.min(to));
            }
            branches.push((at, self.nodes(at.0.saturating_add(1), otherwise.0)));
            at = *otherwise;
            if end.is_some_and(|end| at.0 >= end) {
                break;
            }
        }
        if branches.is_empty() {
            return (Node::Step(first), first.0.saturating_add(1));
        }
        let end = end.unwrap_or(at.0).max(at.0);
        (Node::Choose { branches, otherwise: self.nodes(at.0, end) }, end)
    }

    /// The path of the element around `pc`, with the scope it is written in.
    fn parent(&self, pc: Pc) -> Option<(&str, crate::policy::PolicyScope)> {
        let place = self.program.place(pc)?;
        place.path.rsplit_once('/').map(|(parent, _)| (parent, place.scope))
    }
}

fn is_concurrency(op: &Op) -> bool {
    matches!(op, Op::Limit(limit) if matches!(**limit, Limit::Concurrency { .. }))
}

fn is_concurrency_end(op: &Op) -> bool {
    matches!(op, Op::Limit(limit) if matches!(**limit, Limit::ConcurrencyEnd))
}

fn is_wait(op: &Op) -> bool {
    matches!(op, Op::Call(call) if matches!(**call, CallPolicy::Wait { .. }))
}

fn is_wait_end(op: &Op) -> bool {
    matches!(op, Op::Call(call) if matches!(**call, CallPolicy::WaitEnd))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::{Diagnostics, SourceId};

    fn shown(program: &Program, nodes: &[Node]) -> String {
        let name = |pc: Pc| program.place(pc).unwrap().policy_id.to_string();
        let parts = nodes.iter().map(|node| match node {
            Node::Step(pc) => name(*pc),
            Node::Around(pc, inner) => {
                format!("{}({})", program.place(*pc).unwrap().policy, shown(program, inner))
            }
            Node::Choose { branches, otherwise } => {
                let whens: Vec<_> = branches.iter().map(|(_, inner)| shown(program, inner)).collect();
                format!("[{} | {}]", whens.join(" ; "), shown(program, otherwise))
            }
        });
        parts.collect::<Vec<_>>().join(" ")
    }

    fn outlined(inbound: &str) -> String {
        let text = format!("<policies><inbound>{inbound}</inbound></policies>");
        let mut problems = Diagnostics::new();
        let program =
            crate::policy::load(SourceId(0), &text, &mut problems).unwrap_or_else(|| panic!("{problems:?}"));
        shown(&program, &outline(&program, program.inbound))
    }

    #[test]
    fn nesting_comes_back_as_it_was_written() {
        let step = |id: &str| format!(r#"<set-variable name="v" value="1" id="{id}" />"#);
        let when = |inner: &str| format!(r#"<when condition="@(true)">{inner}</when>"#);
        let otherwise = |inner: &str| format!("<otherwise>{inner}</otherwise>");
        let choose = |inner: &str| format!("<choose>{inner}</choose>");
        let retry =
            |inner: &str| format!(r#"<retry condition="@(true)" count="1" interval="0">{inner}</retry>"#);
        let limit =
            |inner: &str| format!(r#"<limit-concurrency key="k" max-count="1">{inner}</limit-concurrency>"#);
        let [a, b, c, d] = ["a", "b", "c", "d"].map(step);
        for (text, expected) in [
            (format!("{a}{b}"), "a b"),
            (choose(&when(&a)), "[a | ]"),
            (choose(&(when(&a) + &when(&b) + &otherwise(&c))) + &d, "[a ; b | c] d"),
            // A choose inside of otherwise is not another branch.
            (choose(&(when(&a) + &otherwise(&choose(&(when(&b) + &otherwise(&c)))))) + &d, "[a | [b | c]] d"),
            // Nor is one that follows.
            (choose(&when(&a)) + &choose(&when(&b)), "[a | ] [b | ]"),
            (choose(&when(&choose(&when(&a)))) + &b, "[[a | ] | ] b"),
            (choose(&when("")) + &a, "[ | ] a"),
            (retry(&(a.clone() + &choose(&when(&retry(&b))))) + &c, "retry(a [retry(b) | ]) c"),
            (limit(&limit(&a)) + &b, "limit-concurrency(limit-concurrency(a)) b"),
        ] {
            assert_eq!(outlined(&text), expected, "{text}");
        }
    }

    #[test]
    fn every_operation_is_visited_with_the_retries_around_it() {
        let text = r#"<policies><inbound /><backend><retry condition="@(true)" count="1" interval="0">
            <choose><when condition="@(true)"><forward-request /></when></choose></retry></backend></policies>"#;
        let program = crate::policy::load(SourceId(0), text, &mut Diagnostics::new()).unwrap();
        let mut seen = Vec::new();
        walk(&outline(&program, program.backend), &mut Vec::new(), &mut |pc, around| {
            seen.push((program.place(pc).unwrap().policy.to_string(), around.len()));
        });
        let expected = [("retry", 0), ("when", 1), ("forward-request", 1)];
        assert_eq!(seen, expected.map(|(name, depth)| (name.to_owned(), depth)));
    }
}
