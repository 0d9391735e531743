//! Compiled patterns, kept for the whole process, and searching with them.
//!
//! What a search costs is counted from pattern and text alone, never from whether the pattern was compiled
//! before, so that results do not depend on what ran earlier.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::translate::{Group, Problem, Translated, translate};
use super::{Place, RegexObject};
use crate::policy::Text;
use crate::policy::csharp::Class;
use crate::policy::csharp::fault::{Fault, FaultKind};
use crate::policy::csharp::machine::Machine;

/// Longest pattern, in bytes.
const MAX_PATTERN: usize = 16 << 10;
/// Most patterns kept.
const MAX_KEPT: usize = 256;
/// How often a search may backtrack, tried in turn: a search pays for the limit that it exceeds, so that one
/// that needs little pays little.
const LIMITS: [u64; 4] = [1_000, 16_000, 256_000, 4_000_000];
/// Memory for the automata of one pattern, in bytes.
const MAX_AUTOMATON: usize = 4 << 20;

/// A pattern, ready to search with.
#[derive(Debug)]
pub(super) struct Compiled {
    translated: Translated,
    /// By whether the text ends with a newline, then by limit.
    engines: [[OnceLock<Option<fancy_regex::Regex>>; 4]; 2],
}

/// First and last byte of each group of a match in .NET's order, the whole match first.
pub(super) type Found = Vec<Option<(usize, usize)>>;

type Kept = BTreeMap<(Text, i32), Arc<Compiled>>;

static KEPT: Mutex<Kept> = Mutex::new(Kept::new());

impl Compiled {
    /// The pattern of `regex`: from those kept, or compiled.
    pub(super) fn of(machine: &mut Machine<'_, '_>, regex: &RegexObject) -> Result<Arc<Self>, Fault> {
        Self::get(machine, &regex.pattern, regex.options)
    }

    /// The pattern, from those kept, or compiled. An `ArgumentException` where .NET refuses it.
    pub(super) fn get(
        machine: &mut Machine<'_, '_>,
        pattern: &Text,
        options: i32,
    ) -> Result<Arc<Self>, Fault> {
        if pattern.len() > MAX_PATTERN {
            return Err(Fault::unsupported("a pattern this large"));
        }
        machine.spend((pattern.len() as u64).saturating_add(16))?;
        let key = (pattern.clone(), options);
        let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner).get(&key).map(Arc::clone);
        let compiled = if let Some(compiled) = kept {
            compiled
        } else {
            let translated = translate(pattern, options).map_err(|problem| fault(pattern, problem))?;
            let compiled = Arc::new(Self { translated, engines: Default::default() });
            // Compiling here finds what only the engine can refuse.
            compiled.engine(false, 0)?;
            let mut all = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
            if all.len() >= MAX_KEPT {
                all.clear();
            }
            all.insert(key, Arc::clone(&compiled));
            compiled
        };
        machine.spend(compiled.translated.weight)?;
        Ok(compiled)
    }

    /// The groups in .NET's order, the whole match first.
    pub(super) fn groups(&self) -> &[Group] {
        &self.translated.groups
    }

    fn engine(&self, newline: bool, tier: usize) -> Result<&fancy_regex::Regex, Fault> {
        let engine = self.engines.get(usize::from(newline)).and_then(|tiers| tiers.get(tier)).map(|slot| {
            slot.get_or_init(|| {
                let limit = LIMITS.get(tier).copied().unwrap_or(0);
                fancy_regex::RegexBuilder::new(&self.translated.pattern(newline))
                    .backtrack_limit(usize::try_from(limit).unwrap_or(usize::MAX))
                    .delegate_size_limit(MAX_AUTOMATON)
                    .delegate_dfa_size_limit(MAX_AUTOMATON)
                    .max_prog_size(1 << 16)
                    .seek(false)
                    .build()
                    .ok()
            })
        });
        engine.and_then(Option::as_ref).ok_or_else(|| {
            Fault::unsupported("this pattern (it is too large, or of a kind without an engine)")
        })
    }

    /// The first match at or after byte `from`: the places of all groups in .NET's order.
    pub(super) fn find(
        &self,
        machine: &mut Machine<'_, '_>,
        text: &str,
        from: usize,
    ) -> Result<Option<Found>, Fault> {
        let rest = text.len().saturating_sub(from) as u64;
        machine.spend(rest.saturating_div(256).saturating_add(16))?;
        let newline = text.ends_with('\n');
        let scale = rest.saturating_div(1024).saturating_add(1);
        for (tier, limit) in LIMITS.iter().enumerate() {
            if self.translated.backtracks {
                machine.spend(scale.saturating_mul(limit.saturating_div(16)))?;
            }
            match self.engine(newline, tier)?.captures_from_pos(text, from) {
                Ok(None) => {
                    machine.spend(rest.saturating_div(8))?;
                    return Ok(None);
                }
                Ok(Some(captures)) => {
                    let place = |at: &usize| captures.get(*at).map(|found| (found.start(), found.end()));
                    let groups = self.translated.groups.iter();
                    let found: Found =
                        groups.map(|group| group.places.iter().rev().find_map(place)).collect();
                    let end = found.first().copied().flatten().map_or(from, |(_, end)| end);
                    machine.spend((end.saturating_sub(from) as u64).saturating_div(8))?;
                    return Ok(Some(found));
                }
                Err(_) => machine.spend(scale.saturating_mul(*limit))?,
            }
        }
        Err(Fault::of(FaultKind::Steps, "a regular expression backtracked too often"))
    }
}

fn fault(pattern: &str, problem: Problem) -> Fault {
    match problem {
        Problem::Invalid(at, message) => Fault::new(
            Class::ArgumentException,
            format!("Invalid pattern '{pattern}' at offset {at}. {message}"),
        ),
        Problem::Unsupported(what) => Fault::unsupported(what),
    }
}

/// Counts UTF-16 units of a text from byte to byte, without counting any twice where it goes forward.
#[derive(Debug)]
pub(super) struct Units<'t> {
    text: &'t str,
    is_ascii: bool,
    byte: usize,
    unit: usize,
}

impl<'t> Units<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, is_ascii: text.is_ascii(), byte: 0, unit: 0 }
    }

    fn count(&self, from: usize, to: usize) -> usize {
        self.text.get(from..to).map_or(0, |part| part.chars().map(char::len_utf16).sum())
    }

    /// The unit at `byte`.
    fn at(&mut self, byte: usize) -> usize {
        if self.is_ascii {
            return byte;
        }
        self.unit = if byte >= self.byte {
            self.unit.saturating_add(self.count(self.byte, byte))
        } else {
            self.count(0, byte)
        };
        self.byte = byte;
        self.unit
    }

    /// The place of the bytes from `start` to `end`.
    pub(super) fn place(&mut self, (start, end): (usize, usize)) -> Place {
        let index = self.at(start);
        let length = if self.is_ascii { end.saturating_sub(start) } else { self.count(start, end) };
        Place { start, end, index, length }
    }
}

/// The byte of the unit `unit`; the end when there are fewer.
pub(super) fn byte_of(text: &str, unit: usize) -> usize {
    let mut units = 0_usize;
    for (byte, c) in text.char_indices() {
        if units >= unit {
            return byte;
        }
        units = units.saturating_add(c.len_utf16());
    }
    text.len()
}

/// Where the search after a match from `start` to `end` begins: after an empty match one character later.
/// `None`: the text is at its end.
pub(super) fn next_start(text: &str, start: usize, end: usize) -> Option<usize> {
    if end > start {
        return Some(end);
    }
    let next = text.get(end..)?.chars().next()?;
    Some(end.saturating_add(next.len_utf8()))
}
