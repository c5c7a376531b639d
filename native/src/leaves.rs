//! Scalars and enums, whose values are of exactly the expected type.

use pyo3::PyTraverseError;
use pyo3::exceptions::PyValueError;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyDate, PyDateAccess, PyDateTime, PyDict, PyFloat, PyInt, PyList, PyString, PyTime,
    PyTimeAccess, PyTuple, PyType, PyTzInfo, PyTzInfoAccess,
};
use serde_json::to_writer;
use uuid::Uuid;

use crate::objects::attribute;
use crate::shapes::Output;
use crate::text::{Text, json, write_quoted, write_string};

pub enum Leaf {
    /// As `DateTime`, but never without a zone.
    AwareDateTime(Vec<Py<PyType>>),
    Boolean,
    /// What a function of Python gives for a value: one of the program for a scalar of this name,
    /// or one that runs no code of the program, for values of exactly this class.
    Call(Py<PyString>, Option<Py<PyType>>, Py<PyAny>),
    Date,
    /// Times of UTC, and of zones of these classes, which have no code of the program.
    DateTime(Vec<Py<PyType>>),
    Decimal(Py<PyType>),
    /// The members of an enum, and the JSON of each.
    Enum(Vec<(Py<PyAny>, Text)>),
    Float,
    /// A string, an integer or a UUID.
    Id(Py<PyType>),
    Int,
    Int64,
    /// Any value of JSON.
    Json,
    String,
    /// The strings that are the values of an enum, and the JSON of each.
    Strings(Vec<(String, Text)>),
    Time,
    Uuid(Py<PyType>),
}

impl Leaf {
    pub fn read(kind: &str, rest: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(match kind {
            "AwareDateTime" => Leaf::AwareDateTime(rest.extract()?),
            "Boolean" => Leaf::Boolean,
            "call" => {
                let (name, class, function) = rest.extract()?;
                Leaf::Call(name, class, function)
            }
            "Date" => Leaf::Date,
            "DateTime" => Leaf::DateTime(rest.extract()?),
            "Decimal" => Leaf::Decimal(rest.extract()?),
            "Float" => Leaf::Float,
            "ID" => Leaf::Id(rest.extract()?),
            "Int" => Leaf::Int,
            "Int64" => Leaf::Int64,
            "JSON" => Leaf::Json,
            "String" => Leaf::String,
            "Time" => Leaf::Time,
            "UUID" => Leaf::Uuid(rest.extract()?),
            "enum" => Leaf::Enum(named(rest)?),
            "strings" => Leaf::Strings(named(rest)?),
            _ => return Err(PyValueError::new_err(format!("unknown kind: {kind:?}"))),
        })
    }

    /// Writes a value that is not null; `None` is a doubt.
    #[inline(never)]
    pub fn write(&self, value: &Bound<'_, PyAny>, output: &mut Output) -> Option<()> {
        let text = &mut output.text;
        match self {
            Leaf::AwareDateTime(zones) => {
                let value = value.cast_exact::<PyDateTime>().ok()?;
                value.get_tzinfo()?;
                write_date_time(value, zones, text)?;
            }
            Leaf::Boolean => {
                let value = value.cast_exact::<PyBool>().ok()?.is_true();
                text.extend_from_slice(if value { b"true" } else { b"false" });
            }
            Leaf::Call(name, None, function) => {
                let found = function.bind(value.py()).call1((value,));
                let found = output.called(name, value, found)?;
                write_json(&found, &mut output.text, DEEPEST)?;
            }
            Leaf::Call(_, Some(class), function) => {
                if !value.get_type().is(class) {
                    return None;
                }
                let found = function.bind(value.py()).call1((value,)).ok()?;
                write_json(&found, text, DEEPEST)?;
            }
            Leaf::Date => {
                let value = value.cast_exact::<PyDate>().ok()?;
                text.push(b'"');
                write_date(value, text);
                text.push(b'"');
            }
            Leaf::DateTime(zones) => {
                let value = value.cast_exact::<PyDateTime>().ok()?;
                write_date_time(value, zones, text)?;
            }
            Leaf::Decimal(class) => {
                if !value.get_type().is(class) {
                    return None;
                }
                let value = value.str().ok()?;
                let value = value.to_str().ok()?;
                let first = value.bytes().find(|each| *each != b'-')?;
                if !first.is_ascii_digit() {
                    return None; // NaN or Infinity
                }
                write_quoted(value, text);
            }
            Leaf::Enum(members) => {
                let (_, name) = members.iter().find(|(member, _)| value.is(member))?;
                text.extend_from_slice(name);
            }
            Leaf::Float => {
                let value = float(value)?;
                to_writer(text, &value).ok()?;
            }
            Leaf::Id(uuid) => {
                if let Ok(value) = value.cast_exact::<PyString>() {
                    write_string(value.to_str().ok()?, text);
                } else if let Ok(value) = value.cast_exact::<PyInt>() {
                    let value: i64 = value.extract().ok()?;
                    text.push(b'"');
                    to_writer(&mut *text, &value).ok()?;
                    text.push(b'"');
                } else {
                    write_uuid(value, uuid, text)?;
                }
            }
            Leaf::Int => {
                let value: i32 = value.cast_exact::<PyInt>().ok()?.extract().ok()?;
                to_writer(text, &value).ok()?;
            }
            Leaf::Int64 => {
                let value: i64 = value.cast_exact::<PyInt>().ok()?.extract().ok()?;
                to_writer(text, &value).ok()?;
            }
            Leaf::Json => write_json(value, text, DEEPEST)?,
            Leaf::String => {
                let value = value.cast_exact::<PyString>().ok()?;
                write_string(value.to_str().ok()?, text);
            }
            Leaf::Strings(values) => {
                let value = value.cast_exact::<PyString>().ok()?.to_str().ok()?;
                let (_, name) = values.iter().find(|(string, _)| string == value)?;
                text.extend_from_slice(name);
            }
            Leaf::Time => {
                let value = value.cast_exact::<PyTime>().ok()?;
                if value.get_tzinfo().is_some() {
                    return None;
                }
                text.push(b'"');
                write_time(value, text);
                text.push(b'"');
            }
            Leaf::Uuid(class) => write_uuid(value, class, text)?,
        }
        Some(())
    }

    pub fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Leaf::Enum(members) => members
                .iter()
                .try_for_each(|(member, _)| visit.call(member)),
            Leaf::Call(_, class, function) => {
                visit.call(class)?;
                visit.call(function)
            }
            _ => Ok(()), // classes of the standard library, and what is not an object
        }
    }
}

/// Reads pairs of a value and the name that stands for it in the response.
fn named<'py, T>(pairs: &Bound<'py, PyAny>) -> PyResult<Vec<(T, Text)>>
where
    T: for<'a> FromPyObject<'a, 'py>,
{
    let pairs: Vec<(T, String)> = pairs.extract()?;
    Ok(pairs
        .into_iter()
        .map(|(value, name)| (value, json(&name)))
        .collect())
}

/// Returns a finite number, also that of an integer which a float can hold.
fn float(value: &Bound<'_, PyAny>) -> Option<f64> {
    if let Ok(value) = value.cast_exact::<PyFloat>() {
        return Some(value.value()).filter(|each| each.is_finite());
    }
    let value: i64 = value.cast_exact::<PyInt>().ok()?.extract().ok()?;
    (value.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS).then_some(value as f64)
}

/// How deep values of JSON are written.
const DEEPEST: u8 = 100;

/// Writes a value of JSON as orjson does.
fn write_json(value: &Bound<'_, PyAny>, text: &mut Text, deepest: u8) -> Option<()> {
    let deepest = deepest.checked_sub(1)?;
    if let Ok(value) = value.cast_exact::<PyString>() {
        write_string(value.to_str().ok()?, text);
    } else if value.is_none() {
        text.extend_from_slice(b"null");
    } else if let Ok(value) = value.cast_exact::<PyBool>() {
        text.extend_from_slice(if value.is_true() { b"true" } else { b"false" });
    } else if let Ok(value) = value.cast_exact::<PyInt>() {
        let value: i64 = value.extract().ok()?;
        to_writer(text, &value).ok()?;
    } else if let Ok(value) = value.cast_exact::<PyFloat>() {
        let value = Some(value.value()).filter(|each| each.is_finite())?;
        to_writer(text, &value).ok()?;
    } else if let Ok(value) = value.cast_exact::<PyList>() {
        write_items(value.iter(), text, deepest)?;
    } else if let Ok(value) = value.cast_exact::<PyTuple>() {
        write_items(value.iter(), text, deepest)?;
    } else {
        let mut separator = b'{';
        for (key, value) in value.cast_exact::<PyDict>().ok()? {
            text.push(separator);
            write_string(key.cast_exact::<PyString>().ok()?.to_str().ok()?, text);
            text.push(b':');
            write_json(&value, text, deepest)?;
            separator = b',';
        }
        if separator == b'{' {
            text.push(b'{');
        }
        text.push(b'}');
    }
    Some(())
}

fn write_items<'py>(
    items: impl Iterator<Item = Bound<'py, PyAny>>,
    text: &mut Text,
    deepest: u8,
) -> Option<()> {
    text.push(b'[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            text.push(b',');
        }
        write_json(&item, text, deepest)?;
    }
    text.push(b']');
    Some(())
}

fn write_uuid(value: &Bound<'_, PyAny>, class: &Py<PyType>, text: &mut Text) -> Option<()> {
    if !value.get_type().is(class) {
        return None;
    }
    let number = attribute(value, intern!(value.py(), "int")).ok()?;
    let mut buffer = Uuid::encode_buffer();
    let uuid = Uuid::from_u128(number.cast_exact::<PyInt>().ok()?.extract().ok()?);
    write_quoted(uuid.hyphenated().encode_lower(&mut buffer), text);
    Some(())
}

/// Writes a time as `datetime.isoformat` does.
fn write_date_time(
    value: &Bound<'_, PyDateTime>,
    zones: &[Py<PyType>],
    text: &mut Text,
) -> Option<()> {
    let py = value.py();
    let zone = value.get_tzinfo();
    if let Some(zone) = &zone
        && !zone.is(PyTzInfo::utc(py).ok()?)
    {
        let class = zone.get_type();
        if !zones.iter().any(|each| class.is(each)) {
            return None;
        }
        let value = value.call_method0(intern!(py, "isoformat")).ok()?;
        write_quoted(value.cast::<PyString>().ok()?.to_str().ok()?, text);
        return Some(());
    }
    text.push(b'"');
    write_date(value, text);
    text.push(b'T');
    write_time(value, text);
    text.extend_from_slice(if zone.is_some() { b"+00:00\"" } else { b"\"" });
    Some(())
}

fn write_date(value: &impl PyDateAccess, text: &mut Text) {
    let year = value.get_year().unsigned_abs();
    text.extend_from_slice(&digits(year / 100));
    text.extend_from_slice(&digits(year % 100));
    text.push(b'-');
    text.extend_from_slice(&digits(value.get_month().into()));
    text.push(b'-');
    text.extend_from_slice(&digits(value.get_day().into()));
}

fn write_time(value: &impl PyTimeAccess, text: &mut Text) {
    text.extend_from_slice(&digits(value.get_hour().into()));
    text.push(b':');
    text.extend_from_slice(&digits(value.get_minute().into()));
    text.push(b':');
    text.extend_from_slice(&digits(value.get_second().into()));
    let micro = value.get_microsecond();
    if micro > 0 {
        text.push(b'.');
        text.extend_from_slice(&digits(micro / 10_000));
        text.extend_from_slice(&digits(micro / 100 % 100));
        text.extend_from_slice(&digits(micro % 100));
    }
}

/// Writes a number below 100 as two digits.
fn digits(number: u32) -> [u8; 2] {
    let [ten, one] = [number / 10, number % 10].map(|each| b'0' + each as u8);
    [ten, one]
}
