//! Objects that expressions make and variables refer to, as plain data.
//!
//! Rules
//! - A [`Ref`] is an index into one [`Heap`]; objects that two variables share are shared here too, so a
//!   change through one is seen through the other, as in .NET.
//! - A heap belongs to one exchange. What leaves it (a cache entry) is copied out with everything it
//!   refers to: [`Heap::extract`], [`Heap::insert`].
//! - [`Heap::collect`] drops what nothing refers to and renumbers in order of first reach, so that equal
//!   states have equal heaps.
//! - Nothing here runs code: what an object does is the matter of `library`.

use super::library::json::JsonNode;
use super::library::regex::{MatchObject, RegexObject};
use super::library::xml::XmlNode;
use super::types::Type;
use super::value::Value;
use super::{Class, Text};
use crate::policy::Response;

/// A reference to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ref(pub(super) u32);

/// An object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Object {
    /// `T[]`
    Array {
        /// Type of the elements.
        element: Type,
        /// In order.
        items: Vec<Value>,
    },
    /// `List<T>`, `Queue<T>`, `Stack<T>` (top last), and what LINQ gives (`IEnumerable<T>`; evaluated at
    /// once, see `library::linq`).
    List {
        /// Which of them.
        class: Class,
        /// Type of the elements.
        element: Type,
        /// In order.
        items: Vec<Value>,
    },
    /// `Dictionary<K, V>` in order of insertion.
    Map {
        /// Type of the keys.
        key: Type,
        /// Type of the values.
        value: Type,
        /// Keys and values; keys unique.
        entries: Vec<(Value, Value)>,
        /// Strings as keys compare without case.
        ignore_case: bool,
    },
    /// `SortedDictionary<K, V>`
    SortedMap {
        /// Type of the keys.
        key: Type,
        /// Type of the values.
        value: Type,
        /// Keys and values; keys unique and ascending.
        entries: Vec<(Value, Value)>,
    },
    /// `IOrderedEnumerable<T>`: sorted, and still to be sorted among those with equal keys by `ThenBy`.
    Ordered {
        /// Type of the elements.
        element: Type,
        /// In order.
        items: Vec<Value>,
        /// Lengths of the runs of elements with equal keys; they add up to the number of elements.
        runs: Vec<usize>,
    },
    /// `HashSet<T>` in order of insertion.
    Set {
        /// Type of the elements.
        element: Type,
        /// Unique.
        items: Vec<Value>,
        /// Strings compare without case.
        ignore_case: bool,
    },
    /// `KeyValuePair<K, V>`
    Pair {
        /// Types of key and value.
        types: Box<(Type, Type)>,
        /// The key and the value.
        entry: Box<(Value, Value)>,
    },
    /// `IGrouping<K, T>`
    Grouping {
        /// Types of key and elements.
        types: Box<(Type, Type)>,
        /// The key.
        key: Value,
        /// The elements.
        items: Vec<Value>,
    },
    /// `Tuple<...>` and `(a, b)`
    Tuple {
        /// `Tuple` or `ValueTuple`.
        class: Class,
        /// Types of the items.
        types: Vec<Type>,
        /// The items.
        items: Vec<Value>,
    },
    /// `new { ... }`
    Anonymous {
        /// Names and types.
        ty: Type,
        /// Values.
        values: Vec<Value>,
    },
    /// A lambda with what it captured, if it could outlive the call it was made in.
    Closure {
        /// Index of the lambda in its expression.
        lambda: u32,
        /// Its type.
        ty: Type,
        /// Captured values, as the evaluator wants them.
        captured: Vec<Value>,
    },
    /// A token of `Newtonsoft.Json.Linq`.
    Json(JsonNode),
    /// A node of `System.Xml.Linq`.
    Xml(Box<XmlNode>),
    /// An exception.
    Exception {
        /// Its class.
        class: Class,
        /// Its message.
        message: Text,
        /// Its cause: null or an exception.
        inner: Value,
    },
    /// `StringBuilder`, `StringWriter`
    Builder {
        /// Which.
        class: Class,
        /// What was written.
        text: String,
    },
    /// `System.Random` with a seed of its own: the state of .NET's generator.
    Random(Box<[i32]>),
    /// `System.Random` without a seed: draws from the scope's choices.
    FreeRandom,
    /// `Regex`
    Regex(RegexObject),
    /// `Match`, `Group`, `Capture` and their collections.
    Match(Box<MatchObject>),
    /// `Uri`: the text it was made from.
    Uri(Text),
    /// A response stored in a variable (`send-request`).
    Response(Box<Response>),
    /// Headers of such a response, or its body: the response.
    ResponsePart(Class, Ref),
    /// An object of a class that is a few values: encodings, hash algorithms, comparers, `Jwt`, `XName`,
    /// settings. What the fields are is known to the family that makes it.
    Record {
        /// Its class.
        class: Class,
        /// Its fields.
        fields: Vec<Value>,
    },
}

impl Object {
    /// Calls `visit` with every value that the object holds.
    pub fn each_value(&mut self, visit: &mut dyn FnMut(&mut Value)) {
        match self {
            Self::Array { items, .. }
            | Self::List { items, .. }
            | Self::Ordered { items, .. }
            | Self::Set { items, .. }
            | Self::Tuple { items, .. } => items.iter_mut().for_each(visit),
            Self::Anonymous { values, .. } => values.iter_mut().for_each(visit),
            Self::Closure { captured, .. } => captured.iter_mut().for_each(visit),
            Self::Record { fields, .. } => fields.iter_mut().for_each(visit),
            Self::Map { entries, .. } | Self::SortedMap { entries, .. } => {
                for (key, value) in entries {
                    visit(key);
                    visit(value);
                }
            }
            Self::Pair { entry, .. } => {
                visit(&mut entry.0);
                visit(&mut entry.1);
            }
            Self::Grouping { key, items, .. } => {
                visit(key);
                items.iter_mut().for_each(visit);
            }
            Self::Json(node) => node.each_value(visit),
            Self::Xml(node) => node.each_value(visit),
            Self::Exception { inner, .. } => visit(inner),
            Self::ResponsePart(_, response) => {
                let mut value = Value::Ref(*response);
                visit(&mut value);
                if let Value::Ref(new) = value {
                    *response = new;
                }
            }
            Self::Match(found) => found.each_value(visit),
            Self::Builder { .. }
            | Self::Random(_)
            | Self::FreeRandom
            | Self::Regex(_)
            | Self::Uri(_)
            | Self::Response(_) => {}
        }
    }
}

/// The objects of one exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Heap {
    objects: Vec<Object>,
}

/// A value with a heap of its own: what a cache keeps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Stored {
    heap: Heap,
    value: Value,
}

impl Heap {
    /// A new object.
    pub fn add(&mut self, object: Object) -> Ref {
        let at = u32::try_from(self.objects.len()).unwrap_or(u32::MAX);
        self.objects.push(object);
        Ref(at)
    }

    /// The object.
    #[inline]
    pub fn get(&self, at: Ref) -> Option<&Object> {
        self.objects.get(at.0 as usize)
    }

    /// The object, to change it.
    #[inline]
    pub fn get_mut(&mut self, at: Ref) -> Option<&mut Object> {
        self.objects.get_mut(at.0 as usize)
    }

    /// The object that `value` refers to.
    #[inline]
    pub fn object(&self, value: &Value) -> Option<&Object> {
        match value {
            Value::Ref(at) => self.get(*at),
            _ => None,
        }
    }

    /// The object that `value` refers to, to change it.
    #[inline]
    pub fn object_mut(&mut self, value: &Value) -> Option<&mut Object> {
        match value {
            Value::Ref(at) => self.get_mut(*at),
            _ => None,
        }
    }

    /// Number of objects.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Drops everything; keeps the memory.
    pub fn clear(&mut self) {
        self.objects.clear();
    }

    /// Drops what cannot be reached from `roots` and renumbers the rest in order of first reach.
    pub fn collect<'a>(&mut self, roots: impl Iterator<Item = &'a mut Value>) {
        if self.objects.is_empty() {
            return;
        }
        let mut mover = Mover::new(self.objects.len());
        for root in roots {
            mover.see(root);
        }
        *self = mover
            .run(|at| self.objects.get_mut(at).map(|object| std::mem::replace(object, Object::FreeRandom)));
    }

    /// A copy of `value` with everything it refers to.
    pub fn extract(&self, value: &Value) -> Stored {
        let mut value = value.clone();
        let mut mover = Mover::new(self.objects.len());
        mover.see(&mut value);
        let heap = mover.run(|at| self.objects.get(at).cloned());
        Stored { heap, value }
    }

    /// A copy of a stored value in this heap.
    pub fn insert(&mut self, stored: &Stored) -> Value {
        let base = u32::try_from(self.objects.len()).unwrap_or(u32::MAX);
        let mut shift = |value: &mut Value| {
            if let Value::Ref(at) = value {
                at.0 = at.0.saturating_add(base);
            }
        };
        let mut value = stored.value.clone();
        shift(&mut value);
        for object in &stored.heap.objects {
            let mut object = object.clone();
            object.each_value(&mut shift);
            self.objects.push(object);
        }
        value
    }
}

impl Stored {
    /// The value without its objects: meaningful where it is not a reference.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

/// Renumbers references in order of first reach.
struct Mover {
    new: Vec<Option<u32>>,
    order: Vec<usize>,
}

impl Mover {
    fn new(len: usize) -> Self {
        Self { new: vec![None; len], order: Vec::new() }
    }

    fn see(&mut self, value: &mut Value) {
        let Value::Ref(at) = value else { return };
        let old = at.0 as usize;
        let Some(slot) = self.new.get_mut(old) else { return };
        let number = *slot.get_or_insert_with(|| {
            self.order.push(old);
            u32::try_from(self.order.len().saturating_sub(1)).unwrap_or(u32::MAX)
        });
        at.0 = number;
    }

    fn run(mut self, mut take: impl FnMut(usize) -> Option<Object>) -> Heap {
        let mut objects = Vec::new();
        let mut next = 0;
        while let Some(old) = self.order.get(next).copied() {
            next = next.saturating_add(1);
            let Some(mut object) = take(old) else { continue };
            object.each_value(&mut |value| self.see(value));
            objects.push(object);
        }
        Heap { objects }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: Vec<Value>) -> Object {
        Object::List { class: Class::List, element: Type::OBJECT, items }
    }

    #[test]
    fn collect_keeps_sharing_and_cycles_and_renumbers() {
        let mut heap = Heap::default();
        let garbage = heap.add(list(vec![]));
        let shared = heap.add(list(vec![Value::Int(7)]));
        let cycle = heap.add(list(vec![Value::Ref(shared), Value::Ref(garbage)]));
        if let Some(Object::List { items, .. }) = heap.get_mut(cycle) {
            items.push(Value::Ref(cycle));
            items.remove(1);
        }
        let mut roots = [Value::Ref(cycle), Value::Ref(shared)];
        heap.collect(roots.iter_mut());
        assert_eq!(roots, [Value::Ref(Ref(0)), Value::Ref(Ref(1))]);
        assert_eq!(heap.len(), 2);
        assert_eq!(heap.get(Ref(0)), Some(&list(vec![Value::Ref(Ref(1)), Value::Ref(Ref(0))])));
        assert_eq!(heap.get(Ref(1)), Some(&list(vec![Value::Int(7)])));
    }

    #[test]
    fn a_stored_value_is_a_copy() {
        let mut heap = Heap::default();
        heap.add(list(vec![]));
        let inner = heap.add(list(vec![Value::Int(1)]));
        let outer = heap.add(list(vec![Value::Ref(inner), Value::Ref(inner)]));
        let stored = heap.extract(&Value::Ref(outer));
        if let Some(Object::List { items, .. }) = heap.get_mut(inner) {
            items.clear();
        }
        let mut other = Heap::default();
        other.add(list(vec![Value::Int(9)]));
        let copy = other.insert(&stored);
        assert_eq!(copy, Value::Ref(Ref(1)));
        assert_eq!(other.get(Ref(1)), Some(&list(vec![Value::Ref(Ref(2)), Value::Ref(Ref(2))])));
        assert_eq!(other.get(Ref(2)), Some(&list(vec![Value::Int(1)])));
    }
}
