//! Which colour a backend has, and which backends share one.
//!
//! Up to eight backends each have the slot of their place. Of more, the seven that answered most keep a
//! slot of their own (the earlier one on a tie), in the order of their places; the rest are "other".

use super::palette::{Ink, Palette};
use super::view::{Answer, RunView};

/// Backends that are drawn as one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) ink: Ink,
}

/// The groups of a set of backends.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) groups: Vec<Group>,
    group_of: Vec<usize>,
}

impl Series {
    /// Groups backends by how much each of them answered.
    pub(super) fn assign(names: &[String], answered: &[f64], palette: &Palette) -> Self {
        let slots = palette.slots.len();
        let own: Vec<bool> = if names.len() <= slots {
            vec![true; names.len()]
        } else {
            let mut ranked: Vec<(usize, f64)> = answered.iter().copied().enumerate().collect();
            ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            ranked.truncate(slots - 1);
            (0..names.len()).map(|at| ranked.iter().any(|(backend, _)| *backend == at)).collect()
        };
        let mut groups = Vec::new();
        let other = own.iter().filter(|own| **own).count();
        let mut group_of = Vec::with_capacity(names.len());
        for ((name, own), ink) in names.iter().zip(&own).zip(inks(&own, palette)) {
            if *own {
                group_of.push(groups.len());
                groups.push(Group { name: name.clone(), ink });
            } else {
                group_of.push(other);
            }
        }
        let rest = names.len() - other;
        if rest > 0 {
            groups.push(Group { name: format!("{rest} other backends"), ink: palette.other });
        }
        Self { groups, group_of }
    }

    /// The groups of a run.
    pub(super) fn of(view: &RunView, palette: &Palette) -> Self {
        let mut answered = vec![0.0; view.backends.len()];
        for point in &view.requests {
            if let Answer::Backend(backend) = point.answer()
                && let Some(count) = answered.get_mut(backend)
            {
                *count += 1.0;
            }
        }
        Self::assign(&view.backends, &answered, palette)
    }

    /// Index of a backend's group.
    pub(super) fn group(&self, backend: usize) -> Option<usize> {
        self.group_of.get(backend).copied()
    }

    /// How a backend is drawn.
    pub(super) fn ink(&self, backend: usize) -> Option<Ink> {
        self.group(backend).and_then(|group| self.groups.get(group)).map(|group| group.ink)
    }
}

/// How many requests were answered by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    /// By group, 2xx only.
    pub(super) groups: Vec<u64>,
    /// By the gateway itself.
    pub(super) gateway: u64,
    /// Not answered 2xx by a backend.
    pub(super) failed: u64,
}

impl Tally {
    pub(super) fn new(series: &Series) -> Self {
        Self { groups: vec![0; series.groups.len()], gateway: 0, failed: 0 }
    }

    pub(super) fn add(&mut self, series: &Series, answer: Answer) {
        match answer {
            Answer::Gateway => self.gateway += 1,
            Answer::Failed => self.failed += 1,
            Answer::Backend(backend) => {
                match series.group(backend).and_then(|group| self.groups.get_mut(group)) {
                    Some(count) => *count += 1,
                    // A view whose points name backends it does not list.
                    None => self.failed += 1,
                }
            }
        }
    }

    pub(super) fn total(&self) -> u64 {
        self.groups.iter().sum::<u64>() + self.gateway + self.failed
    }
}

/// The ink of each backend: the next slot for those with a colour of their own.
fn inks(own: &[bool], palette: &Palette) -> Vec<Ink> {
    let mut slots = palette.slots.iter();
    own.iter()
        .map(|own| if *own { slots.next().copied().unwrap_or(palette.other) } else { palette.other })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::palette::LIGHT;
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|at| format!("b{at}")).collect()
    }

    #[test]
    fn up_to_eight_have_the_slot_of_their_place() {
        let series = Series::assign(&names(8), &[0.0; 8], &LIGHT);
        for at in 0..8 {
            assert_eq!(series.ink(at), Some(LIGHT.slots[at]));
        }
        assert_eq!(series.groups.len(), 8);
        assert_eq!(series.ink(8), None);
    }

    #[test]
    fn of_more_the_seven_busiest_stand_alone() {
        let series = Series::assign(&names(10), &[9.0, 1.0, 8.0, 7.0, 1.0, 6.0, 5.0, 4.0, 0.0, 1.0], &LIGHT);
        let shown: Vec<&str> = series.groups.iter().map(|g| g.name.as_str()).collect();
        // Seven places for 0, 2, 3, 5, 6, 7 and the first of the three that answered once.
        assert_eq!(shown, ["b0", "b1", "b2", "b3", "b5", "b6", "b7", "3 other backends"]);
        assert_eq!(series.group(4), Some(7));
        assert_eq!(series.ink(8), Some(LIGHT.other));
        assert_eq!(series.ink(2), Some(LIGHT.slots[2]));
    }

    #[test]
    fn no_backends_no_groups() {
        assert!(Series::assign(&[], &[], &LIGHT).groups.is_empty());
    }
}
