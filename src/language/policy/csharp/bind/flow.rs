//! What is known while statements are bound in order: which locals have a value, and whether the place can
//! be reached.
//!
//! Inside of an expression every assignment counts as made, also behind `&&`: C# is stricter there.

/// The state at a place.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    /// Whether the place can be reached.
    pub(super) reachable: bool,
    /// By slot: whether the local has no value yet.
    unassigned: Vec<u32>,
    /// States at `break`, for each loop and `switch` around, innermost last.
    pub(super) breaks: Vec<Vec<Vec<u32>>>,
}

impl Default for Flow {
    fn default() -> Self {
        Self { reachable: true, unassigned: Vec::new(), breaks: Vec::new() }
    }
}

/// What a state is joined with: reachability and unassigned slots.
pub(super) type Point = (bool, Vec<u32>);

impl Flow {
    /// A local without a value.
    pub(super) fn declare(&mut self, slot: u32) {
        self.unassigned.push(slot);
    }

    /// The local has a value now.
    pub(super) fn assign(&mut self, slot: u32) {
        self.unassigned.retain(|known| *known != slot);
    }

    /// Whether the local may have no value.
    pub(super) fn is_unassigned(&self, slot: u32) -> bool {
        self.reachable && self.unassigned.contains(&slot)
    }

    /// The state here.
    pub(super) fn point(&self) -> Point {
        (self.reachable, self.unassigned.clone())
    }

    /// Goes on from a state.
    pub(super) fn go_on(&mut self, point: Point) {
        self.reachable = point.0;
        self.unassigned = point.1;
    }

    /// Goes on where this state and another one meet.
    pub(super) fn join(&mut self, other: Point) {
        if !other.0 {
            return;
        }
        if !self.reachable {
            self.go_on(other);
            return;
        }
        for slot in other.1 {
            if !self.unassigned.contains(&slot) {
                self.unassigned.push(slot);
            }
        }
    }

    /// The place behind `break`, `return`, `throw`.
    pub(super) fn stop(&mut self) {
        self.reachable = false;
    }

    /// Behind `finally`: what it has assigned has a value.
    pub(super) fn keep_only_unassigned_in(&mut self, other: &[u32]) {
        self.unassigned.retain(|slot| other.contains(slot));
    }

    /// `break`
    pub(super) fn leave_loop(&mut self) {
        if self.reachable
            && let Some(innermost) = self.breaks.last_mut()
        {
            innermost.push(self.unassigned.clone());
        }
        self.stop();
    }

    /// Joins the states of the `break`s of the innermost loop.
    pub(super) fn end_loop(&mut self) {
        for unassigned in self.breaks.pop().unwrap_or_default() {
            self.join((true, unassigned));
        }
    }
}
