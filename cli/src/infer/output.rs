//! The file of outputs: whole, or not there.

use std::io::Write;
use std::path::{Path, PathBuf};

use systole_verif::infer::{Array, npy};
use tempfile::NamedTempFile;

use crate::exit::{Error, Result};

/// A `.npy` file that will be written, or nothing if none was asked for.
pub struct File(Option<(PathBuf, NamedTempFile)>);

impl File {
    /// Makes sure that `path` can be written.
    pub fn open(path: Option<&Path>) -> Result<Self> {
        let open = |path: &Path| {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let mut builder = tempfile::Builder::new();
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                // As any other file: what the umask leaves of this.
                builder.permissions(std::fs::Permissions::from_mode(0o666));
            }
            match builder.tempfile_in(folder.unwrap_or(Path::new("."))) {
                Ok(file) => Ok((path.to_owned(), file)),
                Err(error) => Err(Error::file("write", path, &error)
                    .help("name a file in a folder that exists and can be written")),
            }
        };
        path.map(open).transpose().map(Self)
    }

    /// Writes an array.
    pub fn write(self, array: &Array) -> Result<()> {
        let Some((path, mut file)) = self.0 else { return Ok(()) };
        file.write_all(&npy::write(array))
            .and_then(|()| file.persist(&path).map(drop).map_err(|error| error.error))
            .map_err(|error| Error::file("write", &path, &error))
    }
}
