//! `--fault` and `--answer`: faults from the command line.
//!
//! `--fault TARGET:KIND[,FIELD=VALUE]...[@FROM[+FOR]]` and `--answer TARGET@FROM[+FOR]=STATUS[,HEADER=VALUE]...`
//! become entries of `faults`, which are checked like those of the file. An answer without a length is given
//! once. TARGET is a backend id, a region, or a part of one backend id only.

use super::super::check::entries;
use super::super::hints::{closest, list};
use super::super::json::{Member, Node, Value, shorten};
use super::faults::squeezed;
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, SourceMap, Span};

/// One argument, and whether it could be read.
#[derive(Debug)]
pub(super) struct FaultArgument {
    span: Span,
    read: Result<Read, &'static str>,
}

/// Whom it is about, and the fields beside that.
#[derive(Debug)]
struct Read {
    target: Node,
    fields: Vec<Member>,
}

const FAULT_USAGE: &str = "expected TARGET:KIND@FROM+FOR, such as `eastus:outage@10m+20m`";
const ANSWER_USAGE: &str =
    "expected TARGET@FROM=STATUS,HEADER=VALUE, such as `eastus@60s=429,retry-after=86400`";

impl FaultArgument {
    /// A value of `--fault`.
    pub(super) fn fault(text: &str, sources: &mut SourceMap) -> Self {
        let source = sources.add(format!("--fault {text}"), text);
        let whole = Piece { text, at: 0, source };
        Self { span: whole.span(), read: read_fault(whole).ok_or(FAULT_USAGE) }
    }

    /// A value of `--answer`.
    pub(super) fn answer(text: &str, sources: &mut SourceMap) -> Self {
        let source = sources.add(format!("--answer {text}"), text);
        let whole = Piece { text, at: 0, source };
        Self { span: whole.span(), read: read_answer(whole).ok_or(ANSWER_USAGE) }
    }

    /// Puts the fault at the end of those of `tree`, in the place of itself if it is there already.
    pub(super) fn apply(&self, tree: &mut Node, diagnostics: &mut Diagnostics) {
        let read = match &self.read {
            Ok(read) => read,
            Err(usage) => {
                let message = "the fault cannot be read";
                diagnostics.push(Diagnostic::error("fault-argument", self.span, message).label(*usage));
                return;
            }
        };
        let Some(target) = find(tree, &read.target, diagnostics) else { return };
        let mut fields = read.fields.clone();
        fields.push(target);
        let fault = Node::new(Value::Object(fields), self.span);
        let Value::Object(members) = &mut tree.value else { return };
        match members.iter_mut().find(|member| member.name == "faults") {
            Some(Member { value: Node { value: Value::Array(faults), .. }, .. }) => {
                faults.retain(|fault| fault.span.source != self.span.source);
                faults.push(fault);
            }
            // Of a wrong type, which is told later.
            Some(_) => {}
            None => {
                let faults = Node::new(Value::Array(vec![fault]), self.span);
                members.push(Member { name: "faults".to_owned(), name_span: self.span, value: faults });
            }
        }
    }
}

/// A part of an argument that knows where it stands.
#[derive(Clone, Copy)]
struct Piece<'t> {
    text: &'t str,
    at: usize,
    source: SourceId,
}

impl Piece<'_> {
    /// Before and after the first `mark`, of one byte.
    fn split(self, mark: char) -> (Self, Option<Self>) {
        match self.text.split_once(mark) {
            Some((before, after)) => {
                let at = self.at.saturating_add(before.len()).saturating_add(1);
                (Self { text: before, ..self }, Some(Self { text: after, at, ..self }))
            }
            None => (self, None),
        }
    }

    fn span(self) -> Span {
        Span::new(self.source, self.at, self.at.saturating_add(self.text.len()))
    }

    /// As text, or as a number if it can be read as one.
    fn value(self) -> Node {
        let is_number = self.text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b))
            && self.text.parse::<f64>().is_ok_and(f64::is_finite);
        let text = self.text.to_owned();
        Node::new(if is_number { Value::Number(text) } else { Value::Text(text) }, self.span())
    }

    fn member(self, name: &str, value: Node) -> Member {
        Member { name: name.to_owned(), name_span: self.span(), value }
    }
}

fn read_fault(whole: Piece<'_>) -> Option<Read> {
    let (target, rest) = whole.split(':');
    let (what, times) = rest?.split('@');
    let (kind, mut options) = what.split(',');
    let mut fields = vec![kind.member("kind", Node::new(Value::Text(kind.text.to_owned()), kind.span()))];
    while let Some(rest) = options {
        let (option, more) = rest.split(',');
        let (name, value) = option.split('=');
        if fields.iter().any(|field| field.name == name.text) {
            return None;
        }
        fields.push(name.member(name.text, value?.value()));
        options = more;
    }
    if let Some(times) = times {
        add_times(times, &mut fields);
    }
    finish(target, fields)
}

fn read_answer(whole: Piece<'_>) -> Option<Read> {
    let (target, rest) = whole.split('@');
    let (times, answer) = rest?.split('=');
    let (status, mut headers) = answer?.split(',');
    let kind = Node::new(Value::Text("answer".to_owned()), whole.span());
    let mut fields = vec![whole.member("kind", kind), status.member("status", status.value())];
    let has_length = add_times(times, &mut fields);
    if !has_length {
        let once = Node::new(Value::Number("1".to_owned()), times.span());
        fields.push(times.member("times", once));
    }
    let mut members: Vec<Member> = Vec::new();
    while let Some(rest) = headers {
        let (header, more) = rest.split(',');
        let (name, value) = header.split('=');
        if name.text.is_empty() || members.iter().any(|member| member.name.eq_ignore_ascii_case(name.text)) {
            return None;
        }
        let value = value?;
        let text = Node::new(Value::Text(value.text.to_owned()), value.span());
        members.push(name.member(name.text, text));
        headers = more;
    }
    let headers = Node::new(Value::Object(members), whole.span());
    fields.push(status.member("headers", headers));
    finish(target, fields)
}

fn finish(target: Piece<'_>, fields: Vec<Member>) -> Option<Read> {
    let is_given = !target.text.trim().is_empty() && fields.iter().all(|field| !field.name.is_empty());
    let target = Node::new(Value::Text(target.text.trim().to_owned()), target.span());
    is_given.then_some(Read { target, fields })
}

/// `FROM` or `FROM+FOR`; whether there is a length.
fn add_times(times: Piece<'_>, fields: &mut Vec<Member>) -> bool {
    let (from, length) = times.split('+');
    fields.push(from.member("from", from.value()));
    if let Some(length) = length {
        fields.push(length.member("for", length.value()));
    }
    length.is_some()
}

/// The field that says whom the fault is about.
fn find(tree: &Node, target: &Node, diagnostics: &mut Diagnostics) -> Option<Member> {
    let wanted = target.text()?;
    let backends: Vec<&Member> = tree.get("backends").into_iter().flat_map(entries).collect();
    let names = || backends.iter().map(|member| member.name.as_str());
    let mut regions: Vec<&str> =
        backends.iter().filter_map(|member| member.value.get("region")?.text()).collect();
    regions.sort_unstable();
    regions.dedup();
    let field = |name: &str, value: &str| {
        let value = Node::new(Value::Text(value.to_owned()), target.span);
        Some(Member { name: name.to_owned(), name_span: target.span, value })
    };
    if let Some(name) = names().find(|name| name.eq_ignore_ascii_case(wanted)) {
        return field("backend", name);
    }
    let short = squeezed(wanted);
    if let Some(region) = regions.iter().find(|region| squeezed(region) == short) {
        return field("region", region);
    }
    let lower = wanted.to_lowercase();
    let parts: Vec<&str> = names().filter(|name| name.to_lowercase().contains(&lower)).collect();
    if let [only] = parts.as_slice() {
        return field("backend", only);
    }
    let (message, label) = if parts.is_empty() {
        (
            format!("no backend and no region is called `{}`", shorten(wanted)),
            "expected a backend id or a region",
        )
    } else {
        let message = format!("`{}` is part of more than one backend id", shorten(wanted));
        (message, "expected the name of one backend, or a region")
    };
    let mut diagnostic = Diagnostic::error("fault-target", target.span, message).label(label);
    diagnostic = if parts.is_empty() {
        diagnostic
            .note(format!("backends: {}", list(names())))
            .note(format!("regions: {}", list(regions.iter().copied())))
    } else {
        diagnostic.note(format!("it could be: {}", list(parts.iter().copied())))
    };
    if parts.is_empty()
        && let Some(near) = closest(wanted, names().chain(regions.iter().copied()))
    {
        diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
    }
    diagnostics.push(diagnostic);
    None
}
