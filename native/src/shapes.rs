//! What values must look like, and writing those that do: lists, objects, and their leaves.
//!
//! `trunkline/compiler/walk.py` describes a shape as tuples: `(kind, is_nullable, rest)`.

use std::sync::atomic::{AtomicU32, Ordering};

use pyo3::PyTraverseError;
use pyo3::ffi;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyNone, PyString, PyTuple, PyType};

use crate::leaves::{Leaf, json};

/// The text so far, and how many more fields the response may have.
pub struct Output {
    pub text: Vec<u8>,
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
            text: Vec::with_capacity(SHORT),
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
    /// Whether its members are keys of a `dict`; otherwise they are attributes.
    is_mapping: bool,
    /// Says whether no code of the program computes the attributes of these names.
    reads_plainly: Py<PyAny>,
    names: Py<PyTuple>,
    /// The version of the class for which it has said so.
    checked: AtomicU32,
}

struct Field {
    /// The response key, with what stands before it and the colon.
    key: Vec<u8>,
    source: Source,
}

enum Source {
    /// The value of a batch, which comes later.
    Batch(usize),
    Constant(Vec<u8>),
    Member(Py<PyString>, Shape),
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
    fn write(&self, value: &Bound<'_, PyAny>, output: &mut Output) -> Option<()> {
        let values = value.cast_exact::<PyList>().ok()?;
        let length = values.len();
        output.take(self.weight.checked_mul(length.try_into().ok()?)?)?;
        output.text.push(b'[');
        for index in 0..length {
            if index > 0 {
                output.text.push(b',');
            }
            // owned, and looked for again: whatever runs meanwhile may have changed the list
            self.item.write(&values.get_item(index).ok()?, output)?;
        }
        output.text.push(b']');
        (values.len() == length).then_some(())
    }
}

impl Object {
    fn read(description: &Bound<'_, PyAny>, reads_plainly: &Py<PyAny>) -> PyResult<Self> {
        let py = description.py();
        let (class, weight, fields): (Bound<'_, PyType>, i64, Vec<Bound<'_, PyTuple>>) =
            description.extract()?;
        let is_mapping = class.is(py.get_type::<PyDict>());
        let mut names = Vec::new();
        let fields = fields.iter().enumerate().map(|(index, field)| {
            let (key, name, shape): (String, Bound<'_, PyAny>, Option<Bound<'_, PyAny>>) =
                field.extract()?;
            let mut text = vec![if index == 0 { b'{' } else { b',' }];
            text.extend(json(&key));
            text.push(b':');
            let source = if let Some(shape) = shape {
                // interned, as the keys of objects are: comparing them is comparing addresses
                let name = PyString::intern(py, name.extract()?);
                names.push(name.clone());
                Source::Member(name.unbind(), Shape::read(&shape, reads_plainly)?)
            } else if let Ok(number) = name.extract() {
                Source::Batch(number)
            } else {
                Source::Constant(json(name.extract()?))
            };
            Ok(Field { key: text, source })
        });
        Ok(Object {
            fields: fields.collect::<PyResult<_>>()?,
            class: class.unbind(),
            weight,
            is_mapping,
            reads_plainly: reads_plainly.clone_ref(py),
            names: PyTuple::new(py, names)?.unbind(),
            checked: AtomicU32::new(0),
        })
    }

    fn write(&self, value: &Bound<'_, PyAny>, output: &mut Output) -> Option<()> {
        output.take(self.weight)?;
        let mapping = if self.is_mapping {
            Some(value.cast::<PyDict>().ok()?)
        } else {
            self.check(value.py())?;
            None
        };
        for field in &self.fields {
            output.text.extend_from_slice(&field.key);
            match &field.source {
                Source::Batch(number) => {
                    output.gaps.push((*number, output.text.len()));
                    output
                        .parents
                        .get_mut(*number)?
                        .push(value.clone().unbind());
                }
                Source::Constant(text) => output.text.extend_from_slice(text),
                Source::Member(name, shape) => {
                    let name = name.bind(value.py());
                    match mapping {
                        // a missing key is null
                        Some(mapping) => match mapping.get_item(name).ok()? {
                            Some(member) => shape.write(&member, output)?,
                            None => shape.write(&PyNone::get(value.py()), output)?,
                        },
                        None => shape.write(&attribute(value, name).ok()?, output)?,
                    }
                }
            }
        }
        output.text.push(b'}');
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
        self.checked.store(version, Ordering::Relaxed);
        Some(())
    }

    fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.class)?;
        visit.call(&self.reads_plainly)?;
        self.fields
            .iter()
            .try_for_each(|field| match &field.source {
                Source::Member(_, shape) => shape.traverse(visit),
                Source::Batch(_) | Source::Constant(_) => Ok(()),
            })
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
