//! Scalars and enums, whose values are of exactly the expected type.

use pyo3::PyTraverseError;
use pyo3::exceptions::PyValueError;
use pyo3::gc::PyVisit;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyDate, PyDateAccess, PyDateTime, PyFloat, PyInt, PyString, PyTime, PyTimeAccess,
    PyType, PyTzInfo, PyTzInfoAccess,
};
use serde_json::to_writer;
use uuid::Uuid;

use crate::shapes::attribute;
use crate::text::{Text, json, write_quoted, write_string};

pub enum Leaf {
    /// As `DateTime`, but never without a zone.
    AwareDateTime(Vec<Py<PyType>>),
    Boolean,
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
            "Date" => Leaf::Date,
            "DateTime" => Leaf::DateTime(rest.extract()?),
            "Decimal" => Leaf::Decimal(rest.extract()?),
            "Float" => Leaf::Float,
            "ID" => Leaf::Id(rest.extract()?),
            "Int" => Leaf::Int,
            "Int64" => Leaf::Int64,
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
    pub fn write(&self, value: &Bound<'_, PyAny>, text: &mut Text) -> Option<()> {
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
