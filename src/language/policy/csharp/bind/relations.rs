//! How types relate: inheritance with type arguments, elements of sequences, conversions.

use super::super::classes::{Class, Kind};
use super::super::ir::Conversion;
use super::super::library::members::members_of;
use super::super::library::signature::{Member, MemberKind};
use super::super::types::Type;
use super::super::value::Value;

/// The number types in the order of widening, with `char` left out.
pub(in crate::policy::csharp) const fn is_number(class: Class) -> bool {
    matches!(
        class,
        Class::SByte
            | Class::Byte
            | Class::Short
            | Class::UShort
            | Class::Int
            | Class::UInt
            | Class::Long
            | Class::ULong
            | Class::Float
            | Class::Double
            | Class::Decimal
    )
}

const fn is_integer(class: Class) -> bool {
    is_number(class) && !matches!(class, Class::Float | Class::Double | Class::Decimal)
}

/// Whether every value of one number type is one of the other (C# 7.3, 10.2.3).
const fn widens(from: Class, to: Class) -> bool {
    use Class::{Byte, Char, Decimal, Double, Float, Int, Long, SByte, Short, UInt, ULong, UShort};
    match from {
        SByte => matches!(to, Short | Int | Long | Float | Double | Decimal),
        Byte => matches!(to, Short | UShort | Int | UInt | Long | ULong | Float | Double | Decimal),
        Short => matches!(to, Int | Long | Float | Double | Decimal),
        UShort => matches!(to, Int | UInt | Long | ULong | Float | Double | Decimal),
        Int => matches!(to, Long | Float | Double | Decimal),
        UInt => matches!(to, Long | ULong | Float | Double | Decimal),
        Long | ULong => matches!(to, Float | Double | Decimal),
        Char => matches!(to, UShort | Int | UInt | Long | ULong | Float | Double | Decimal),
        Float => matches!(to, Double),
        _ => false,
    }
}

/// The type arguments with which `ty` is a `class`, if it is one; empty for plain classes.
pub(in crate::policy::csharp) fn instance(ty: &Type, class: Class) -> Option<Vec<Type>> {
    let own = ty.class()?;
    if own == class {
        return match ty {
            Type::Array(element) => Some(vec![element.as_ref().clone()]),
            other => Some(other.arguments().to_vec()),
        };
    }
    if own == Class::StringComparer && matches!(class, Class::IEqualityComparer | Class::IComparer) {
        return Some(vec![Type::STRING]);
    }
    if class == Class::IEnumerableOf
        && let Some(element) = element(ty)
    {
        return Some(vec![element]);
    }
    if let Type::Array(element) = ty {
        let is_list = matches!(
            class,
            Class::ICollection | Class::IList | Class::IReadOnlyCollection | Class::IReadOnlyList
        );
        if is_list {
            return Some(vec![element.as_ref().clone()]);
        }
    }
    if matches!(class, Class::ICollection | Class::IReadOnlyCollection)
        && matches!(
            own,
            Class::Dictionary | Class::SortedDictionary | Class::IDictionary | Class::IReadOnlyDictionary
        )
    {
        return element(ty).map(|element| vec![element]);
    }
    own.bases().iter().find_map(|base| instance(&base_type(*base, ty.arguments()), class))
}

fn base_type(base: Class, arguments: &[Type]) -> Type {
    let count = base.arity().min(arguments.len());
    match arguments.get(..count) {
        Some(some) if base.arity() > 0 && !some.is_empty() => Type::generic(base, some.iter().cloned()),
        _ => Type::Plain(base),
    }
}

/// The types that `ty` derives from directly; for interfaces and classes without bases `object`.
pub(in crate::policy::csharp) fn bases(ty: &Type) -> Vec<Type> {
    let Some(class) = ty.class() else { return vec![Type::OBJECT] };
    let mut found: Vec<Type> = Vec::new();
    if class.kind() == Kind::Enum {
        found.push(Type::Plain(Class::Enum));
    }
    for base in class.bases() {
        let arguments = if let Type::Array(element) = ty {
            vec![element.as_ref().clone()]
        } else {
            ty.arguments().to_vec()
        };
        found.push(base_type(*base, &arguments));
    }
    if matches!(ty, Type::Array(_))
        || matches!(class, Class::Dictionary | Class::IDictionary | Class::IGrouping)
    {
        found.extend(element(ty).map(Type::sequence));
    }
    if class != Class::Object {
        found.push(Type::OBJECT);
    }
    found
}

/// The type of the elements, if `ty` can be run over.
pub(in crate::policy::csharp) fn element(ty: &Type) -> Option<Type> {
    if let Type::Array(element) = ty {
        return Some(element.as_ref().clone());
    }
    let class = ty.class()?;
    let argument = |at: usize| ty.arguments().get(at).cloned();
    let pair = |key: Type, value: Type| Some(Type::generic(Class::KeyValuePair, [key, value]));
    match class {
        Class::String => Some(Type::CHAR),
        Class::Dictionary | Class::SortedDictionary | Class::IDictionary | Class::IReadOnlyDictionary => {
            pair(argument(0)?, argument(1)?)
        }
        Class::IGrouping => argument(1),
        Class::ILookup => Some(Type::generic(Class::IGrouping, [argument(0)?, argument(1)?])),
        Class::MatchCollection => Some(Type::Plain(Class::Match)),
        Class::GroupCollection => Some(Type::Plain(Class::RegexGroup)),
        Class::CaptureCollection => Some(Type::Plain(Class::Capture)),
        Class::IHeaders | Class::IQuery => pair(Type::STRING, Type::array(Type::STRING)),
        Class::IParameters => pair(Type::STRING, Type::STRING),
        Class::IVariables => pair(Type::STRING, Type::OBJECT),
        Class::ICertificates => pair(Type::STRING, Type::Plain(Class::X509Certificate2)),
        Class::IEnumerable | Class::Array => Some(Type::OBJECT),
        _ if class.derives_from(Class::JToken) => Some(Type::Plain(Class::JToken)),
        _ => match class.bases().iter().find_map(|base| element(&base_type(*base, ty.arguments()))) {
            Some(Type::Plain(Class::Object)) if argument(0).is_some() => argument(0),
            None if class == Class::IEnumerableOf => argument(0),
            Some(found) if class == Class::IEnumerableOf => argument(0).or(Some(found)),
            found => found,
        },
    }
}

/// The standard implicit conversion: none of the user's own. `Ok(None)` inside: nothing has to be done.
fn standard(from: &Type, constant: Option<&Value>, to: &Type) -> Option<Option<Conversion>> {
    if from == to {
        return Some(None);
    }
    match (from, to) {
        (Type::Unknown, Type::Plain(Class::Object)) | (_, Type::Unknown) => return Some(None),
        (Type::Unknown, _) => return Some(Some(Conversion::Dynamic(to.clone()))),
        (Type::Void, _) | (_, Type::Void | Type::Null) => return None,
        (Type::Null, _) => return to.takes_null().then_some(None),
        _ => {}
    }
    if let Some(inner) = to.nullable_of() {
        let source = from.nullable_of().unwrap_or(from);
        return standard(source, constant, inner);
    }
    if let (Some(source), Some(target)) = (from.class(), to.class())
        && matches!((from, to), (Type::Plain(_), Type::Plain(_)))
    {
        if widens(source, target) {
            return Some(Some(Conversion::Number(target, false)));
        }
        if let Some(value) = constant
            && let Some(number) = integer(value)
        {
            if target.kind() == Kind::Enum && number == 0 && is_integer(source) {
                return Some(Some(Conversion::Enum(target)));
            }
            if (source == Class::Int || (source == Class::Long && target == Class::ULong))
                && constant_fits(number, target)
            {
                return Some(Some(Conversion::Number(target, false)));
            }
        }
    }
    if *to == Type::OBJECT {
        return Some(None);
    }
    if let (Type::Array(a), Type::Array(b)) = (from, to) {
        return covariant(a, b).then_some(None);
    }
    if from.is_function() && to.is_function() && from.class() == to.class() {
        let (a, b) = (from.arguments(), to.arguments());
        let fits = a.len() == b.len()
            && a.iter()
                .zip(b)
                .all(|(a, b)| a == b || covariant(a, b) || covariant(b, a) || a.is_vague() || b.is_vague());
        return fits.then_some(None);
    }
    if to.class() == Some(Class::ValueTuple) && from.class() == Some(Class::ValueTuple) {
        let (a, b) = (from.arguments(), to.arguments());
        if a.len() != b.len() {
            return None;
        }
        let parts: Option<Vec<_>> = a.iter().zip(b).map(|(a, b)| implicit(a, None, b)).collect();
        return Some(Some(Conversion::Items(parts?.into(), b.into())));
    }
    let target = to.class()?;
    if from.class() == Some(Class::Nullable) {
        return None;
    }
    let found = instance(from, target).or_else(|| boxed(from, target).then(|| to.arguments().to_vec()))?;
    let wanted = to.arguments();
    if found.len() < wanted.len() {
        return None;
    }
    let varies = matches!(target.kind(), Kind::Interface);
    let fits = found.iter().zip(wanted).all(|(a, b)| {
        a == b || a.is_vague() || b.is_vague() || (varies && covariant(a, b)) || tuples_alike(a, b)
    });
    fits.then_some(None)
}

fn tuples_alike(a: &Type, b: &Type) -> bool {
    a.class() == Some(Class::ValueTuple)
        && a.arguments() == b.arguments()
        && b.class() == Some(Class::ValueTuple)
}

/// Interfaces of structs, strings and enumerations that the table of classes does not have.
pub(in crate::policy::csharp) fn boxed(from: &Type, target: Class) -> bool {
    match target {
        Class::IComparable => from.class().is_some_and(|class| {
            is_number(class)
                || class.kind() == Kind::Enum
                || matches!(
                    class,
                    Class::String
                        | Class::Char
                        | Class::Bool
                        | Class::DateTime
                        | Class::TimeSpan
                        | Class::Guid
                )
        }),
        Class::IFormattable => from.class().is_some_and(|class| {
            is_number(class)
                || class.kind() == Kind::Enum
                || matches!(class, Class::DateTime | Class::DateTimeOffset | Class::TimeSpan | Class::Guid)
        }),
        Class::Enum => from.class().is_some_and(|class| class.kind() == Kind::Enum),
        _ => false,
    }
}

/// Whether references to the one can stand for references to the other.
fn covariant(a: &Type, b: &Type) -> bool {
    a == b
        || a.is_vague()
        || b.is_vague()
        || (!a.is_value_type() && !b.is_value_type() && matches!(standard(a, None, b), Some(None)))
}

/// The whole number in a value of an integer type.
pub(in crate::policy::csharp) fn integer(value: &Value) -> Option<i128> {
    Some(match value {
        Value::SByte(n) => i128::from(*n),
        Value::Byte(n) => i128::from(*n),
        Value::Short(n) => i128::from(*n),
        Value::UShort(n) | Value::Char(n) => i128::from(*n),
        Value::Int(n) | Value::Enum(_, n) => i128::from(*n),
        Value::UInt(n) => i128::from(*n),
        Value::Long(n) => i128::from(*n),
        Value::ULong(n) => i128::from(*n),
        _ => return None,
    })
}

fn constant_fits(number: i128, target: Class) -> bool {
    match target {
        Class::SByte => i8::try_from(number).is_ok(),
        Class::Byte => u8::try_from(number).is_ok(),
        Class::Short => i16::try_from(number).is_ok(),
        Class::UShort => u16::try_from(number).is_ok(),
        Class::UInt => u32::try_from(number).is_ok(),
        Class::ULong => u64::try_from(number).is_ok(),
        _ => false,
    }
}

/// The implicit conversion from one type to another: `None`: there is none; `Some(None)`: nothing has to
/// be done.
pub(in crate::policy::csharp) fn implicit(
    from: &Type,
    constant: Option<&Value>,
    to: &Type,
) -> Option<Option<Conversion>> {
    standard(from, constant, to).or_else(|| user(from, constant, to, false).map(Some))
}

/// The conversion of a cast.
pub(in crate::policy::csharp) fn explicit(
    from: &Type,
    constant: Option<&Value>,
    to: &Type,
    checked: bool,
) -> Option<Option<Conversion>> {
    if let Some(found) = standard(from, constant, to) {
        return Some(found);
    }
    let (source, target) = (from.nullable_of().unwrap_or(from), to.nullable_of().unwrap_or(to));
    if let (Type::Plain(a), Type::Plain(b)) = (source, target) {
        let numeric = |class: Class| is_number(class) || class == Class::Char || class.kind() == Kind::Enum;
        if numeric(*a) && numeric(*b) {
            let step =
                if b.kind() == Kind::Enum { Conversion::Enum(*b) } else { Conversion::Number(*b, checked) };
            return Some(Some(unwrapped(from, to, Some(step))));
        }
    }
    if from.nullable_of().is_some() && source == target {
        return Some(Some(Conversion::Unwrap));
    }
    // Between references, and out of boxes.
    let is_reference = |ty: &Type| !ty.is_value_type();
    let up = standard(to, None, from).is_some();
    let casts = is_reference(from)
        && (*from == Type::OBJECT
            || up
            || (is_reference(to)
                && (is_open_interface(from, to)
                    || is_open_interface(to, from)
                    || from.is_vague()
                    || to.is_vague())));
    if casts {
        return Some(Some(Conversion::Cast(to.clone())));
    }
    user(from, constant, to, true).map(Some)
}

/// Whether an object of the class `other` can implement the interface `ty` unknown to the tables: not when
/// the class is one that nothing derives from.
fn is_open_interface(ty: &Type, other: &Type) -> bool {
    let is_interface = ty.class().is_some_and(|class| class.kind() == Kind::Interface);
    is_interface && !matches!(other, Type::Array(_)) && other.class() != Some(Class::String)
}

/// `step` with a check against null in front where `T?` becomes `T`.
fn unwrapped(from: &Type, to: &Type, step: Option<Conversion>) -> Conversion {
    match step {
        Some(step) if from.nullable_of().is_some() && to.nullable_of().is_none() => {
            Conversion::Both(Box::new(Conversion::Unwrap), Box::new(step))
        }
        Some(step) => step,
        None => Conversion::Unwrap,
    }
}

/// A conversion that a class declares. Of several the one whose parameter and result are closest.
fn user(from: &Type, constant: Option<&Value>, to: &Type, is_cast: bool) -> Option<Conversion> {
    let source = from.nullable_of().unwrap_or(from);
    let mut classes: Vec<Class> = Vec::new();
    for ty in [source, to.nullable_of().unwrap_or(to)] {
        let mut class = ty.class();
        while let Some(found) = class {
            if !matches!(found, Class::Object | Class::String)
                && !is_number(found)
                && !classes.contains(&found)
            {
                classes.push(found);
            }
            class = found.bases().first().copied();
        }
    }
    let mut best: Option<(u32, &'static Member, Option<Conversion>, Option<Conversion>)> = None;
    // Most conversions of a class begin or end at the class itself: that step is worked out once.
    let (mut into_class, mut out_of_class) = (Known::default(), Known::default());
    'all: for class in classes {
        for member in members_of(class).conversions() {
            let Some(parameter) = member.parameters.first() else { continue };
            if member.kind == MemberKind::Explicit && !is_cast {
                continue;
            }
            let into = into_class.get(class, &parameter.ty, |ty| step(from, constant, ty, is_cast));
            let Some((first, into)) = into else { continue };
            let out = out_of_class.get(class, &member.result, |ty| step(ty, None, to, is_cast));
            let Some((second, out)) = out else { continue };
            let cost = first.saturating_add(second);
            if best.as_ref().is_none_or(|(least, ..)| cost < *least) {
                best = Some((cost, member, into, out));
            }
            if cost == 0 {
                break 'all;
            }
        }
    }
    let (_, member, into, out) = best?;
    let parameter_takes_null = member.parameters.first().is_some_and(|p| p.ty.takes_null());
    let lifted = from.nullable_of().is_some() && !parameter_takes_null;
    let mut result = Conversion::User(member, lifted && to.takes_null());
    if let Some(into) = into {
        result = Conversion::Both(Box::new(into), Box::new(result));
    } else if lifted && !to.takes_null() {
        result = Conversion::Both(Box::new(Conversion::Unwrap), Box::new(result));
    }
    if let Some(out) = out {
        result = Conversion::Both(Box::new(result), Box::new(out));
    }
    Some(result)
}

/// A standard conversion on the way into or out of a user-defined one, and how far it is.
type Step = Option<(u32, Option<Conversion>)>;

/// The step to or from the class that was asked about last.
#[derive(Default)]
struct Known(Option<(Class, Step)>);

impl Known {
    fn get(&mut self, class: Class, ty: &Type, find: impl FnOnce(&Type) -> Step) -> Step {
        if *ty != Type::Plain(class) {
            return find(ty);
        }
        match &self.0 {
            Some((known, step)) if *known == class => step.clone(),
            _ => {
                let step = find(ty);
                self.0 = Some((class, step.clone()));
                step
            }
        }
    }
}

/// That step, if there is one.
fn step(from: &Type, constant: Option<&Value>, to: &Type, is_cast: bool) -> Step {
    if from == to {
        return Some((0, None));
    }
    if let Some(found) = standard(from, constant, to) {
        return Some((1_u32.saturating_add(distance(from, to)), found));
    }
    if let Some(inner) = from.nullable_of()
        && inner == to
    {
        return Some((2, None));
    }
    if !is_cast {
        return None;
    }
    if let (Type::Plain(a), Type::Plain(b)) = (from.nullable_of().unwrap_or(from), to)
        && is_number(*a)
        && is_number(*b)
    {
        return Some((40, Some(unwrapped(from, to, Some(Conversion::Number(*b, false))))));
    }
    let narrows = !from.is_value_type() && !to.is_value_type() && standard(to, None, from).is_some();
    narrows.then(|| (60, Some(Conversion::Cast(to.clone()))))
}

/// A measure of how far a widening goes: `int` to `long` is nearer than `int` to `double`.
fn distance(from: &Type, to: &Type) -> u32 {
    const ORDER: [Class; 11] = [
        Class::SByte,
        Class::Byte,
        Class::Short,
        Class::UShort,
        Class::Int,
        Class::UInt,
        Class::Long,
        Class::ULong,
        Class::Float,
        Class::Double,
        Class::Decimal,
    ];
    let at = |ty: &Type| {
        let class = ty.nullable_of().unwrap_or(ty).class()?;
        ORDER.iter().position(|known| *known == class)
    };
    match (at(from), at(to)) {
        (Some(a), Some(b)) => u32::try_from(b.saturating_sub(a)).unwrap_or(20),
        _ if *to == Type::OBJECT => 30,
        _ => 1,
    }
}

/// The type that all of `types` convert to, as arrays without a type and lambdas with several `return`s
/// have it.
pub(in crate::policy::csharp) fn common(types: &[(Type, Option<Value>)]) -> Option<Type> {
    let fits =
        |to: &Type| types.iter().all(|(from, constant)| implicit(from, constant.as_ref(), to).is_some());
    let known = types.iter().map(|(ty, _)| ty).filter(|ty| !matches!(ty, Type::Null | Type::Void));
    let mut candidates: Vec<&Type> = known.collect();
    candidates.dedup();
    if let Some(found) = candidates.iter().find(|ty| fits(ty)) {
        return Some((*found).clone());
    }
    None
}
