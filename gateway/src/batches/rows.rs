//! The rows of a batch out of a body that arrives in pieces: JSON values one after the other (NDJSON), or the elements of
//! one array. No more than one row is held at a time.

/// Cuts a body into rows.
#[derive(Debug)]
pub(crate) struct Rows {
    /// The largest row, in bytes.
    most: usize,
    form: Form,
    /// What of the current row has arrived.
    row: Vec<u8>,
    /// Brackets that are open in it.
    depth: usize,
    in_text: bool,
    escaped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Nothing has arrived that says which.
    Unknown,
    Lines,
    /// An array, and whether a row may begin.
    Array {
        expects: Expects,
    },
    /// The array is closed.
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expects {
    RowOrEnd,
    Row,
    CommaOrEnd,
}

/// Why a body cannot be cut.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RowError {
    #[error("the row is larger than {0} bytes")]
    TooLarge(usize),
    #[error("a JSON object is expected, not {0:?}")]
    NotAnObject(char),
    #[error("the body ends in the middle of the row")]
    Cut,
    #[error("something stands behind the array's end")]
    Behind,
    #[error("the array's end is missing")]
    NoEnd,
}

impl Rows {
    /// Rows of at most so many bytes.
    pub(crate) fn new(most: usize) -> Self {
        let row = Vec::new();
        Self { most, form: Form::Unknown, row, depth: 0, in_text: false, escaped: false }
    }

    /// Takes a piece of the body; the rows that are whole now, in order, and why no more can be cut from it. What a piece holds
    /// in front of a mistake counts, so it does not matter in which pieces a body comes.
    pub(crate) fn take(&mut self, piece: &[u8]) -> (Vec<Vec<u8>>, Result<(), RowError>) {
        let mut whole = Vec::new();
        let cut = piece.iter().try_for_each(|byte| self.byte(*byte, &mut whole));
        (whole, cut)
    }

    fn byte(&mut self, byte: u8, whole: &mut Vec<Vec<u8>>) -> Result<(), RowError> {
        if self.depth == 0 {
            return self.between(byte);
        }
        if self.within(byte)? {
            whole.push(std::mem::take(&mut self.row));
            if matches!(self.form, Form::Array { .. }) {
                self.form = Form::Array { expects: Expects::CommaOrEnd };
            }
        }
        Ok(())
    }

    /// The body has ended.
    pub(crate) fn end(&self) -> Result<(), RowError> {
        match self.form {
            _ if self.depth > 0 => Err(RowError::Cut),
            Form::Array { .. } => Err(RowError::NoEnd),
            _ => Ok(()),
        }
    }

    fn between(&mut self, byte: u8) -> Result<(), RowError> {
        if byte.is_ascii_whitespace() {
            return Ok(());
        }
        self.form = match (self.form, byte) {
            (Form::Unknown, b'[') => Form::Array { expects: Expects::RowOrEnd },
            (Form::Unknown | Form::Lines, b'{') => {
                self.begin();
                Form::Lines
            }
            (Form::Array { expects: Expects::RowOrEnd | Expects::Row }, b'{') => {
                self.begin();
                self.form
            }
            (Form::Array { expects: Expects::CommaOrEnd }, b',') => Form::Array { expects: Expects::Row },
            (Form::Array { expects: Expects::RowOrEnd | Expects::CommaOrEnd }, b']') => Form::Over,
            (Form::Over, _) => return Err(RowError::Behind),
            _ => return Err(RowError::NotAnObject(char::from(byte))),
        };
        Ok(())
    }

    fn begin(&mut self) {
        self.row.push(b'{');
        self.depth = 1;
    }

    /// True when the row is whole.
    fn within(&mut self, byte: u8) -> Result<bool, RowError> {
        if self.row.len() == self.most {
            return Err(RowError::TooLarge(self.most));
        }
        self.row.push(byte);
        if self.in_text {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_text = false,
                _ => {}
            }
            return Ok(false);
        }
        match byte {
            b'"' => self.in_text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth -= 1,
            _ => {}
        }
        Ok(self.depth == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::{RowError, Rows};

    /// The rows of a body that arrives in pieces of this size.
    fn rows(body: &str, piece: usize) -> Result<Vec<String>, RowError> {
        let mut rows = Rows::new(50);
        let mut found = Vec::new();
        for piece in body.as_bytes().chunks(piece) {
            let (whole, cut) = rows.take(piece);
            cut?;
            found.extend(whole.into_iter().map(|row| String::from_utf8(row).unwrap()));
        }
        rows.end().map(|()| found)
    }

    #[test]
    fn rows_are_the_same_however_they_arrive() {
        let expected = [r#"{"a":"}\"]{"}"#, "{}", r#"{"b":[{"c":1},[2]]}"#];
        for body in [expected.join("\n"), format!("\r\n{}\r\n\r\n", expected.join("\r\n")), expected.concat()] {
            for piece in [1, 2, 7, 1000] {
                assert_eq!(rows(&body, piece).unwrap(), expected, "{body:?} in pieces of {piece}");
            }
        }
        let array = format!(" [ {} ] ", expected.join(" , "));
        for piece in [1, 3, 1000] {
            assert_eq!(rows(&array, piece).unwrap(), expected);
        }
        assert_eq!(rows("[]", 9).unwrap(), Vec::<String>::new());
        assert_eq!(rows("", 9).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_body_that_cannot_be_cut_is_refused() {
        for (body, error) in [
            ("{\"a\":1", RowError::Cut),
            ("[{}", RowError::NoEnd),
            ("[{},]", RowError::NotAnObject(']')),
            ("[{} {}]", RowError::NotAnObject('{')),
            ("[1]", RowError::NotAnObject('1')),
            ("{}\nnull", RowError::NotAnObject('n')),
            ("[{}] {}", RowError::Behind),
            ("{\"a\":\"0123456789012345678901234567890123456789012345\"}", RowError::TooLarge(50)),
        ] {
            assert_eq!(rows(body, 3), Err(error), "{body}");
        }
    }

    #[test]
    fn rows_in_front_of_a_mistake_count_however_they_arrive() {
        let body = b"{\"a\":1}\n{\"b\":2}\nnot JSON";
        for piece in [1, 5, 1000] {
            let mut rows = Rows::new(50);
            let mut found = Vec::new();
            let cut = body.chunks(piece).try_for_each(|piece| {
                let (whole, cut) = rows.take(piece);
                found.extend(whole);
                cut
            });
            assert_eq!((found.len(), cut), (2, Err(RowError::NotAnObject('n'))), "in pieces of {piece}");
        }
    }
}
