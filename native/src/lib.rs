//! Writes the plain lists of a response as JSON, straight from the program's objects.
//!
//! A `Walk` stands in the place of a compiled function that completes a list. It knows only the
//! good case: objects of the expected classes, leaves of exactly the expected types. On any doubt it
//! drops what it has written, and the compiled function completes the list from its start. What code
//! of the program has given until then (properties, resolvers, a scalar's function) is left for the
//! compiled function, so that nothing is done twice.

mod leaves;
mod objects;
mod shapes;
mod text;

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use pyo3::PyTraverseError;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

use crate::shapes::{Call, Output, Shape};

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
    /// Under which fields are selected: by its number, what a variable must be.
    conditions: Vec<Vec<(usize, bool)>>,
    /// The variables that must not be null.
    required: Vec<usize>,
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
    #[pyo3(signature = (
        fragment, readers, shape, function, *, values = vec![], conditions = vec![], required = vec![]
    ))]
    fn new(
        fragment: Py<PyAny>,
        readers: Py<PyAny>,
        shape: &Bound<'_, PyAny>,
        function: Py<PyAny>,
        values: Vec<Bound<'_, PyAny>>,
        conditions: Vec<Vec<(usize, bool)>>,
        required: Vec<usize>,
    ) -> PyResult<Self> {
        let values = values.iter().map(|each| Shape::read(each, &readers));
        Ok(Walk {
            shape: Shape::read(shape, &readers)?,
            values: values.collect::<PyResult<_>>()?,
            conditions,
            required,
            function: Some(function),
            fragment: Some(fragment),
            pause: AtomicU32::new(0),
            left: AtomicU32::new(0),
        })
    }

    #[pyo3(signature = (*arguments))]
    fn __call__<'py>(&self, arguments: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        let py = arguments.py();
        let (Some(fragment), Some(function)) = (&self.fragment, &self.function) else {
            return Ok(py.None().into_bound(py)); // the garbage collector has cleared it
        };
        let execution = arguments.get_borrowed_item(0)?;
        let values = arguments.get_borrowed_item(1)?;
        let function = function.bind(py);
        match self.walk(&execution, &values) {
            Ok(output) => fragment.bind(py).call1((PyBytes::new(py, &output.text),)),
            Err(calls) if calls.is_empty() => function.call1(arguments),
            Err(calls) => {
                let given = intern!(py, "given");
                execution.setattr(given, for_the_function(py, calls)?)?;
                let result = function.call1(arguments);
                execution.setattr(given, py.None())?;
                result
            }
        }
    }

    /// Writes a list but for the values of batches; returns it, and the parents of each batch.
    ///
    /// Of these there is nothing if the execution does not take JSON, and on any doubt. Returns
    /// the calls of the program's code, too.
    fn begin<'py>(
        &self,
        execution: &Bound<'py, PyAny>,
        values: &Bound<'py, PyAny>,
    ) -> PyResult<Begun<'py>> {
        let py = execution.py();
        let mut output = match self.walk(execution, values) {
            Ok(output) => output,
            Err(calls) => return Ok((None, vec![], for_the_function(py, calls)?)),
        };
        let calls = for_the_function(py, std::mem::take(&mut output.calls))?;
        let Output {
            text,
            gaps,
            parents,
            ..
        } = output;
        let filled = parents.iter().map(|_| None).collect();
        Ok((Some(Gapped { text, gaps, filled }), parents, calls))
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
        let Some(mut output) = self.output(execution, 0) else {
            return Ok(false);
        };
        let mut ends = Vec::with_capacity(values.len());
        for value in values {
            if shape.write(&value, &mut output).is_none() {
                self.wait();
                return Ok(false);
            }
            ends.push(output.text.len());
        }
        execution.setattr(intern!(execution.py(), "room"), output.room)?;
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
    /// Writes a list, if the execution takes JSON and there is no doubt.
    ///
    /// Otherwise it returns the calls of the program's code until then.
    fn walk(
        &self,
        execution: &Bound<'_, PyAny>,
        values: &Bound<'_, PyAny>,
    ) -> Result<Output, Vec<Call>> {
        let left = self.left.load(Relaxed);
        let Some(mut output) = self.output(execution, self.values.len()) else {
            return Err(vec![]);
        };
        if left > 0 {
            self.left.store(left - 1, Relaxed);
            return Err(vec![]);
        }
        if self.shape.write(values, &mut output).is_none() {
            self.wait();
            return Err(output.calls);
        }
        if self.values.is_empty() {
            self.pause.store(0, Relaxed);
        }
        let room = intern!(execution.py(), "room");
        if execution.setattr(room, output.room).is_err() {
            return Err(output.calls);
        }
        Ok(output)
    }

    /// Begins to write, if the execution takes JSON and its variables are known.
    fn output(&self, execution: &Bound<'_, PyAny>, batches: usize) -> Option<Output> {
        let py = execution.py();
        let is_true = |name| execution.getattr(name).ok()?.is_truthy().ok();
        // what a walk around this one has left is for the function
        if !is_true(intern!(py, "takes_json"))? || is_true(intern!(py, "given"))? {
            return None;
        }
        let mut holds = Vec::new();
        if !self.conditions.is_empty() || !self.required.is_empty() {
            let variables = execution.getattr(intern!(py, "variables")).ok()?;
            for variable in &self.required {
                (!variables.get_item(variable).ok()?.is_none()).then_some(())?;
            }
            for condition in &self.conditions {
                let mut each = condition.iter().map(|(variable, wanted)| {
                    let value = variables.get_item(variable).ok()?;
                    Some(value.is_truthy().ok()? == *wanted)
                });
                holds.push(each.try_fold(true, |so_far, each| Some(so_far && each?))?);
            }
        }
        let room = execution
            .getattr(intern!(py, "room"))
            .ok()?
            .extract()
            .ok()?;
        Some(Output::new(room, holds, batches))
    }

    /// Leaves the next calls to the function, after a doubt.
    fn wait(&self) {
        let pause = LONGEST_PAUSE.min(self.pause.load(Relaxed) * 2 + 1);
        self.pause.store(pause, Relaxed);
        self.left.store(pause, Relaxed);
    }
}

type Begun<'py> = (Option<Gapped>, Vec<Vec<Py<PyAny>>>, Bound<'py, PyList>);

/// Returns calls as `Execution.ask` takes them, the last first.
fn for_the_function(py: Python<'_>, calls: Vec<Call>) -> PyResult<Bound<'_, PyList>> {
    let calls = calls.into_iter().rev().map(|call| match call.result {
        Ok(value) => (call.what, call.argument, value, py.None()),
        Err(error) => {
            let error = error.into_value(py).into_any();
            (call.what, call.argument, py.None(), error)
        }
    });
    PyList::new(py, calls.collect::<Vec<_>>())
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
    const DESCRIPTIONS: u32 = 6;
}
