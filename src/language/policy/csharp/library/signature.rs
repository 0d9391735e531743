//! Reads the C# signatures of [`super::Row`]s.
//!
//! Signatures are read class by class when first needed. A signature that cannot be read is left out of
//! the class; a test makes sure that there is none.

use std::sync::OnceLock;

use super::super::classes::Class;
use super::super::types::Type;
use super::super::value::Value;
use super::{Action, FAMILIES, Row, Table};
use crate::policy::Text;

/// What sort of member it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// A method.
    Method,
    /// `{ get; }`, and constants.
    Getter,
    /// `{ set; }`
    Setter,
    /// `this[...] { get; }`
    Indexer,
    /// `this[...] { set; }`
    IndexSetter,
    /// `new(...)`
    Constructor,
    /// `operator +`
    Operator,
    /// `implicit operator T`
    Implicit,
    /// `explicit operator T`
    Explicit,
}

/// A parameter.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// `params`
    pub is_params: bool,
    /// `out` or `ref`
    pub is_out: bool,
    /// The value when it is left out.
    pub default: Option<Value>,
}

/// A member of a class.
#[derive(Clone, Debug)]
pub struct Member {
    /// The class that has it.
    pub class: Class,
    /// What sort.
    pub kind: MemberKind,
    /// Its name; the sign of an operator.
    pub name: String,
    /// Whether it belongs to the class, not to its objects.
    pub is_static: bool,
    /// Whether it is an extension method.
    pub is_extension: bool,
    /// Number of type parameters of the class.
    pub class_arity: usize,
    /// Number of type parameters of its own, numbered behind those of the class.
    pub arity: usize,
    /// Its parameters, without `this` of objects, with `this` of extension methods.
    pub parameters: Vec<Parameter>,
    /// Type of the result.
    pub result: Type,
    /// What does it.
    pub run: Action,
    /// As written.
    pub signature: &'static str,
}

/// The classes that declare extension methods: a list, as looking for them takes longer than reading a policy's
/// expression does.
const EXTENSIONS: [Class; 4] =
    [Class::Enumerable, Class::JsonExtensions, Class::XmlExtensions, Class::GatewayExtensions];
static NAMES: OnceLock<std::collections::BTreeMap<&'static str, Vec<Class>>> = OnceLock::new();

/// The classes that declare extension methods.
pub const fn extension_classes() -> &'static [Class] {
    &EXTENSIONS
}

/// The classes with this simple name or keyword.
pub fn classes_named(name: &str) -> &'static [Class] {
    let names = NAMES.get_or_init(|| {
        let mut names = std::collections::BTreeMap::<_, Vec<Class>>::new();
        for class in Class::ALL {
            names.entry(class.name()).or_default().push(*class);
            if class.keyword() != class.name() {
                names.entry(class.keyword()).or_default().push(*class);
            }
        }
        names
    });
    names.get(name).map_or(&[], Vec::as_slice)
}

/// Every row that cannot be read.
pub fn unreadable() -> Vec<(Class, &'static str)> {
    let rows = tables().flat_map(|table| table.rows.iter().map(move |row| (table, row)));
    rows.filter(|(table, row)| read(table, row).is_none())
        .map(|(table, row)| (table.class, row.signature))
        .collect()
}

pub(super) fn tables() -> impl Iterator<Item = &'static Table> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

pub(super) fn read(table: &Table, row: &Row) -> Option<Member> {
    let mut reader = Reader { rest: row.signature, class_names: table.parameters, own: Vec::new() };
    let mut member = Member {
        class: table.class,
        kind: MemberKind::Getter,
        name: String::new(),
        is_static: false,
        is_extension: false,
        class_arity: table.parameters.len(),
        arity: 0,
        parameters: Vec::new(),
        result: Type::Void,
        run: row.run,
        signature: row.signature,
    };
    if reader.is_single_word() {
        row_constant(&mut reader, &mut member)?;
        return Some(member);
    }
    if let Some(names) = own_parameters(row.signature) {
        reader.own = names;
        member.arity = reader.own.len();
    }
    loop {
        if reader.word("public") || reader.word("readonly") || reader.word("override") {
            continue;
        }
        if reader.word("static") || reader.word("const") {
            member.is_static = true;
            continue;
        }
        break;
    }
    if reader.word("new") {
        member.kind = MemberKind::Constructor;
        member.is_static = true;
        "new".clone_into(&mut member.name);
        member.result = self_type(table);
        reader.parameters(&mut member, "(", ")")?;
        return reader.is_done().then_some(member);
    }
    for (word, kind) in [("implicit", MemberKind::Implicit), ("explicit", MemberKind::Explicit)] {
        if reader.word(word) {
            member.kind = kind;
            member.is_static = true;
            word.clone_into(&mut member.name);
            if !reader.word("operator") {
                return None;
            }
            member.result = reader.ty()?;
            reader.parameters(&mut member, "(", ")")?;
            return reader.is_done().then_some(member);
        }
    }
    member.result = reader.ty()?;
    if reader.word("operator") {
        member.kind = MemberKind::Operator;
        member.is_static = true;
        reader.until('(').trim().clone_into(&mut member.name);
        reader.parameters(&mut member, "(", ")")?;
        return reader.is_done().then_some(member);
    }
    if reader.word("this") {
        "this".clone_into(&mut member.name);
        reader.parameters(&mut member, "[", "]")?;
        member.kind = if reader.accessor()? { MemberKind::Indexer } else { MemberKind::IndexSetter };
        return reader.is_done().then_some(member);
    }
    member.name = reader.identifier()?;
    if reader.starts('<') {
        reader.until('>');
        reader.sign(">");
    }
    if reader.starts('(') {
        member.kind = MemberKind::Method;
        if reader.rest.starts_with("(this ") {
            member.is_extension = true;
        }
        reader.parameters(&mut member, "(", ")")?;
        let _ = reader.sign(";");
        return reader.is_done().then_some(member);
    }
    if reader.starts('{') {
        member.kind = if reader.accessor()? { MemberKind::Getter } else { MemberKind::Setter };
    }
    let _ = reader.sign(";");
    reader.is_done().then_some(member)
}

fn row_constant(reader: &mut Reader<'_>, member: &mut Member) -> Option<()> {
    member.name = reader.identifier()?;
    member.is_static = true;
    member.result = Type::Plain(member.class);
    Some(())
}

fn self_type(table: &Table) -> Type {
    if table.parameters.is_empty() {
        return Type::Plain(table.class);
    }
    let arguments = (0..table.parameters.len()).map(|at| Type::Variable(u8::try_from(at).unwrap_or(u8::MAX)));
    Type::generic(table.class, arguments)
}

/// The type parameters between the name and the parameters of a method: `Select<T, R>(`.
fn own_parameters(signature: &str) -> Option<Vec<String>> {
    if signature.contains(" operator ") {
        return None;
    }
    let open = signature.find('(')?;
    let head = signature.get(..open)?.trim_end().strip_suffix('>')?;
    let mut depth = 1_u32;
    let start = head.char_indices().rev().find_map(|(at, c)| {
        match c {
            '>' => depth = depth.saturating_add(1),
            '<' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth == 0).then_some(at)
    })?;
    let inside = head.get(start.saturating_add(1)..)?;
    // `Func<T, R> Name(` has its brackets before a blank: only those at the name count.
    Some(inside.split(',').map(|name| name.trim().to_owned()).collect())
}

struct Reader<'a> {
    rest: &'a str,
    class_names: &'a [&'static str],
    own: Vec<String>,
}

impl Reader<'_> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn is_done(&mut self) -> bool {
        self.blank();
        self.rest.is_empty()
    }

    fn is_single_word(&self) -> bool {
        self.rest.chars().all(|c| c.is_alphanumeric() || c == '_')
    }

    fn starts(&mut self, c: char) -> bool {
        self.blank();
        self.rest.starts_with(c)
    }

    fn sign(&mut self, sign: &str) -> bool {
        self.blank();
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn until(&mut self, c: char) -> &str {
        self.blank();
        let at = self.rest.find(c).unwrap_or(self.rest.len());
        let (head, rest) = self.rest.split_at_checked(at).unwrap_or((self.rest, ""));
        self.rest = rest;
        head
    }

    fn identifier(&mut self) -> Option<String> {
        self.blank();
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '@'));
        let (name, rest) = self.rest.split_at_checked(end.unwrap_or(self.rest.len()))?;
        if name.is_empty() {
            return None;
        }
        self.rest = rest;
        Some(name.trim_start_matches('@').to_owned())
    }

    fn word(&mut self, word: &str) -> bool {
        self.blank();
        let Some(rest) = self.rest.strip_prefix(word) else { return false };
        let is_whole = !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '@');
        let is_word = is_whole && (word != "new" || rest.trim_start().starts_with('('));
        if is_word {
            self.rest = rest;
        }
        is_word
    }

    /// `{ get; }` (true) or `{ set; }` (false).
    fn accessor(&mut self) -> Option<bool> {
        if !self.sign("{") {
            return None;
        }
        let name = self.identifier()?;
        let _ = self.sign(";");
        self.sign("}").then_some(name == "get")
    }

    fn parameters(&mut self, member: &mut Member, open: &str, close: &str) -> Option<()> {
        if !self.sign(open) {
            return None;
        }
        if self.sign(close) {
            return Some(());
        }
        loop {
            let mut parameter = Parameter {
                name: String::new(),
                ty: Type::Unknown,
                is_params: false,
                is_out: false,
                default: None,
            };
            let _ = self.word("this");
            if self.word("params") {
                parameter.is_params = true;
            } else if self.word("out") || self.word("ref") {
                parameter.is_out = true;
            }
            parameter.ty = self.ty()?;
            self.blank();
            parameter.name = if self.starts(',') || self.rest.starts_with(close) {
                String::new()
            } else {
                self.identifier()?
            };
            if self.sign("=") {
                parameter.default = Some(self.default(&parameter.ty)?);
            }
            member.parameters.push(parameter);
            if self.sign(close) {
                return Some(());
            }
            if !self.sign(",") {
                return None;
            }
        }
    }

    fn default(&mut self, ty: &Type) -> Option<Value> {
        self.blank();
        if self.sign("\"") {
            let text = self.until('"').to_owned();
            self.sign("\"");
            return Some(Value::from(text));
        }
        if self.sign("'") {
            let mut text = self.until('\'').encode_utf16().collect::<Vec<u16>>().into_iter();
            let c = text.next()?;
            self.sign("'");
            return Some(Value::Char(c));
        }
        if self.word("default") {
            if self.starts('(') {
                self.until(')');
                self.sign(")");
            }
            return Some(super::super::types::default_value(ty));
        }
        let negative = self.sign("-");
        let word = self.identifier()?;
        let value = match word.as_str() {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            name if name.starts_with(|c: char| c.is_ascii_digit()) => {
                let number: i64 = name.parse().ok()?;
                let number = if negative { number.checked_neg()? } else { number };
                match ty.class()? {
                    Class::Long => Value::Long(number),
                    Class::Double => Value::from(i32::try_from(number).ok().map(f64::from)?),
                    _ => Value::Int(i32::try_from(number).ok()?),
                }
            }
            name => {
                let class = classes_named(name).first().copied()?;
                if !self.sign(".") {
                    return None;
                }
                let member = self.identifier()?;
                let table_rows = tables().filter(|table| table.class == class).flat_map(|table| table.rows);
                let mut found = table_rows.filter(|row| row.signature == member);
                match found.next()?.run {
                    Action::Constant(number) => Value::Enum(class, i32::try_from(number).ok()?),
                    Action::Call(_) => return None,
                }
            }
        };
        Some(value)
    }

    fn ty(&mut self) -> Option<Type> {
        self.blank();
        let mut ty = if self.sign("(") {
            let mut items = Vec::new();
            loop {
                items.push(self.ty()?);
                if !(self.starts(',') || self.starts(')')) {
                    self.identifier()?;
                }
                if self.sign(")") {
                    break;
                }
                if !self.sign(",") {
                    return None;
                }
            }
            Type::generic(Class::ValueTuple, items)
        } else {
            self.named_type()?
        };
        loop {
            if self.sign("?") {
                if ty.is_value_type() || matches!(ty, Type::Variable(_)) {
                    ty = ty.nullable();
                }
            } else if self.sign("[]") {
                ty = Type::array(ty);
            } else {
                return Some(ty);
            }
        }
    }

    fn named_type(&mut self) -> Option<Type> {
        let mut name = self.identifier()?;
        while self.rest.starts_with('.') {
            self.sign(".");
            name = self.identifier()?;
        }
        let mut arguments = Vec::new();
        if self.rest.starts_with('<') {
            self.sign("<");
            loop {
                arguments.push(self.ty()?);
                if self.sign(">") {
                    break;
                }
                if !self.sign(",") {
                    return None;
                }
            }
        }
        if arguments.is_empty() {
            let variable = |at: usize| Some(Type::Variable(u8::try_from(at).ok()?));
            if let Some(at) = self.own.iter().position(|own| *own == name) {
                return variable(at.saturating_add(self.class_names.len()));
            }
            if let Some(at) = self.class_names.iter().position(|own| *own == name) {
                return variable(at);
            }
            match name.as_str() {
                "void" => return Some(Type::Void),
                "dynamic" | "var" => return Some(Type::Unknown),
                _ => {}
            }
        }
        let count = arguments.len();
        let fits = |class: &&Class| {
            class.arity() == count || (class.arity() == 9 && (count > 0 || **class == Class::Action))
        };
        let named = classes_named(&name);
        let class = named.iter().find(fits).or_else(|| named.first()).copied()?;
        if arguments.is_empty() { Some(Type::Plain(class)) } else { Some(Type::generic(class, arguments)) }
    }
}

/// A parameter type written out, for messages: `string Substring(int startIndex)`.
pub fn shown(member: &Member) -> Text {
    Text::Static(member.signature)
}

#[cfg(test)]
mod tests {
    use super::super::members::members_of;
    use super::*;

    #[test]
    fn the_classes_of_extension_methods_are_those_that_declare_some() {
        let declares = |class: &&Class| members_of(**class).all().any(|member| member.is_extension);
        let found: Vec<Class> = Class::ALL.iter().filter(declares).copied().collect();
        assert_eq!(found, EXTENSIONS);
    }

    #[test]
    fn every_signature_can_be_read() {
        assert_eq!(unreadable(), []);
    }
}
