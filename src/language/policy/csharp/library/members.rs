//! The members of a class, found by name. Each is read when it is first asked for: an expression asks for few.

use std::sync::OnceLock;

use super::super::classes::Class;
use super::signature::{Member, MemberKind, read, tables};
use super::{Row, Table};

/// The members of a class. Each is read when it is first asked for.
#[derive(Debug, Default)]
pub struct Members {
    /// In the order of the tables.
    rows: Vec<Unread>,
    /// Names that the service refuses.
    pub denied: Vec<&'static str>,
    /// Indices of the rows, by name and then as they stand, each with the beginning of its name.
    by_name: Vec<(u64, usize)>,
    /// Indices of the rows that declare conversions.
    conversions: Vec<usize>,
}

/// A row, and the member that it is once that was asked for.
#[derive(Debug)]
struct Unread {
    name: &'static str,
    table: &'static Table,
    row: &'static Row,
    member: OnceLock<Option<Member>>,
}

impl Unread {
    fn member(&self) -> Option<&Member> {
        self.member.get_or_init(|| read(self.table, self.row)).as_ref()
    }
}

impl Members {
    /// All of them, in the order of the tables.
    pub fn all(&self) -> impl Iterator<Item = &Member> {
        self.rows.iter().filter_map(Unread::member)
    }

    /// The members called `name`, in the order of the tables.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Member> {
        let begin = beginning(name);
        let first = self.by_name.partition_point(|(known, _)| *known < begin);
        let alike =
            self.by_name.get(first..).unwrap_or_default().iter().take_while(move |(k, _)| *k == begin);
        let rows = alike.filter_map(|(_, at)| self.rows.get(*at)).filter(move |row| row.name == name);
        rows.filter_map(Unread::member)
    }

    /// The conversions that the class declares, with one parameter, in the order of the tables.
    pub fn conversions(&self) -> impl Iterator<Item = &Member> {
        let rows = self.conversions.iter().filter_map(|at| self.rows.get(*at));
        let is_conversion = |member: &&Member| {
            matches!(member.kind, MemberKind::Implicit | MemberKind::Explicit) && member.parameters.len() == 1
        };
        rows.filter_map(Unread::member).filter(is_conversion)
    }

    fn index(&mut self) {
        self.by_name = self.rows.iter().map(|row| beginning(row.name)).zip(0..).collect();
        self.by_name.sort_unstable();
        let numbered = self.rows.iter().zip(0..);
        let conversions = numbered.filter(|(row, _)| matches!(row.name, "implicit" | "explicit"));
        self.conversions = conversions.map(|(_, at)| at).collect();
    }
}

/// The name of the member that a signature declares, without reading the rest of it.
fn name_in(signature: &'static str) -> &'static str {
    const WORDS: [(&str, &str); 2] = [("implicit operator ", "implicit"), ("explicit operator ", "explicit")];
    let head = signature.split(['(', '{', ';', '=']).next().unwrap_or_default().trim_end();
    if head.contains("operator") {
        for (mark, name) in WORDS {
            if signature.contains(mark) {
                return name;
            }
        }
        if let Some((_, rest)) = signature.split_once(" operator ") {
            return rest.split('(').next().unwrap_or_default().trim();
        }
    }
    if head.contains("this[") {
        return "this";
    }
    let head = if signature.contains('(') { without_type_parameters(head) } else { head };
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    head.rsplit(|c: char| !is_part(c)).next().unwrap_or_default()
}

/// `T Name<A, B>` without `<A, B>`.
fn without_type_parameters(head: &'static str) -> &'static str {
    let Some(inside) = head.strip_suffix('>') else { return head };
    let mut depth = 1_u32;
    for (at, sign) in inside.char_indices().rev() {
        match sign {
            '>' => depth = depth.saturating_add(1),
            '<' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return inside.get(..at).unwrap_or_default().trim_end();
        }
    }
    head
}

/// The first eight bytes of a name as a number.
fn beginning(name: &str) -> u64 {
    let mut bytes = [0; 8];
    for (to, from) in bytes.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    u64::from_be_bytes(bytes)
}

const COUNT: usize = Class::ALL.len();

static MEMBERS: [OnceLock<Members>; COUNT] = [const { OnceLock::new() }; COUNT];
static EMPTY: Members =
    Members { rows: Vec::new(), denied: Vec::new(), by_name: Vec::new(), conversions: Vec::new() };
/// The members that `class` itself declares.
pub fn members_of(class: Class) -> &'static Members {
    let Some(cell) = MEMBERS.get(class as usize) else { return &EMPTY };
    cell.get_or_init(|| {
        let mut all = Members::default();
        for table in tables().filter(|table| table.class == class) {
            let unread = |row: &'static Row| Unread {
                name: name_in(row.signature),
                table,
                row,
                member: OnceLock::new(),
            };
            all.rows.extend(table.rows.iter().map(unread));
            all.denied.extend(table.denied);
        }
        all.index();
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_by_the_name_that_they_have_when_read() {
        let mut rows = 0;
        for class in Class::ALL {
            for row in &members_of(*class).rows {
                let name = row.member().map(|member| member.name.as_str());
                assert_eq!(name, Some(row.name), "{}", row.row.signature);
                rows += 1;
            }
        }
        assert!(rows > 1_000, "{rows}");
    }
}
