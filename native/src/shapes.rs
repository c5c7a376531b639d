//! What values must look like, and writing those that do: lists, objects, and their leaves.
//!
//! `trunkline/compiler/walk.py` describes a shape as tuples: `(kind, is_nullable, rest)`.

use pyo3::ffi;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use pyo3::{PyTraverseError, PyTypeInfo};

use crate::leaves::Leaf;
use crate::objects::Object;
use crate::text::Text;

/// The text so far, and how many more fields the response may have.
pub struct Output {
    pub text: Text,
    pub room: i64,
    /// For each condition on the operation's variables, whether it holds.
    pub holds: Vec<bool>,
    /// The calls of the program's code, in their order.
    pub calls: Vec<Call>,
    /// Where values of batches are to come in the text: the number of the batch, and the place.
    pub gaps: Vec<(usize, usize)>,
    /// By the number of the batch, the objects that these are values of.
    pub parents: Vec<Vec<Py<PyAny>>>,
}

/// What code of the program was called with, and what it gave or raised.
pub struct Call {
    /// The name of an attribute or a scalar, or a field's coordinate.
    pub what: Py<PyString>,
    pub argument: Py<PyAny>,
    pub result: PyResult<Py<PyAny>>,
}

/// Bytes that a short list takes.
const SHORT: usize = 4096;

impl Output {
    pub fn new(room: i64, holds: Vec<bool>, batches: usize) -> Self {
        Output {
            text: Text::with_capacity(SHORT),
            room,
            holds,
            calls: Vec::new(),
            gaps: Vec::new(),
            parents: (0..batches).map(|_| Vec::new()).collect(),
        }
    }

    pub fn take(&mut self, room: i64) -> Option<()> {
        self.room = self.room.checked_sub(room)?;
        (self.room >= 0).then_some(())
    }

    /// Remembers a call of the program's code; returns what it gave. What it raised is a doubt.
    pub fn called<'py>(
        &mut self,
        what: &Py<PyString>,
        argument: &Bound<'py, PyAny>,
        result: PyResult<Bound<'py, PyAny>>,
    ) -> Option<Bound<'py, PyAny>> {
        let given = result.as_ref().ok().cloned();
        self.calls.push(Call {
            what: what.clone_ref(argument.py()),
            argument: argument.clone().unbind(),
            result: result.map(Bound::unbind),
        });
        given
    }
}

pub struct Shape {
    is_nullable: bool,
    kind: Kind,
}

enum Kind {
    Leaf(Leaf),
    Object(Box<Object>),
    Abstract(Objects),
    List(Box<List>),
}

/// The objects of an interface or a union, by type.
struct Objects {
    types: Vec<Object>,
    /// Whether a `dict` has the name of its type under a key.
    are_named: bool,
}

struct List {
    /// What each item takes of the room, before any is written.
    weight: i64,
    item: Shape,
}

impl Shape {
    pub fn read(description: &Bound<'_, PyAny>, readers: &Py<PyAny>) -> PyResult<Self> {
        let (kind, is_nullable, rest): (String, bool, Bound<'_, PyAny>) = description.extract()?;
        let kind = match kind.as_str() {
            "list" => {
                let (weight, item): (i64, Bound<'_, PyAny>) = rest.extract()?;
                let item = Shape::read(&item, readers)?;
                Kind::List(Box::new(List { weight, item }))
            }
            "object" => Kind::Object(Box::new(Object::read(&rest, readers)?)),
            "abstract" => {
                let (are_named, types): (bool, Vec<Bound<'_, PyAny>>) = rest.extract()?;
                let types = types.iter().map(|each| Object::read(each, readers));
                let types = types.collect::<PyResult<_>>()?;
                Kind::Abstract(Objects { types, are_named })
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
            Kind::Leaf(leaf) => leaf.write(value, output),
            Kind::List(list) => list.write(value, output),
            Kind::Object(object) => object.write(value, output),
            Kind::Abstract(objects) => objects.find(value)?.write(value, output),
        }
    }

    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &self.kind {
            Kind::Leaf(leaf) => leaf.traverse(visit),
            Kind::List(list) => list.item.traverse(visit),
            Kind::Object(object) => object.traverse(visit),
            Kind::Abstract(Objects { types, .. }) => {
                types.iter().try_for_each(|each| each.traverse(visit))
            }
        }
    }
}

impl Objects {
    /// Returns the type of an object.
    #[inline]
    fn find(&self, value: &Bound<'_, PyAny>) -> Option<&Object> {
        if self.are_named
            && let Ok(dict) = value.cast_exact::<PyDict>()
        {
            let name = dict.get_item(intern!(value.py(), "__typename")).ok()??;
            let name = name.cast_exact::<PyString>().ok()?.to_str().ok()?;
            return self.types.iter().find(|each| each.name == name);
        }
        let class = value.get_type_ptr();
        self.types.iter().find(|each| each.is_of(class))
    }
}

impl List {
    #[inline(never)]
    fn write(&self, value: &Bound<'_, PyAny>, output: &mut Output) -> Option<()> {
        if let Ok(values) = value.cast::<PyTuple>() {
            is_read_as::<PyTuple>(value).then_some(())?;
            return self.write_items(values.len(), values.iter(), output);
        }
        let values = value.cast::<PyList>().ok()?;
        is_read_as::<PyList>(value).then_some(())?;
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

/// Returns whether a list or tuple is iterated as its base class is: SQLAlchemy's lists are.
#[inline]
fn is_read_as<B: PyTypeInfo>(value: &Bound<'_, PyAny>) -> bool {
    let class = value.get_type_ptr();
    let base = B::type_object_raw(value.py());
    // SAFETY: both are types that are ready, and of sequences.
    class == base
        || unsafe {
            let length = |each: *mut ffi::PyTypeObject| (*(*each).tp_as_sequence).sq_length;
            let is_awaited =
                !(*class).tp_as_async.is_null() && (*(*class).tp_as_async).am_await.is_some();
            (*class).tp_iter.map(|each| each as usize) == (*base).tp_iter.map(|each| each as usize)
                && length(class).map(|each| each as usize) == length(base).map(|each| each as usize)
                && !is_awaited
        }
}
