//! Overload resolution for values whose types are known when the expression runs.

use super::super::library::signature::{Member, MemberKind};
use super::super::types::Type;
use super::access::{extensions, named_candidates};
use super::overload::{Arg, Chosen, Given, Probe, resolve};

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub(in crate::policy::csharp) enum Lookup<'a> {
    /// A property.
    Get(&'a str),
    /// A property to set.
    Set(&'a str),
    /// A method.
    Call(&'a str),
    /// An indexer.
    Index,
    /// An indexer to set.
    SetIndex,
}

impl Lookup<'_> {
    /// The name, for messages.
    pub(in crate::policy::csharp) fn name(&self) -> &str {
        match self {
            Self::Get(name) | Self::Set(name) | Self::Call(name) => name,
            Self::Index | Self::SetIndex => "[...]",
        }
    }

    /// The name as members have it.
    fn declared(&self) -> &str {
        match self {
            Self::Get(name) | Self::Set(name) | Self::Call(name) => name,
            Self::Index | Self::SetIndex => "this",
        }
    }

    fn accepts(&self, member: &Member) -> bool {
        !member.is_static
            && match self {
                Self::Get(_) => member.kind == MemberKind::Getter,
                Self::Set(_) => member.kind == MemberKind::Setter,
                Self::Call(_) => member.kind == MemberKind::Method,
                Self::Index => member.kind == MemberKind::Indexer,
                Self::SetIndex => member.kind == MemberKind::IndexSetter,
            }
    }
}

struct Values;

impl Probe for Values {
    fn result_of(&mut self, _: usize, _: &[Type], _: Option<&Type>) -> Option<Type> {
        None
    }
}

/// The member of `owner` that takes arguments of these types.
pub(in crate::policy::csharp) fn find(
    owner: &Type,
    lookup: &Lookup<'_>,
    arguments: &[Type],
    explicit: &[Type],
) -> Option<Chosen> {
    let given = |types: &[Type]| -> Vec<Given> {
        types.iter().map(|ty| Given { name: None, arg: Arg::Value(ty.clone(), None) }).collect()
    };
    let members = named_candidates(owner, lookup.declared(), |member| lookup.accepts(member));
    // The new value is no parameter of a setter.
    let count = match lookup {
        Lookup::Set(_) | Lookup::SetIndex => arguments.len().saturating_sub(1),
        Lookup::Get(_) | Lookup::Call(_) | Lookup::Index => arguments.len(),
    };
    let own = given(arguments.get(..count).unwrap_or(arguments));
    if let Some(found) = resolve(&members, &own, explicit, &mut Values) {
        return Some(found);
    }
    let Lookup::Call(name) = lookup else { return None };
    let mut with_owner = vec![owner.clone()];
    with_owner.extend(arguments.iter().cloned());
    resolve(&extensions(name), &given(&with_owner), explicit, &mut Values)
}
