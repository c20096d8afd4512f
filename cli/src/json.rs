//! Result files. They are opened before the work starts: hours of it must not end with "no such
//! folder".

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::exit::{Error, Result};

/// A file that a result will be written to, or nothing if none was asked for.
pub struct Target(Option<(PathBuf, File)>);

impl Target {
    /// Opens `path`, if there is one.
    pub fn open(path: Option<&Path>) -> Result<Self> {
        let open = |path: &Path| match File::create(path) {
            Ok(file) => Ok((path.to_owned(), file)),
            Err(error) => Err(Error::file("write", path, &error)
                .help("name a file in a folder that exists and can be written")),
        };
        path.map(open).transpose().map(Self)
    }

    /// Writes `text`.
    pub fn text(self, text: &str) -> Result<()> {
        let Some((path, mut file)) = self.0 else { return Ok(()) };
        file.write_all(text.as_bytes()).map_err(|error| Error::file("write", &path, &error))
    }

    /// Writes `value` as one JSON object.
    pub fn json(self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Error::usage(format!("cannot express the result as JSON: {error}")))?;
        self.text(&(text + "\n"))
    }

    /// The file itself, for results that come bit by bit.
    pub fn into_file(self) -> Option<File> {
        self.0.map(|(_, file)| file)
    }
}
