//! Objects: finding out how those of a class are read, and writing their fields.

use std::ptr;
use std::sync::OnceLock;

use pyo3::PyTraverseError;
use pyo3::exceptions::{PyAttributeError, PyValueError};
use pyo3::ffi;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use crate::shapes::{Output, Shape};
use crate::text::{Piece, Text, json};

/// Classes that one object's place in the operation may see, and versions of these.
const CLASSES: usize = 8;

pub struct Object {
    /// That of the object type.
    pub name: String,
    /// The class that stands for it, if there is one.
    model: Option<Py<PyType>>,
    /// What it takes of the room.
    weight: i64,
    fields: Vec<Field>,
    /// Says how members are read in objects of a class.
    readers: Py<PyAny>,
    /// What that wants to know of the members.
    members: Py<PyAny>,
    /// What it has said.
    known: [OnceLock<Known>; CLASSES],
}

/// How objects of a class are read.
struct Known {
    class: Py<PyType>,
    /// That of the class: another one if the class has changed.
    version: u32,
    reads: Vec<Read>,
}

/// How a member is read.
enum Read {
    /// In a slot, so many bytes from the object's begin.
    Slot(usize),
    /// As an attribute, which no code of the program computes.
    Attribute(Py<PyString>),
    /// As the first of these attributes.
    Attributes(Vec<Py<PyString>>),
    /// In the object's `__dict__`, the first of these: no exception tells that one is missing.
    Stored(Vec<Py<PyString>>),
    /// By code of the program.
    Code(Py<PyString>),
    /// Under a key of a `dict`, the first of these; null if it has none.
    Key(Vec<Py<PyString>>),
    /// In a row of SQLAlchemy, the first of these columns.
    Row(Vec<Py<PyString>>),
}

struct Field {
    /// What stands before the value: a comma, constants, the response key, the colon.
    before: Piece,
    /// The number of the condition under which it is selected.
    condition: Option<usize>,
    source: Source,
}

enum Source {
    /// There is no value behind the constants.
    Nothing,
    /// The value of a batch, which comes later.
    Batch(usize),
    /// By its number, a member.
    Member(usize, Shape),
    /// What a function of the program gives for the object, by the field's coordinate.
    Call(Py<PyString>, Py<PyAny>, Shape),
}

type FieldDescription<'py> = (
    String,
    Option<usize>,
    Option<Bound<'py, PyAny>>,
    Option<Bound<'py, PyAny>>,
);

impl Object {
    pub fn read(description: &Bound<'_, PyAny>, readers: &Py<PyAny>) -> PyResult<Self> {
        type Description<'py> = (
            String,
            Option<Py<PyType>>,
            i64,
            Vec<FieldDescription<'py>>,
            Py<PyAny>,
        );
        let (name, model, weight, described, members): Description<'_> = description.extract()?;
        let mut fields = Vec::new();
        let mut count = 0;
        let mut before = Text::new(); // of constants, until a field comes that is always selected
        for (key, condition, source, shape) in described {
            if condition.is_some() && !before.is_empty() {
                fields.push(Field::new(&before, None, Source::Nothing));
                before.clear();
            }
            before.push(b',');
            before.extend(json(&key));
            before.push(b':');
            let source = match (source, shape) {
                (None, Some(shape)) => {
                    count += 1;
                    Source::Member(count - 1, Shape::read(&shape, readers)?)
                }
                (Some(source), None) => match source.extract() {
                    Ok(number) => Source::Batch(number),
                    Err(_) => {
                        before.extend(json(source.extract()?));
                        Source::Nothing
                    }
                },
                (Some(source), Some(shape)) => {
                    let (name, function) = source.extract()?;
                    Source::Call(name, function, Shape::read(&shape, readers)?)
                }
                _ => return Err(PyValueError::new_err("a field has a source")),
            };
            if condition.is_some() || !matches!(source, Source::Nothing) {
                fields.push(Field::new(&before, condition, source));
                before.clear();
            }
        }
        if !before.is_empty() {
            fields.push(Field::new(&before, None, Source::Nothing));
        }
        Ok(Object {
            name,
            model,
            weight,
            fields,
            readers: readers.clone_ref(description.py()),
            members,
            known: Default::default(),
        })
    }

    #[inline]
    pub fn is_of(&self, class: *mut ffi::PyTypeObject) -> bool {
        let model = self.model.as_ref();
        model.is_some_and(|model| model.as_ptr() == class.cast())
    }

    #[inline(never)]
    pub fn write(&self, value: &Bound<'_, PyAny>, output: &mut Output) -> Option<()> {
        output.take(self.weight)?;
        let known = self.known(value)?;
        let begin = output.text.len();
        let mut calls = output.calls.len();
        for field in &self.fields {
            if let Some(condition) = field.condition
                && !*output.holds.get(condition)?
            {
                continue;
            }
            if output.calls.len() != calls {
                self.is_still(known, value)?;
                calls = output.calls.len();
            }
            field.before.write(&mut output.text);
            match &field.source {
                Source::Nothing => {}
                Source::Batch(number) => {
                    output.gaps.push((*number, output.text.len()));
                    let parents = output.parents.get_mut(*number)?;
                    parents.push(value.clone().unbind());
                }
                Source::Member(number, shape) => {
                    let found = known.reads.get(*number)?.find(value, output)?;
                    shape.write(&found, output)?;
                }
                Source::Call(name, function, shape) => {
                    let found = function.bind(value.py()).call1((value,));
                    let found = output.called(name, value, found)?;
                    shape.write(&found, output)?;
                }
            }
        }
        match output.text.get_mut(begin) {
            Some(comma) => *comma = b'{',
            None => output.text.push(b'{'),
        }
        output.text.push(b'}');
        Some(())
    }

    /// Returns how an object is read, if objects of its class may be.
    #[inline]
    fn known(&self, value: &Bound<'_, PyAny>) -> Option<&Known> {
        let class = value.get_type_ptr();
        // SAFETY: it is a type, and the interpreter is attached.
        let version = unsafe { (*class).tp_version_tag };
        let mut known = self.known.iter().map_while(OnceLock::get);
        let found =
            known.find(|each| each.class.as_ptr() == class.cast() && each.version == version);
        found.or_else(|| self.ask(value))
    }

    /// Makes sure that code of the program, also of what is below, has not changed an object's class.
    fn is_still(&self, known: &Known, value: &Bound<'_, PyAny>) -> Option<()> {
        ptr::eq(self.known(value)?, known).then_some(())
    }

    #[cold]
    fn ask(&self, value: &Bound<'_, PyAny>) -> Option<&Known> {
        let py = value.py();
        let class = value.get_type();
        // SAFETY: it is a type, and the interpreter is attached.
        let version_of =
            |class: &Bound<'_, PyType>| unsafe { (*class.as_type_ptr()).tp_version_tag };
        // a class that has changed gets a version when an attribute is looked up
        let _ = attribute(value, intern!(py, "__trunkline__"));
        let version = version_of(&class);
        let readers = self.readers.bind(py);
        let reads = readers.call1((&self.model, &class, &self.members)).ok()?;
        type Reads = Option<Vec<(String, Vec<String>)>>;
        let reads = reads.extract::<Reads>().ok()??;
        let reads = reads
            .into_iter()
            .map(|(kind, names)| Read::new(&kind, &names, &class));
        let reads = reads.collect::<PyResult<_>>().ok()?;
        if version == 0 || version != version_of(&class) {
            return None;
        }
        let free = self.known.iter().find(|each| each.get().is_none())?;
        let class = class.unbind();
        let _ = free.set(Known {
            class,
            version,
            reads,
        }); // it is free still
        free.get()
    }

    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.model)?;
        visit.call(&self.readers)?;
        visit.call(&self.members)?;
        for known in self.known.iter().filter_map(OnceLock::get) {
            visit.call(&known.class)?;
        }
        self.fields
            .iter()
            .try_for_each(|field| match &field.source {
                Source::Member(_, shape) => shape.traverse(visit),
                Source::Call(_, function, shape) => {
                    visit.call(function)?;
                    shape.traverse(visit)
                }
                _ => Ok(()),
            })
    }
}

impl Field {
    fn new(before: &[u8], condition: Option<usize>, source: Source) -> Self {
        Field {
            before: Piece::new(before),
            condition,
            source,
        }
    }
}

impl Read {
    fn new(kind: &str, names: &[String], class: &Bound<'_, PyType>) -> PyResult<Self> {
        let py = class.py();
        // interned, as the keys of objects are: comparing them is comparing addresses
        let interned = |name| PyString::intern(py, name).unbind();
        let first = names.first().map(|name| interned(name));
        let first = first.ok_or_else(|| PyValueError::new_err("a member has a name"))?;
        let names = names.iter().map(|name| interned(name)).collect::<Vec<_>>();
        Ok(match kind {
            "attribute" => match slot_of(class, first.bind(py)) {
                Some(place) => Read::Slot(place),
                None if names.len() == 1 => Read::Attribute(first),
                None => Read::Attributes(names),
            },
            "stored" => Read::Stored(names),
            "code" => Read::Code(first),
            "key" => Read::Key(names),
            "row" => Read::Row(names),
            _ => return Err(PyValueError::new_err(format!("unknown kind: {kind:?}"))),
        })
    }

    /// Reads a member; `None` is a doubt.
    #[inline]
    fn find<'py>(
        &self,
        value: &Bound<'py, PyAny>,
        output: &mut Output,
    ) -> Option<Bound<'py, PyAny>> {
        let py = value.py();
        match self {
            // SAFETY: the slot is one of the value's class; an empty one is null, which is a doubt.
            Read::Slot(place) => unsafe {
                let found = *value.as_ptr().byte_add(*place).cast::<*mut ffi::PyObject>();
                Bound::from_borrowed_ptr_or_opt(py, found)
            },
            Read::Attribute(name) => attribute(value, name.bind(py)).ok(),
            other => other.find_otherwise(value, output),
        }
    }

    /// Reads a member in one of the ways that cost more than a call.
    #[inline(never)]
    fn find_otherwise<'py>(
        &self,
        value: &Bound<'py, PyAny>,
        output: &mut Output,
    ) -> Option<Bound<'py, PyAny>> {
        let py = value.py();
        match self {
            Read::Slot(_) | Read::Attribute(_) => None, // `find` has read these
            Read::Attributes(names) => {
                for name in names {
                    match attribute(value, name.bind(py)) {
                        Err(error) if error.is_instance_of::<PyAttributeError>(py) => {}
                        found => return found.ok(),
                    }
                }
                None
            }
            Read::Stored(names) => {
                // SAFETY: it is an object, and the result is a new reference, or null with an
                // exception set.
                let dict = unsafe {
                    let dict = ffi::PyObject_GenericGetDict(value.as_ptr(), ptr::null_mut());
                    Bound::from_owned_ptr_or_err(py, dict).ok()?
                };
                let dict = dict.cast::<PyDict>().ok()?;
                names.iter().find_map(|name| dict.get_item(name).ok()?)
            }
            Read::Code(name) => output.called(name, value, value.getattr(name.bind(py))),
            Read::Key(names) => {
                let dict = value.cast::<PyDict>().ok()?;
                for name in names {
                    if let Some(found) = dict.get_item(name).ok()? {
                        return Some(found);
                    }
                }
                Some(py.None().into_bound(py))
            }
            Read::Row(names) => {
                let places = attribute(value, intern!(py, "_key_to_index")).ok()?;
                let places = places.cast::<PyDict>().ok()?;
                let place = names.iter().find_map(|name| places.get_item(name).ok()?)?;
                let data = attribute(value, intern!(py, "_data")).ok()?;
                data.cast::<PyTuple>()
                    .ok()?
                    .get_item(place.extract().ok()?)
                    .ok()
            }
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
