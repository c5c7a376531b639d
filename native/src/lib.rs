//! Writes the plain lists of a response as JSON, straight from the program's objects.
//!
//! A `Walk` stands in the place of a compiled function that completes a list. It knows only the
//! good case: objects of the expected classes, members that no code of the program computes, leaves
//! of exactly the expected types. On any doubt it drops what it has written, and the compiled
//! function completes the list from its start. So it does nothing that must not be done twice.

mod leaves;
mod shapes;

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

use crate::shapes::{Output, Shape};

/// Bytes that a short list takes.
const SHORT: usize = 4096;

/// Calls after which a list is tried again that was never plain.
const LONGEST_PAUSE: u32 = 63;

/// A function `(execution, values, *indices)` that completes a list.
///
/// Where the execution takes JSON, it returns the `fragment` of the list's text; otherwise, and on
/// any doubt, what the compiled `function` returns.
#[pyclass(module = "trunkline_native")]
struct Walk {
    shape: Shape,
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
    fn new(
        fragment: Py<PyAny>,
        reads_plainly: Py<PyAny>,
        shape: &Bound<'_, PyAny>,
        function: Py<PyAny>,
    ) -> PyResult<Self> {
        Ok(Walk {
            shape: Shape::read(shape, &reads_plainly)?,
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

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.function)?;
        visit.call(&self.fragment)?;
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
        let py = arguments.py();
        let execution = arguments.get_borrowed_item(0).ok()?;
        let takes_json = execution.getattr(intern!(py, "takes_json")).ok()?;
        if !takes_json.is_truthy().ok()? {
            return None;
        }
        let left = self.left.load(Relaxed);
        if left > 0 {
            self.left.store(left - 1, Relaxed);
            return None;
        }
        let values = arguments.get_borrowed_item(1).ok()?;
        let room = intern!(py, "room");
        let mut output = Output {
            text: Vec::with_capacity(SHORT),
            room: execution.getattr(room).ok()?.extract().ok()?,
        };
        if self.shape.write(&values, &mut output).is_none() {
            let pause = LONGEST_PAUSE.min(self.pause.load(Relaxed) * 2 + 1);
            self.pause.store(pause, Relaxed);
            self.left.store(pause, Relaxed);
            return None;
        }
        self.pause.store(0, Relaxed);
        execution.setattr(room, output.room).ok()?;
        Some(PyBytes::new(py, &output.text))
    }
}

// The interpreter's lock guards what a walk reads.
#[pymodule(gil_used = true)]
mod trunkline_native {
    #[pymodule_export]
    use super::Walk;
}
