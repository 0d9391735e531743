//! Runs statements.

use super::super::classes::Class;
use super::super::fault::{Fault, FaultKind, Thrown};
use super::super::heap::Object;
use super::super::ir::{ForEachOp, Handler, LoopOp, Section, Statement, TryOp};
use super::super::library::json::{JsonKind, JsonNode};
use super::super::library::sequence;
use super::super::machine::Machine;
use super::super::types::Type;
use super::super::value::Value;

/// Where execution goes after a statement.
#[derive(Debug)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
}

impl Machine<'_, '_> {
    pub(super) fn block(&mut self, list: &[Statement]) -> Result<Flow, Fault> {
        for statement in list {
            match self.statement(statement)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    fn statement(&mut self, statement: &Statement) -> Result<Flow, Fault> {
        self.spend(1)?;
        match statement {
            Statement::Expr(node) => {
                self.eval(node)?;
                Ok(Flow::Next)
            }
            Statement::Block(list) => self.block(list),
            Statement::If(parts) => {
                let (condition, yes, no) = parts.as_ref();
                if self.truth(condition)? {
                    self.statement(yes)
                } else if let Some(no) = no {
                    self.statement(no)
                } else {
                    Ok(Flow::Next)
                }
            }
            Statement::Loop(parts) => self.run_loop(parts),
            Statement::ForEach(parts) => self.for_each(parts),
            Statement::Switch(parts) => {
                let (slot, value, sections, default) = parts.as_ref();
                let value = self.eval(value)?;
                self.set_local(*slot, value);
                self.switch(sections, *default)
            }
            Statement::Break => Ok(Flow::Break),
            Statement::Continue => Ok(Flow::Continue),
            Statement::Return(None) => Ok(Flow::Return(Value::Null)),
            Statement::Return(Some(value)) => Ok(Flow::Return(self.eval(value)?)),
            Statement::Throw(value) => {
                let thrown = self.eval(value)?;
                Err(self.thrown(thrown).at(value.span))
            }
            Statement::Rethrow(slot) => {
                let value = self.local(*slot);
                Err(self.thrown(value))
            }
            Statement::Try(parts) => self.run_try(parts),
        }
    }

    fn run_loop(&mut self, parts: &LoopOp) -> Result<Flow, Fault> {
        let mut first = parts.body_first;
        loop {
            self.spend(1)?;
            if !std::mem::take(&mut first)
                && let Some(condition) = &parts.condition
                && !self.truth(condition)?
            {
                return Ok(Flow::Next);
            }
            match self.statement(&parts.body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                out @ Flow::Return(_) => return Ok(out),
            }
            for step in &parts.step {
                self.eval(step)?;
            }
        }
    }

    fn for_each(&mut self, parts: &ForEachOp) -> Result<Flow, Fault> {
        let source = self.eval(&parts.items)?;
        if matches!(source, Value::Null) {
            return Err(Fault::null_reference().at(parts.items.span));
        }
        let items = sequence::items(self, &source).map_err(|fault| fault.at(parts.items.span))?;
        // Collections of .NET notice a change while they are run over; arrays do not.
        let watched = match self.object(&source) {
            Some(Object::List { .. } | Object::Map { .. } | Object::Set { .. } | Object::Json(_)) => {
                self.length_of(&source)
            }
            _ => None,
        };
        for item in items {
            self.spend(1)?;
            if let Some(len) = watched
                && self.length_of(&source) != Some(len)
            {
                return Err(changed_while_running().at(parts.items.span));
            }
            let item = if parts.pairs { self.property_pair(item)? } else { item };
            self.set_local(parts.slot, item);
            if let Some(convert) = &parts.convert {
                let value = self.eval(convert)?;
                self.set_local(parts.slot, value);
            }
            match self.statement(&parts.body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                out @ Flow::Return(_) => return Ok(out),
            }
        }
        if let Some(len) = watched
            && self.length_of(&source) != Some(len)
        {
            return Err(changed_while_running().at(parts.items.span));
        }
        Ok(Flow::Next)
    }

    fn length_of(&self, value: &Value) -> Option<usize> {
        match self.object(value)? {
            Object::List { items, .. } | Object::Set { items, .. } => Some(items.len()),
            Object::Map { entries, .. } => Some(entries.len()),
            Object::Json(JsonNode { kind: JsonKind::Array(items) | JsonKind::Object(items), .. }) => {
                Some(items.len())
            }
            _ => None,
        }
    }

    /// A property of a JSON object as a pair.
    fn property_pair(&mut self, item: Value) -> Result<Value, Fault> {
        let entry = match self.object(&item) {
            Some(Object::Json(JsonNode { kind: JsonKind::Property(name, value), .. })) => {
                (Value::Str(name.clone()), value.clone())
            }
            _ => return Ok(item),
        };
        let types = Box::new((Type::STRING, Type::Plain(Class::JToken)));
        self.add(Object::Pair { types, entry: Box::new(entry) })
    }

    fn switch(&mut self, sections: &[Section], default: Option<usize>) -> Result<Flow, Fault> {
        let mut chosen = None;
        'sections: for section in sections {
            for condition in &section.conditions {
                if self.truth(condition)? {
                    chosen = Some(section);
                    break 'sections;
                }
            }
        }
        let Some(section) = chosen.or_else(|| default.and_then(|at| sections.get(at))) else {
            return Ok(Flow::Next);
        };
        match self.block(&section.body)? {
            Flow::Break | Flow::Next => Ok(Flow::Next),
            other => Ok(other),
        }
    }

    fn run_try(&mut self, parts: &TryOp) -> Result<Flow, Fault> {
        let mut result = self.block(&parts.body);
        if let Err(fault) = result {
            result = self.handle(fault, &parts.handlers);
        }
        if let Some(finally) = &parts.finally {
            let may_run = match &result {
                Err(fault) => matches!(fault.kind(), FaultKind::Exception(_)),
                Ok(_) => true,
            };
            if may_run {
                match self.block(finally)? {
                    Flow::Next => {}
                    other => return Ok(other),
                }
            }
        }
        result
    }

    fn handle(&mut self, fault: Fault, handlers: &[Handler]) -> Result<Flow, Fault> {
        let FaultKind::Exception(class) = fault.kind() else { return Err(fault) };
        for handler in handlers {
            if !class.derives_from(handler.class) {
                continue;
            }
            let value = self.caught(&fault, class)?;
            self.set_local(handler.slot, value);
            if let Some(guard) = &handler.guard {
                // A guard that throws counts as false.
                match self.truth(guard) {
                    Ok(true) => {}
                    Ok(false) => continue,
                    Err(inner) if matches!(inner.kind(), FaultKind::Exception(_)) => continue,
                    Err(inner) => return Err(inner),
                }
            }
            return self.block(&handler.body);
        }
        Err(fault)
    }

    /// The exception object of a fault.
    fn caught(&mut self, fault: &Fault, class: Class) -> Result<Value, Fault> {
        if let Some(object) = &fault.0.object {
            return Ok(object.clone());
        }
        let message = fault.message().clone();
        self.add(Object::Exception { class, message, inner: Value::Null })
    }

    /// The fault that throwing `value` makes.
    pub(super) fn thrown(&mut self, value: Value) -> Fault {
        match self.object(&value) {
            Some(Object::Exception { class, message, .. }) => {
                let (kind, message) = (FaultKind::Exception(*class), message.clone());
                Fault(Box::new(Thrown { kind, message, span: None, object: Some(value) }))
            }
            _ => Fault::null_reference(),
        }
    }
}

#[cold]
fn changed_while_running() -> Fault {
    Fault::new(
        Class::InvalidOperationException,
        "Collection was modified; enumeration operation may not execute.",
    )
}
