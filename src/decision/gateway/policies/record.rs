//! Policies that change no message.

use crate::gateway::choices::Choices;
use crate::gateway::io::Event;
use crate::gateway::pipeline::Runner;
use crate::policy::operations::{Evaluated, Record};
use crate::policy::{LastError, Pc, Text};

impl<C: Choices> Runner<'_, C> {
    /// Evaluates what there is to evaluate, and writes the line of `trace`.
    pub(in crate::gateway) fn record(&mut self, policy: &Record, pc: Pc) -> Result<(), Box<LastError>> {
        if let Some(trace) = &policy.trace {
            let source = self.eval(&trace.source)?;
            let message = self.eval(&trace.message)?;
            self.tell_trace(format!("{source}: {message}"));
        }
        for value in &policy.evaluated {
            match value {
                Evaluated::Text(operand) => drop(self.eval(operand)?),
                Evaluated::Flag(operand) => drop(self.eval(operand)?),
                Evaluated::Whole(operand) => drop(self.eval(operand)?),
                Evaluated::Seconds(operand) => drop(self.eval(operand)?),
                Evaluated::Status(operand) => drop(self.eval(operand)?),
            }
        }
        self.exchange.pc = pc.next();
        Ok(())
    }

    pub(in crate::gateway) fn tell_trace(&mut self, line: String) {
        let request = self.exchange.id;
        self.effects.events.push(Event::Traced { request, line: Text::from(line) });
    }
}
