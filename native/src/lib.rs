//! Writes the plain lists of a response as JSON, straight from the program's objects.
//!
//! A `Walk` stands in the place of a compiled function that completes a list. It knows only the
//! good case: objects of the expected classes, members that no code of the program computes, leaves
//! of exactly the expected types. On any doubt it drops what it has written, and the compiled
//! function completes the list from its start. So it does nothing that must not be done twice.

mod leaves;
mod shapes;
mod text;

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

use crate::shapes::{Output, Shape};

/// Calls after which a list is tried again that was never plain.
const LONGEST_PAUSE: u32 = 63;

/// A function `(execution, values, *indices)` that completes a list.
///
/// Where the execution takes JSON, it returns the `fragment` of the list's text; otherwise, and on
/// any doubt, what the compiled `function` returns.
#[pyclass(module = "trunkline_native")]
struct Walk {
    shape: Shape,
    /// The shapes of the values that batches give to the list's objects.
    values: Vec<Shape>,
    function: Option<Py<PyAny>>,
    fragment: Option<Py<PyAny>>,
    /// How many calls after a doubt are left to the function; each further doubt doubles it.
    pause: AtomicU32,
    /// How many of these are left.
    left: AtomicU32,
}

#[pymethods]
impl Walk {
    #[new]
    #[pyo3(signature = (fragment, reads_plainly, shape, function, values = vec![]))]
    fn new(
        fragment: Py<PyAny>,
        reads_plainly: Py<PyAny>,
        shape: &Bound<'_, PyAny>,
        function: Py<PyAny>,
        values: Vec<Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let values = values.iter().map(|each| Shape::read(each, &reads_plainly));
        Ok(Walk {
            shape: Shape::read(shape, &reads_plainly)?,
            values: values.collect::<PyResult<_>>()?,
            function: Some(function),
            fragment: Some(fragment),
            pause: AtomicU32::new(0),
            left: AtomicU32::new(0),
        })
    }

    #[pyo3(signature = (*arguments))]
    fn __call__<'py>(&self, arguments: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        let py = arguments.py();
        if let (Some(fragment), Some(text)) = (&self.fragment, self.text(arguments)) {
            return fragment.bind(py).call1((text,));
        }
        match &self.function {
            Some(function) => function.bind(py).call1(arguments),
            None => Ok(py.None().into_bound(py)), // the garbage collector has cleared it
        }
    }

    /// Writes a list but for the values of batches; returns it, and the parents of each batch.
    ///
    /// `None` if the execution does not take JSON, and on any doubt.
    fn begin<'py>(
        &self,
        execution: &Bound<'py, PyAny>,
        values: &Bound<'py, PyAny>,
    ) -> Option<(Gapped, Vec<Vec<Py<PyAny>>>)> {
        let mut output = self.walk(execution, values)?;
        let parents = std::mem::take(&mut output.parents);
        let filled = parents.iter().map(|_| None).collect();
        let Output { text, gaps, .. } = output;
        Some((Gapped { text, gaps, filled }, parents))
    }

    /// Writes the values of a batch; returns whether there was no doubt.
    fn fill(
        &self,
        execution: &Bound<'_, PyAny>,
        list: &Bound<'_, Gapped>,
        number: usize,
        values: &Bound<'_, PyList>,
    ) -> PyResult<bool> {
        let Some(shape) = self.values.get(number) else {
            return Ok(false);
        };
        let room = intern!(execution.py(), "room");
        let mut output = Output::new(execution.getattr(room)?.extract()?, 0);
        let mut ends = Vec::with_capacity(values.len());
        for value in values {
            if shape.write(&value, &mut output).is_none() {
                self.wait();
                return Ok(false);
            }
            ends.push(output.text.len());
        }
        execution.setattr(room, output.room)?;
        list.borrow_mut().filled[number] = Some((output.text, ends));
        Ok(true)
    }

    /// Returns the fragment of a list, once the values of all batches are there.
    fn join<'py>(&self, list: &Bound<'py, Gapped>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (Some(fragment), Some(text)) = (&self.fragment, list.borrow().join()) else {
            return Ok(None);
        };
        self.pause.store(0, Relaxed);
        Ok(Some(
            fragment
                .bind(list.py())
                .call1((PyBytes::new(list.py(), &text),))?,
        ))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.function)?;
        visit.call(&self.fragment)?;
        self.values
            .iter()
            .try_for_each(|each| each.traverse(&visit))?;
        self.shape.traverse(&visit)
    }

    fn __clear__(&mut self) {
        self.function = None;
        self.fragment = None;
    }
}

impl Walk {
    /// Returns the text of a list, if the execution takes JSON and there is no doubt.
    fn text<'py>(&self, arguments: &Bound<'py, PyTuple>) -> Option<Bound<'py, PyBytes>> {
        let execution = arguments.get_borrowed_item(0).ok()?;
        let values = arguments.get_borrowed_item(1).ok()?;
        let output = self.walk(&execution, &values)?;
        Some(PyBytes::new(arguments.py(), &output.text))
    }

    fn walk(&self, execution: &Bound<'_, PyAny>, values: &Bound<'_, PyAny>) -> Option<Output> {
        let py = execution.py();
        let takes_json = execution.getattr(intern!(py, "takes_json")).ok()?;
        if !takes_json.is_truthy().ok()? {
            return None;
        }
        let left = self.left.load(Relaxed);
        if left > 0 {
            self.left.store(left - 1, Relaxed);
            return None;
        }
        let room = intern!(py, "room");
        let room_left = execution.getattr(room).ok()?.extract().ok()?;
        let mut output = Output::new(room_left, self.values.len());
        if self.shape.write(values, &mut output).is_none() {
            self.wait();
            return None;
        }
        if self.values.is_empty() {
            self.pause.store(0, Relaxed);
        }
        execution.setattr(room, output.room).ok()?;
        Some(output)
    }

    /// Leaves the next calls to the function, after a doubt.
    fn wait(&self) {
        let pause = LONGEST_PAUSE.min(self.pause.load(Relaxed) * 2 + 1);
        self.pause.store(pause, Relaxed);
        self.left.store(pause, Relaxed);
    }
}

/// A list's text, and where the values of batches come in it.
#[pyclass(module = "trunkline_native")]
struct Gapped {
    text: Vec<u8>,
    gaps: Vec<(usize, usize)>,
    /// By the number of the batch: the text of its values, and where each of them ends.
    filled: Vec<Option<(Vec<u8>, Vec<usize>)>>,
}

impl Gapped {
    /// Returns the text with all values in their places, once they are there.
    fn join(&self) -> Option<Vec<u8>> {
        let filled: Vec<_> = self
            .filled
            .iter()
            .map(Option::as_ref)
            .collect::<Option<_>>()?;
        let size = filled.iter().map(|(text, _)| text.len()).sum::<usize>();
        let mut joined = Vec::with_capacity(self.text.len() + size);
        let mut from = 0;
        let mut used = vec![(0, 0); filled.len()]; // of each batch: values, and bytes
        for &(number, place) in &self.gaps {
            let (text, ends) = filled[number];
            let (count, begin) = used[number];
            let end = *ends.get(count)?;
            joined.extend_from_slice(&self.text[from..place]);
            joined.extend_from_slice(&text[begin..end]);
            used[number] = (count + 1, end);
            from = place;
        }
        joined.extend_from_slice(&self.text[from..]);
        Some(joined)
    }
}

// The interpreter's lock guards what a walk reads.
#[pymodule(gil_used = true)]
mod trunkline_native {
    #[pymodule_export]
    use super::{Gapped, Walk};

    /// The version of the descriptions of lists that it takes.
    #[pymodule_export]
    const DESCRIPTIONS: u32 = 3;
}
