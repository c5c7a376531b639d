//! What values must look like, and writing those that do: lists, objects, and their leaves.
//!
//! `trunkline/compiler/walk.py` describes a shape as tuples: `(kind, is_nullable, rest)`.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use pyo3::PyTraverseError;
use pyo3::ffi;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};

use crate::leaves::Leaf;
use crate::text::{Piece, Text, json};

/// The text so far, and how many more fields the response may have.
pub struct Output {
    pub text: Text,
    pub room: i64,
    /// Where values of batches are to come in the text: the number of the batch, and the place.
    pub gaps: Vec<(usize, usize)>,
    /// By the number of the batch, the objects that these are values of.
    pub parents: Vec<Vec<Py<PyAny>>>,
}

/// Bytes that a short list takes.
const SHORT: usize = 4096;

impl Output {
    pub fn new(room: i64, batches: usize) -> Self {
        Output {
            text: Text::with_capacity(SHORT),
            room,
            gaps: Vec::new(),
            parents: (0..batches).map(|_| Vec::new()).collect(),
        }
    }

    fn take(&mut self, room: i64) -> Option<()> {
        self.room = self.room.checked_sub(room)?;
        (self.room >= 0).then_some(())
    }
}

pub struct Shape {
    is_nullable: bool,
    kind: Kind,
}

enum Kind {
    Leaf(Leaf),
    /// An object, by its class one of these: several for an interface or a union.
    Object(Vec<Object>),
    List(Box<List>),
}

struct List {
    /// What each item takes of the room, before any is written.
    weight: i64,
    item: Shape,
}

struct Object {
    class: Py<PyType>,
    /// What it takes of the room.
    weight: i64,
    fields: Vec<Field>,
    /// What stands behind the last field.
    end: Piece,
    /// Whether its members are keys of a `dict`; otherwise they are attributes.
    is_mapping: bool,
    /// Says whether no code of the program computes the attributes of these names.
    reads_plainly: Py<PyAny>,
    names: Py<PyTuple>,
    /// The version of the class for which it has said so.
    checked: AtomicU32,
}

struct Field {
    /// What stands between the field before and the value: constants, the response key, the colon.
    before: Piece,
    source: Source,
}

enum Source {
    /// The value of a batch, which comes later.
    Batch(usize),
    Member(Member),
}

struct Member {
    name: Py<PyString>,
    /// Where objects have it, if that is a slot: bytes from their begin; otherwise 0.
    slot: AtomicUsize,
    shape: Shape,
}

impl Shape {
    pub fn read(description: &Bound<'_, PyAny>, reads_plainly: &Py<PyAny>) -> PyResult<Self> {
        let (kind, is_nullable, rest): (String, bool, Bound<'_, PyAny>) = description.extract()?;
        let kind = match kind.as_str() {
            "list" => {
                let (weight, item): (i64, Bound<'_, PyAny>) = rest.extract()?;
                let item = Shape::read(&item, reads_plainly)?;
                Kind::List(Box::new(List { weight, item }))
            }
            "object" => {
                let objects = rest.try_iter()?;
                let objects = objects.map(|each| Object::read(&each?, reads_plainly));
                Kind::Object(objects.collect::<PyResult<_>>()?)
            }
            leaf => Kind::Leaf(Leaf::read(leaf, &rest)?),
        };
        Ok(Shape { is_nullable, kind })
    }

    /// Writes a value; `None` is a doubt.
    #[inline(always)]
    pub fn write(&self, value: &Bound<'_, PyAny>, output: &mut Output) -> Option<()> {
        if value.is_none() {
            output.text.extend_from_slice(b"null");
            return self.is_nullable.then_some(());
        }
        match &self.kind {
            Kind::Leaf(leaf) => leaf.write(value, &mut output.text),
            Kind::List(list) => list.write(value, output),
            Kind::Object(objects) => {
                let class = value.get_type_ptr();
                let object = objects
                    .iter()
                    .find(|each| each.class.as_ptr() == class.cast())?;
                object.write(value, output)
            }
        }
    }

    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &self.kind {
            Kind::Leaf(leaf) => leaf.traverse(visit),
            Kind::List(list) => list.item.traverse(visit),
            Kind::Object(objects) => objects.iter().try_for_each(|each| each.traverse(visit)),
        }
    }
}

impl List {
    #[inline(never)]
    fn write(&self, value: &Bound<'_, PyAny>, output: &mut Output) -> Option<()> {
        if let Ok(values) = value.cast_exact::<PyTuple>() {
            return self.write_items(values.len(), values.iter(), output);
        }
        let values = value.cast_exact::<PyList>().ok()?;
        let length = values.len();
        // each is owned, and looked for when its turn comes: what runs meanwhile may change the list
        self.write_items(length, values.iter(), output)?;
        (values.len() == length).then_some(())
    }

    #[inline]
    fn write_items<'py>(
        &self,
        length: usize,
        items: impl Iterator<Item = Bound<'py, PyAny>>,
        output: &mut Output,
    ) -> Option<()> {
        output.take(self.weight.checked_mul(length.try_into().ok()?)?)?;
        output.text.push(b'[');
        for (index, item) in items.enumerate() {
            if index > 0 {
                output.text.push(b',');
            }
            self.item.write(&item, output)?;
        }
        output.text.push(b']');
        Some(())
    }
}

impl Object {
    fn read(description: &Bound<'_, PyAny>, reads_plainly: &Py<PyAny>) -> PyResult<Self> {
        let py = description.py();
        let (class, weight, fields): (Bound<'_, PyType>, i64, Vec<Bound<'_, PyTuple>>) =
            description.extract()?;
        let is_mapping = class.is(py.get_type::<PyDict>());
        let mut names = Vec::new();
        let mut members = Vec::new();
        let mut before = Text::new();
        for (index, field) in fields.iter().enumerate() {
            let (key, name, shape): (String, Bound<'_, PyAny>, Option<Bound<'_, PyAny>>) =
                field.extract()?;
            before.push(if index == 0 { b'{' } else { b',' });
            before.extend(json(&key));
            before.push(b':');
            let source = if let Some(shape) = shape {
                // interned, as the keys of objects are: comparing them is comparing addresses
                let name = PyString::intern(py, name.extract()?);
                names.push(name.clone());
                Source::Member(Member {
                    name: name.unbind(),
                    slot: AtomicUsize::new(0),
                    shape: Shape::read(&shape, reads_plainly)?,
                })
            } else if let Ok(number) = name.extract() {
                Source::Batch(number)
            } else {
                before.extend(json(name.extract()?));
                continue;
            };
            members.push(Field {
                before: Piece::new(&before),
                source,
            });
            before.clear();
        }
        before.push(b'}');
        Ok(Object {
            fields: members,
            end: Piece::new(&before),
            class: class.unbind(),
            weight,
            is_mapping,
            reads_plainly: reads_plainly.clone_ref(py),
            names: PyTuple::new(py, names)?.unbind(),
            checked: AtomicU32::new(0),
        })
    }

    #[inline(never)]
    fn write(&self, value: &Bound<'_, PyAny>, output: &mut Output) -> Option<()> {
        output.take(self.weight)?;
        let mapping = if self.is_mapping {
            Some(value.cast::<PyDict>().ok()?)
        } else {
            self.check(value.py())?;
            None
        };
        for field in &self.fields {
            field.before.write(&mut output.text);
            match &field.source {
                Source::Batch(number) => {
                    output.gaps.push((*number, output.text.len()));
                    output
                        .parents
                        .get_mut(*number)?
                        .push(value.clone().unbind());
                }
                Source::Member(member) => {
                    let found = match mapping {
                        Some(mapping) => member.of_mapping(mapping)?,
                        None => member.of_object(value)?,
                    };
                    member.shape.write(&found, output)?;
                }
            }
        }
        self.end.write(&mut output.text);
        Some(())
    }

    /// Makes sure that reading the attributes runs no code of the program.
    ///
    /// Asked again when the class has changed: its version is then another, or none.
    fn check(&self, py: Python<'_>) -> Option<()> {
        let class = self.class.bind(py);
        // SAFETY: it is a type, and the interpreter is attached.
        let version = unsafe { (*class.as_type_ptr()).tp_version_tag };
        if version != 0 && version == self.checked.load(Ordering::Relaxed) {
            return Some(());
        }
        let reads_plainly = self.reads_plainly.bind(py);
        let is_plain = reads_plainly.call1((class, &self.names)).ok()?;
        if !is_plain.is_truthy().ok()? {
            return None;
        }
        for field in &self.fields {
            if let Source::Member(Member { name, slot, .. }) = &field.source {
                let place = slot_of(class, name.bind(py)).unwrap_or_default();
                slot.store(place, Ordering::Relaxed);
            }
        }
        self.checked.store(version, Ordering::Relaxed);
        Some(())
    }

    fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.class)?;
        visit.call(&self.reads_plainly)?;
        self.fields
            .iter()
            .try_for_each(|field| match &field.source {
                Source::Member(Member { shape, .. }) => shape.traverse(visit),
                Source::Batch(_) => Ok(()),
            })
    }
}

impl Member {
    #[inline]
    fn of_mapping<'py>(&self, mapping: &Bound<'py, PyDict>) -> Option<Bound<'py, PyAny>> {
        let py = mapping.py();
        let found = mapping.get_item(self.name.bind(py)).ok()?;
        Some(found.unwrap_or_else(|| py.None().into_bound(py))) // a missing key is null
    }

    /// Reads the attribute of an object whose class has been checked.
    #[inline]
    fn of_object<'py>(&self, value: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
        match self.slot.load(Ordering::Relaxed) {
            0 => attribute(value, self.name.bind(value.py())).ok(),
            // SAFETY: `Object::check` has found the slot in the class of the value; an empty one is
            // null, which is a doubt.
            slot => unsafe {
                let found = *value.as_ptr().byte_add(slot).cast::<*mut ffi::PyObject>();
                Bound::from_borrowed_ptr_or_opt(value.py(), found)
            },
        }
    }
}

/// Reads an attribute as `object.__getattribute__` does, without `__getattr__`.
pub fn attribute<'py>(
    value: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: both are objects, and the result is a new reference, or null with an exception set.
    unsafe {
        let found = ffi::PyObject_GenericGetAttr(value.as_ptr(), name.as_ptr());
        Bound::from_owned_ptr_or_err(value.py(), found)
    }
}

/// Returns where the objects of a class have an attribute, if it is a slot.
fn slot_of(class: &Bound<'_, PyType>, name: &Bound<'_, PyString>) -> Option<usize> {
    let dict = intern!(class.py(), "__dict__");
    let found = class.mro().iter().find_map(|base| {
        let members = base.getattr(dict).ok()?;
        members.get_item(name).ok()
    })?;
    let kind = &raw mut ffi::PyMemberDescr_Type;
    if found.get_type_ptr() != kind {
        return None;
    }
    let descriptor = found.as_ptr().cast::<ffi::PyMemberDescrObject>();
    // SAFETY: the descriptor is of that type, and so has its members.
    let (owner, member) = unsafe { ((*descriptor).d_common.d_type, *(*descriptor).d_member) };
    // SAFETY: both are types.
    let has_slot = unsafe { ffi::PyType_IsSubtype(class.as_type_ptr(), owner) } != 0;
    let is_object = member.type_code == ffi::Py_T_OBJECT_EX && member.flags == 0;
    (has_slot && is_object).then_some(member.offset.try_into().ok()?)
}
