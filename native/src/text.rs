//! JSON of short strings, without a call for each.

use serde_json::to_writer;

pub type Text = Vec<u8>;

/// A text that is written often.
///
/// Copying a fixed number of bytes takes no call, so it is padded.
pub struct Piece {
    first: [u8; SHORT],
    length: usize,
    rest: Text,
}

const SHORT: usize = 32;

impl Piece {
    pub fn new(text: &[u8]) -> Self {
        let (short, rest) = text.split_at(text.len().min(SHORT));
        let mut first = [0; SHORT];
        first[..short.len()].copy_from_slice(short);
        Piece {
            first,
            length: short.len(),
            rest: rest.to_vec(),
        }
    }

    #[inline]
    pub fn write(&self, text: &mut Text) {
        let end = text.len() + self.length;
        text.extend_from_slice(&self.first);
        text.truncate(end);
        if !self.rest.is_empty() {
            text.extend_from_slice(&self.rest);
        }
    }
}

/// Returns a string as JSON.
pub fn json(value: &str) -> Text {
    let mut text = Text::new();
    write_string(value, &mut text);
    text
}

/// Writes a string.
#[inline]
pub fn write_string(value: &str, text: &mut Text) {
    let begin = text.len();
    text.push(b'"');
    if copy_plain(value.as_bytes(), text) {
        text.push(b'"');
    } else {
        text.truncate(begin);
        write_escaped(value, text);
    }
}

#[cold]
fn write_escaped(value: &str, text: &mut Text) {
    to_writer(text, value).expect("a string is JSON");
}

/// Writes a string that has nothing to escape.
pub fn write_quoted(value: &str, text: &mut Text) {
    text.push(b'"');
    text.extend_from_slice(value.as_bytes());
    text.push(b'"');
}

/// Bytes that are looked at together in a long string: the compiler makes it few instructions.
const LONG: usize = 64;

/// Copies bytes, eight at a time, until one must be escaped; returns whether none must be.
///
/// Those of a long string are copied at once, after all of them were looked at.
#[inline]
fn copy_plain(bytes: &[u8], text: &mut Text) -> bool {
    if bytes.len() >= LONG {
        let is_plain = bytes.chunks(LONG).all(is_plain);
        if is_plain {
            text.extend_from_slice(bytes);
        }
        return is_plain;
    }
    let Some(last) = bytes.last_chunk() else {
        text.extend_from_slice(bytes);
        return is_plain(bytes);
    };
    let rest = text.len() + bytes.len() - last.len();
    let (eights, _) = bytes.as_chunks();
    for each in eights {
        if any_escape(*each) {
            return false;
        }
        text.extend_from_slice(each);
    }
    text.truncate(rest); // the last eight bytes may be copied already, some of them
    text.extend_from_slice(last);
    !any_escape(*last)
}

/// Returns whether no byte is a control character, a quote or a backslash.
#[inline]
fn is_plain(bytes: &[u8]) -> bool {
    // without a branch for each byte
    bytes.iter().fold(true, |so_far, each| {
        so_far & (*each >= b' ') & (*each != b'"') & (*each != b'\\')
    })
}

/// Returns whether one of eight bytes is what `is_plain` looks for.
#[inline]
fn any_escape(bytes: [u8; 8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    let bytes = u64::from_ne_bytes(bytes);
    let [quote, backslash] = [b'"', b'\\'].map(|each| bytes ^ (ONES * u64::from(each)));
    // a byte below another, less that other, has its highest bit; and so has one from 128 on
    let control = bytes.wrapping_sub(ONES * u64::from(b' ')) & !bytes;
    let quote = quote.wrapping_sub(ONES) & !quote;
    let backslash = backslash.wrapping_sub(ONES) & !backslash;
    (control | quote | backslash) & (ONES << 7) != 0
}
