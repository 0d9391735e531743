//! Which member a call means: applicable candidates, type inference, the better one (C# 7.3, 12.6).
//!
//! Deviations, all towards accepting: where C# finds a call ambiguous the first declared candidate is
//! taken; `ref` and `out` count as the same.

use super::super::library::signature::Member;
use super::super::types::Type;
use super::super::value::Value;
use super::relations::{common, implicit, instance};

/// An argument as far as overload resolution looks at it.
#[derive(Clone, Debug)]
pub(in crate::policy::csharp) enum Arg {
    /// A value with its type.
    Value(Type, Option<Value>),
    /// A lambda: the number of its parameters and their types, as far as written. `None`: any number.
    Lambda(Option<Vec<Option<Type>>>),
    /// A method used as a value.
    Group,
    /// Behind `out`: the type of the variable, unless it is declared with `var`.
    Out(Option<Type>),
}

/// An argument with its name.
#[derive(Clone, Debug)]
pub(in crate::policy::csharp) struct Given {
    pub(in crate::policy::csharp) name: Option<String>,
    pub(in crate::policy::csharp) arg: Arg,
}

/// A member that may be meant.
#[derive(Clone, Debug)]
pub(in crate::policy::csharp) struct Candidate {
    pub(in crate::policy::csharp) member: &'static Member,
    /// Type arguments of the class.
    pub(in crate::policy::csharp) class_types: Vec<Type>,
    /// How far up the inheritance it was found.
    pub(in crate::policy::csharp) level: u32,
}

/// Where the value of a parameter comes from.
#[derive(Clone, Debug)]
pub(in crate::policy::csharp) enum Source {
    /// This argument.
    Argument(usize),
    /// Its default.
    Default(Value),
    /// These arguments, as an array.
    Params(Vec<usize>),
}

/// The member that is meant, and how it is called.
#[derive(Clone, Debug)]
pub(in crate::policy::csharp) struct Chosen {
    pub(in crate::policy::csharp) member: &'static Member,
    /// Type arguments of class and method.
    pub(in crate::policy::csharp) types: Vec<Type>,
    /// The types of the parameters.
    pub(in crate::policy::csharp) parameters: Vec<Type>,
    /// Where their values come from.
    pub(in crate::policy::csharp) sources: Vec<Source>,
    level: u32,
    expanded: bool,
}

impl Chosen {
    /// The type of the parameter that an argument is for.
    fn type_for(&self, argument: usize) -> Option<&Type> {
        pairs(&self.sources, &self.parameters).find(|(at, _)| *at == argument).map(|(_, ty)| ty)
    }
}

/// What is asked about lambdas and methods used as values.
pub(in crate::policy::csharp) trait Probe {
    /// The type of the result of function argument `at` with parameters of these types. `None`: it does
    /// not take them. `expected` is what should come out, where that is known.
    fn result_of(&mut self, at: usize, parameters: &[Type], expected: Option<&Type>) -> Option<Type>;
}

/// The best of `candidates` for these arguments.
pub(in crate::policy::csharp) fn resolve(
    candidates: &[Candidate],
    given: &[Given],
    explicit: &[Type],
    probe: &mut dyn Probe,
) -> Option<Chosen> {
    let mut fitting: Vec<Chosen> = Vec::new();
    let mut least = u32::MAX;
    for candidate in candidates {
        if candidate.level > least {
            continue;
        }
        for expanded in [false, true] {
            if let Some(found) = applicable(candidate, given, explicit, expanded, probe) {
                least = least.min(candidate.level);
                fitting.push(found);
                break;
            }
        }
    }
    fitting.retain(|found| found.level == least);
    let mut best: Option<Chosen> = None;
    for found in fitting {
        let replace = match &best {
            None => true,
            Some(best) => better(&found, best, given, probe),
        };
        if replace {
            best = Some(found);
        }
    }
    best
}

/// Maps arguments to parameters.
fn sources(member: &Member, given: &[Given], expanded: bool) -> Option<Vec<Source>> {
    let count = member.parameters.len();
    if expanded && !member.parameters.last().is_some_and(|p| p.is_params) {
        return None;
    }
    if !expanded && given.len() > count {
        return None;
    }
    let mut sources: Vec<Option<Source>> = vec![None; count];
    let last = count.checked_sub(1);
    let mut rest: Vec<usize> = Vec::new();
    for (at, argument) in given.iter().enumerate() {
        let target = match &argument.name {
            Some(name) => member.parameters.iter().position(|p| p.name == *name)?,
            None => at,
        };
        if expanded && Some(target) >= last {
            rest.push(at);
            continue;
        }
        let slot = sources.get_mut(target)?;
        if slot.is_some() {
            return None;
        }
        *slot = Some(Source::Argument(at));
    }
    if expanded && let Some(slot) = last.and_then(|last| sources.get_mut(last)) {
        *slot = Some(Source::Params(rest));
    }
    let with_defaults = sources
        .into_iter()
        .zip(&member.parameters)
        .map(|(source, parameter)| source.or_else(|| parameter.default.clone().map(Source::Default)));
    with_defaults.collect()
}

/// The pairs of argument and parameter type.
fn pairs<'a>(
    sources: &'a [Source],
    types: impl IntoIterator<Item = &'a Type>,
) -> impl Iterator<Item = (usize, &'a Type)> {
    sources.iter().zip(types).flat_map(|(source, ty)| {
        let (arguments, ty): (&[usize], &Type) = match (source, ty) {
            (Source::Argument(at), ty) => (std::slice::from_ref(at), ty),
            (Source::Params(rest), Type::Array(element)) => (rest, element),
            (Source::Params(rest), ty) => (rest, ty),
            (Source::Default(_), ty) => (&[], ty),
        };
        arguments.iter().map(move |at| (*at, ty))
    })
}

fn applicable(
    candidate: &Candidate,
    given: &[Given],
    explicit: &[Type],
    expanded: bool,
    probe: &mut dyn Probe,
) -> Option<Chosen> {
    let member = candidate.member;
    let sources = sources(member, given, expanded)?;
    if !explicit.is_empty() && explicit.len() != member.arity {
        return None;
    }
    let class_count = member.class_arity;
    if class_count == 0 && member.arity == 0 {
        // Nothing to put in or to infer.
        let declared = || pairs(&sources, member.parameters.iter().map(|p| &p.ty));
        for (at, ty) in declared() {
            if !shape_fits(&given.get(at)?.arg, ty, member, &sources, at) {
                return None;
            }
        }
        for (at, ty) in declared() {
            if !fits(&given.get(at)?.arg, at, ty, probe) {
                return None;
            }
        }
        let parameters = member.parameters.iter().map(|p| p.ty.clone()).collect();
        let types = Vec::new();
        return Some(Chosen { member, types, parameters, sources, level: candidate.level, expanded });
    }
    let mut types: Vec<Type> = candidate.class_types.clone();
    types.resize(class_count, Type::Unknown);
    let all = class_count.saturating_add(member.arity);
    let mut own: Vec<Type> = types.clone();
    own.extend((class_count..all).map(|at| Type::Variable(u8::try_from(at).unwrap_or(u8::MAX))));
    let open: Vec<Type> = member.parameters.iter().map(|p| p.ty.substitute(&own)).collect();
    for (at, ty) in pairs(&sources, &open) {
        if !shape_fits(&given.get(at)?.arg, ty, member, &sources, at) {
            return None;
        }
    }
    if explicit.is_empty() && member.arity > 0 {
        let mut inference = Inference::new(&types, member.arity);
        let open_pairs: Vec<(usize, &Type)> = pairs(&sources, &open).collect();
        types.extend(inference.run(&open_pairs, given, probe)?);
    } else {
        types.extend(explicit.iter().cloned());
    }
    let parameters: Vec<Type> = open.iter().map(|ty| ty.substitute(&types)).collect();
    for (at, ty) in pairs(&sources, &parameters) {
        if !fits(&given.get(at)?.arg, at, ty, probe) {
            return None;
        }
    }
    Some(Chosen { member, types, parameters, sources, level: candidate.level, expanded })
}

/// Cheap tests before anything is inferred.
fn shape_fits(arg: &Arg, ty: &Type, member: &Member, sources: &[Source], at: usize) -> bool {
    let is_out = sources
        .iter()
        .zip(&member.parameters)
        .any(|(source, parameter)| matches!(source, Source::Argument(a) if *a == at) && parameter.is_out);
    match arg {
        Arg::Out(_) => is_out,
        _ if is_out => false,
        Arg::Lambda(parameters) => match ty.function() {
            Some((wanted, _)) => parameters.as_ref().is_none_or(|p| p.len() == wanted.len()),
            None => matches!(ty, Type::Unknown),
        },
        Arg::Group => ty.is_function() || matches!(ty, Type::Unknown),
        Arg::Value(..) => true,
    }
}

fn fits(arg: &Arg, at: usize, ty: &Type, probe: &mut dyn Probe) -> bool {
    match arg {
        Arg::Value(from, constant) => implicit(from, constant.as_ref(), ty).is_some(),
        Arg::Out(None) => true,
        Arg::Out(Some(from)) => from == ty || from.is_vague() || ty.is_vague(),
        Arg::Lambda(written) => {
            let Some((parameters, result)) = ty.function() else { return matches!(ty, Type::Unknown) };
            let written_fit = written.as_ref().is_none_or(|written| {
                let mut both = written.iter().zip(&parameters);
                both.all(|(written, wanted)| {
                    written.as_ref().is_none_or(|w| w == wanted || wanted.is_vague())
                })
            });
            written_fit && result_fits(at, &parameters, &result, probe)
        }
        Arg::Group => match ty.function() {
            Some((parameters, result)) => result_fits(at, &parameters, &result, probe),
            None => matches!(ty, Type::Unknown),
        },
    }
}

fn result_fits(at: usize, parameters: &[Type], result: &Type, probe: &mut dyn Probe) -> bool {
    match probe.result_of(at, parameters, Some(result)) {
        None => false,
        Some(_) if *result == Type::Void => true,
        Some(found) => found != Type::Void && implicit(&found, None, result).is_some(),
    }
}

/// Whether `a` is better than `b`.
fn better(a: &Chosen, b: &Chosen, given: &[Given], probe: &mut dyn Probe) -> bool {
    let (mut wins, mut losses) = (false, false);
    for (at, argument) in given.iter().enumerate() {
        let (Some(one), Some(other)) = (a.type_for(at), b.type_for(at)) else { continue };
        match better_conversion(&argument.arg, at, one, other, probe) {
            1 => wins = true,
            -1 => losses = true,
            _ => {}
        }
    }
    if wins != losses {
        return wins;
    }
    if wins {
        return false;
    }
    let defaults =
        |chosen: &Chosen| chosen.sources.iter().filter(|s| matches!(s, Source::Default(_))).count();
    let key = |chosen: &Chosen| (chosen.member.arity > 0, chosen.expanded, defaults(chosen));
    let (mine, theirs) = (key(a), key(b));
    if mine != theirs {
        return mine < theirs;
    }
    specificity(a) > specificity(b)
}

/// More concrete parameter types are more specific.
fn specificity(chosen: &Chosen) -> usize {
    fn count(ty: &Type) -> usize {
        match ty {
            Type::Variable(_) => 0,
            Type::Generic(_, inner) => inner.iter().map(count).sum::<usize>().saturating_add(1),
            Type::Array(element) => count(element).saturating_add(1),
            _ => 1,
        }
    }
    chosen.member.parameters.iter().map(|p| count(&p.ty)).sum()
}

/// 1: the conversion to `one` is better; -1: that to `other`; 0: neither.
fn better_conversion(arg: &Arg, at: usize, one: &Type, other: &Type, probe: &mut dyn Probe) -> i8 {
    if one == other {
        return 0;
    }
    match arg {
        Arg::Value(ty, _) => {
            if ty == one {
                return 1;
            }
            if ty == other {
                return -1;
            }
        }
        Arg::Lambda(_) | Arg::Group => {
            if let (Some((parameters, mine)), Some((_, theirs))) = (one.function(), other.function()) {
                if mine == theirs {
                    return 0;
                }
                if theirs == Type::Void {
                    return 1;
                }
                if mine == Type::Void {
                    return -1;
                }
                let found = probe.result_of(at, &parameters, None);
                if found.as_ref() == Some(&mine) {
                    return 1;
                }
                if found.as_ref() == Some(&theirs) {
                    return -1;
                }
                return better_target(&mine, &theirs);
            }
        }
        Arg::Out(_) => return 0,
    }
    better_target(one, other)
}

fn better_target(one: &Type, other: &Type) -> i8 {
    use super::super::classes::Class;
    let forward = implicit(one, None, other).is_some();
    let backward = implicit(other, None, one).is_some();
    if forward != backward {
        return if forward { 1 } else { -1 };
    }
    let plain = |ty: &Type| ty.nullable_of().unwrap_or(ty).class();
    let signed = |class| matches!(class, Some(Class::SByte | Class::Short | Class::Int | Class::Long));
    let unsigned = |class| matches!(class, Some(Class::Byte | Class::UShort | Class::UInt | Class::ULong));
    if signed(plain(one)) && unsigned(plain(other)) {
        return 1;
    }
    if unsigned(plain(one)) && signed(plain(other)) {
        return -1;
    }
    0
}

/// Type inference of one call.
struct Inference {
    class_types: Vec<Type>,
    bounds: Vec<Vec<Type>>,
    fixed: Vec<Option<Type>>,
}

impl Inference {
    fn new(class_types: &[Type], arity: usize) -> Self {
        Self { class_types: class_types.to_vec(), bounds: vec![Vec::new(); arity], fixed: vec![None; arity] }
    }

    fn run(&mut self, pairs: &[(usize, &Type)], given: &[Given], probe: &mut dyn Probe) -> Option<Vec<Type>> {
        for (at, ty) in pairs {
            match &given.get(*at)?.arg {
                Arg::Value(from, _) => self.bound(ty, from),
                Arg::Out(Some(from)) => self.bound(ty, from),
                Arg::Lambda(Some(written)) => {
                    if let Some((parameters, _)) = ty.function() {
                        for (parameter, written) in parameters.iter().zip(written) {
                            if let Some(written) = written {
                                self.bound(parameter, written);
                            }
                        }
                    }
                }
                Arg::Lambda(None) | Arg::Group | Arg::Out(None) => {}
            }
        }
        let mut waiting: Vec<&(usize, &Type)> = pairs
            .iter()
            .filter(|(at, _)| matches!(given.get(*at).map(|g| &g.arg), Some(Arg::Lambda(_) | Arg::Group)))
            .collect();
        while !waiting.is_empty() {
            let ready = waiting.iter().position(|(_, ty)| {
                ty.function().is_none_or(|(parameters, _)| parameters.iter().all(|p| self.can_fix(p)))
            })?;
            let (at, ty) = waiting.remove(ready);
            let Some((parameters, result)) = ty.function() else { continue };
            let parameters: Vec<Type> = parameters.iter().map(|p| self.fix_in(p)).collect::<Option<_>>()?;
            if result.is_open() {
                let found = probe.result_of(*at, &parameters, None)?;
                if found == Type::Void {
                    return None;
                }
                self.bound(&result, &found);
            }
        }
        (0..self.fixed.len()).map(|at| self.fix(at)).collect()
    }

    fn can_fix(&self, ty: &Type) -> bool {
        self.variables(ty).iter().all(|at| {
            self.fixed.get(*at).is_some_and(Option::is_some)
                || self.bounds.get(*at).is_some_and(|b| !b.is_empty())
        })
    }

    fn variables(&self, ty: &Type) -> Vec<usize> {
        match ty {
            Type::Variable(at) => usize::from(*at).checked_sub(self.class_types.len()).into_iter().collect(),
            Type::Generic(_, inner) => inner.iter().flat_map(|ty| self.variables(ty)).collect(),
            Type::Array(element) => self.variables(element),
            _ => Vec::new(),
        }
    }

    fn fix_in(&mut self, ty: &Type) -> Option<Type> {
        for at in self.variables(ty) {
            self.fix(at)?;
        }
        let mut types = self.class_types.clone();
        types.extend(self.fixed.iter().map(|found| found.clone().unwrap_or(Type::Unknown)));
        Some(ty.substitute(&types))
    }

    fn fix(&mut self, at: usize) -> Option<Type> {
        if let Some(Some(found)) = self.fixed.get(at) {
            return Some(found.clone());
        }
        let bounds = self.bounds.get(at)?;
        if bounds.is_empty() {
            return None;
        }
        let found = if bounds.iter().any(|ty| matches!(ty, Type::Unknown)) {
            Type::Unknown
        } else {
            let typed: Vec<(Type, Option<Value>)> = bounds.iter().map(|ty| (ty.clone(), None)).collect();
            common(&typed)?
        };
        if let Some(slot) = self.fixed.get_mut(at) {
            *slot = Some(found.clone());
        }
        Some(found)
    }

    /// Learns from a value of type `from` given for `ty`.
    fn bound(&mut self, ty: &Type, from: &Type) {
        match ty {
            Type::Variable(at) => {
                let Some(at) = usize::from(*at).checked_sub(self.class_types.len()) else { return };
                if matches!(from, Type::Null | Type::Void) {
                    return;
                }
                if let Some(bounds) = self.bounds.get_mut(at)
                    && !bounds.contains(from)
                {
                    bounds.push(from.clone());
                }
            }
            Type::Array(element) => {
                if let Type::Array(found) = from {
                    self.bound(element, found);
                } else if matches!(from, Type::Unknown) {
                    self.bound(element, from);
                }
            }
            Type::Generic(class, inner) => {
                if matches!(from, Type::Unknown) {
                    for ty in inner.iter() {
                        self.bound(ty, from);
                    }
                } else if let Some(of) = ty.nullable_of() {
                    let of = of.clone();
                    self.bound(&of, from.nullable_of().unwrap_or(from));
                } else if let Some(found) = instance(from, *class) {
                    for (ty, from) in inner.iter().zip(&found) {
                        self.bound(ty, from);
                    }
                } else if ty.is_function()
                    && let (Some((wanted, result)), Some((parameters, found))) =
                        (ty.function(), from.function())
                {
                    for (ty, from) in wanted.iter().zip(&parameters) {
                        self.bound(ty, from);
                    }
                    self.bound(&result, &found);
                }
            }
            _ => {}
        }
    }
}
