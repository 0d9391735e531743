//! Loops: what they go through, and the names of a round.

use super::machine::{Local, LocalKind, Machine, Scope};
use super::syntax::{Expr, Repeat};
use super::value::{Field, Unknown, V, Val};
use crate::diagnostics::Span;

/// What a loop goes through.
pub(super) enum Rounds {
    Known(Vec<Round>),
    Unknown(Unknown),
}

/// One round of a loop.
#[derive(Clone, Debug)]
pub(super) struct Round {
    pub(super) index: usize,
    /// What a loop of Terraform calls it; the index where nothing else does.
    pub(super) key: Option<Val>,
    pub(super) item: Val,
}

impl Round {
    /// A round of a loop over something unknown.
    pub(super) fn unknown(unknown: &Unknown, span: Span) -> Self {
        let item = Val::new(V::Unknown(unknown.part("each")), span);
        Self { index: 0, key: Some(Val::new(V::Unknown(unknown.part("key")), span)), item }
    }

    fn of_list(index: usize, item: Val) -> Self {
        Self { index, key: None, item }
    }
}

impl Machine<'_> {
    /// The list that a loop makes.
    pub(super) fn list_of(&mut self, repeat: &Repeat, body: &Expr, span: Span, scope: Scope<'_>) -> Val {
        match self.rounds(repeat, span, scope) {
            Rounds::Unknown(unknown) => Val::new(V::Unknown(unknown), span),
            Rounds::Known(rounds) => {
                let mut elements = Vec::with_capacity(rounds.len());
                for round in rounds {
                    let made = self.in_round(repeat, &round, scope, |machine, scope| {
                        match machine.holds(repeat, scope) {
                            Some(true) => Some(machine.eval(body, scope)),
                            Some(false) => None,
                            None => Some(Val::unknown("a condition decides it", "condition", body.span)),
                        }
                    });
                    elements.extend(made);
                    if self.is_exhausted() {
                        break;
                    }
                }
                Val::new(V::array(elements), span)
            }
        }
    }

    /// What a loop goes through.
    pub(super) fn rounds(&mut self, repeat: &Repeat, span: Span, scope: Scope<'_>) -> Rounds {
        match repeat {
            Repeat::Over { list, .. } => {
                let value = self.eval(list, scope);
                match value.value {
                    V::Array(list) => {
                        if !self.spend(list.elements.len() as u64) {
                            return Rounds::Unknown(Unknown::new("the list is too long", "limit"));
                        }
                        let elements = list.elements.iter().enumerate();
                        Rounds::Known(elements.map(|(index, v)| Round::of_list(index, v.clone())).collect())
                    }
                    V::Null => Rounds::Known(Vec::new()),
                    V::Loop(reference) => match self.rounds_of(&reference).as_ref() {
                        Rounds::Known(all) => Rounds::Known(
                            (0..all.len())
                                .map(|index| {
                                    Round::of_list(index, Val::new(V::Resource(reference.at(index)), span))
                                })
                                .collect(),
                        ),
                        Rounds::Unknown(unknown) => Rounds::Unknown(unknown.clone()),
                    },
                    V::Unknown(unknown) => Rounds::Unknown(unknown),
                    _ => Rounds::Unknown(Unknown::new("the list is known only when deployed", "list")),
                }
            }
            Repeat::Entries { list, is_set, .. } => self.entries(list, *is_set, span, scope),
            Repeat::Count { count, .. } => {
                let value = self.eval(count, scope);
                let Some(number) = value.value.as_int() else {
                    let label = value.value.label();
                    return Rounds::Unknown(Unknown::new("how often is known only when deployed", label));
                };
                let number = u64::try_from(number).unwrap_or(0);
                if number > super::emit::MAX_ROUNDS || !self.spend(number) {
                    self.exhaust(Some(span));
                    return Rounds::Unknown(Unknown::new("the loop is too long", "limit"));
                }
                let number = usize::try_from(number).unwrap_or(0);
                Rounds::Known(
                    (0..number)
                        .map(|index| Round::of_list(index, Val::new(number_of(index), count.span)))
                        .collect(),
                )
            }
        }
    }

    /// What a loop of Terraform goes through: elements with their places, members with their names, resources with
    /// the keys of their own loop.
    fn entries(&mut self, list: &Expr, is_set: bool, span: Span, scope: Scope<'_>) -> Rounds {
        let value = self.eval(list, scope);
        if !self.spend(value.value.size().min(100_000) / 16) {
            return Rounds::Unknown(Unknown::new("the list is too long", "limit"));
        }
        let rounds = match value.value {
            V::Array(list) => {
                let elements = list.elements.iter().enumerate();
                let key = |item: &Val| is_set.then(|| item.clone());
                elements.map(|(index, v)| Round { key: key(v), ..Round::of_list(index, v.clone()) }).collect()
            }
            V::Object(fields) => {
                let mut members: Vec<&Field> = fields.members.iter().collect();
                members.sort_by(|a, b| a.name.cmp(&b.name));
                let round = |(index, field): (usize, &Field)| Round {
                    index,
                    key: Some(Val::new(V::text(&field.name), field.name_span)),
                    item: field.value.clone(),
                };
                members.into_iter().enumerate().map(round).collect()
            }
            V::Loop(reference) => match self.rounds_of(&reference).as_ref() {
                Rounds::Known(all) => all
                    .iter()
                    .map(|round| Round {
                        item: Val::new(V::Resource(reference.at(round.index)), span),
                        ..round.clone()
                    })
                    .collect(),
                Rounds::Unknown(unknown) => return Rounds::Unknown(unknown.clone()),
            },
            V::Unknown(unknown) => return Rounds::Unknown(unknown),
            _ => return Rounds::Unknown(Unknown::new("it is not a list or map", "list")),
        };
        Rounds::Known(rounds)
    }

    /// Does something with the names of one round of a loop.
    pub(super) fn in_round<T>(
        &mut self,
        repeat: &Repeat,
        round: &Round,
        scope: Scope<'_>,
        work: impl FnOnce(&mut Self, Scope<'_>) -> T,
    ) -> T {
        match repeat {
            Repeat::Over { item, index, .. } => {
                let first =
                    Local { name: item, kind: LocalKind::Name, value: round.item.clone(), up: scope.locals };
                let Some(index) = index else {
                    return work(self, Scope { locals: Some(&first), ..scope });
                };
                let number = Val::new(number_of(round.index), round.item.span);
                let second = Local { name: index, kind: LocalKind::Name, value: number, up: Some(&first) };
                work(self, Scope { locals: Some(&second), ..scope })
            }
            Repeat::Entries { key, value, .. } => {
                let first =
                    Local { name: value, kind: LocalKind::Name, value: round.item.clone(), up: scope.locals };
                let Some(key) = key else {
                    return work(self, Scope { locals: Some(&first), ..scope });
                };
                let number = || Val::new(number_of(round.index), round.item.span);
                let own = round.key.clone().unwrap_or_else(number);
                let second = Local { name: key, kind: LocalKind::Name, value: own, up: Some(&first) };
                work(self, Scope { locals: Some(&second), ..scope })
            }
            Repeat::Count { name, is_resource, .. } => {
                let kind = if *is_resource { LocalKind::ResourceCopy } else { LocalKind::Copy };
                let local = Local { name, kind, value: round.item.clone(), up: scope.locals };
                work(self, Scope { locals: Some(&local), ..scope })
            }
        }
    }

    /// Whether the condition of a loop holds in a round.
    pub(super) fn holds(&mut self, repeat: &Repeat, scope: Scope<'_>) -> Option<bool> {
        match repeat {
            Repeat::Over { condition: Some(condition), .. }
            | Repeat::Entries { condition: Some(condition), .. } => {
                self.eval(condition, scope).value.as_bool()
            }
            Repeat::Over { condition: None, .. }
            | Repeat::Entries { condition: None, .. }
            | Repeat::Count { .. } => Some(true),
        }
    }
}

/// An index as a value.
pub(super) fn number_of(index: usize) -> V {
    V::int(i64::try_from(index).unwrap_or(i64::MAX))
}
