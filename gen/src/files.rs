//! Generated files and how they reach the disk.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file that was generated but not yet written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GeneratedFile {
    /// Path below the output folder, with `/` between its parts.
    pub path: String,
    /// Contents.
    pub text: String,
}

/// Why generated files could not be written.
#[derive(Debug)]
pub struct WriteError {
    /// The file or folder in question.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                write!(f, "cannot write `{path}`: the folder is read-only; choose another one")
            }
            _ => write!(f, "cannot write `{path}`: {}", self.source),
        }
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Writes all files below `folder`, which is created if missing.
///
/// Everything is first written beside its place and then renamed, so that a failure leaves no
/// file half-written. Files whose contents would not change are not touched: build tools then see
/// that nothing is new.
pub fn write_files(folder: &Path, files: &[GeneratedFile]) -> Result<(), WriteError> {
    let mut staged = Staged::default();
    for file in files {
        let path = folder.join(&file.path);
        if fs::read(&path).is_ok_and(|old| old == file.text.as_bytes()) {
            continue;
        }
        staged.write(path, &file.text)?;
    }
    staged.commit()
}

/// Files written under temporary names; removed again unless committed.
#[derive(Default)]
struct Staged(Vec<(PathBuf, PathBuf)>);

impl Staged {
    fn write(&mut self, path: PathBuf, text: &str) -> Result<(), WriteError> {
        let parent = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(|source| error(parent, source))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let temporary = parent.join(format!(".{name}.{}", std::process::id()));
        self.0.push((temporary.clone(), path));
        let path = &self.0[self.0.len() - 1].1;
        fs::write(&temporary, text).map_err(|source| error(path, source))
    }

    fn commit(mut self) -> Result<(), WriteError> {
        for (temporary, path) in &self.0 {
            fs::rename(temporary, path).map_err(|source| error(path, source))?;
        }
        self.0.clear();
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        for (temporary, _) in &self.0 {
            // Best effort: the error that brought us here is the one to report.
            let _ = fs::remove_file(temporary);
        }
    }
}

fn error(path: &Path, source: io::Error) -> WriteError {
    WriteError { path: path.to_path_buf(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> GeneratedFile {
        GeneratedFile { path: path.into(), text: text.into() }
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn writes_below_new_folders_and_leaves_no_temporaries() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("a/b");
        write_files(&out, &[file("x.v", "one\n"), file("sub/y.v", "two\n")]).unwrap();
        assert_eq!(fs::read_to_string(out.join("x.v")).unwrap(), "one\n");
        assert_eq!(fs::read_to_string(out.join("sub/y.v")).unwrap(), "two\n");
        assert_eq!(names(&out), ["sub", "x.v"]);
    }

    #[test]
    fn unchanged_files_keep_their_time() {
        let folder = tempfile::tempdir().unwrap();
        let files = [file("x.v", "one\n")];
        write_files(folder.path(), &files).unwrap();
        let before = fs::metadata(folder.path().join("x.v")).unwrap().modified().unwrap();
        write_files(folder.path(), &files).unwrap();
        let after = fs::metadata(folder.path().join("x.v")).unwrap().modified().unwrap();
        assert_eq!(before, after);
    }

    #[test]
    fn a_failure_leaves_the_old_files_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        write_files(folder.path(), &[file("x.v", "old\n"), file("blocked", "a file\n")]).unwrap();
        // `blocked` is a file, so nothing can be written below it.
        let files = [file("x.v", "new\n"), file("blocked/y.v", "two\n")];
        let error = write_files(folder.path(), &files).unwrap_err();
        assert!(error.to_string().contains("blocked"), "{error}");
        assert_eq!(fs::read_to_string(folder.path().join("x.v")).unwrap(), "old\n");
        assert_eq!(names(folder.path()), ["blocked", "x.v"]);
    }

    #[test]
    fn a_read_only_folder_is_named() {
        let source = io::Error::from(io::ErrorKind::PermissionDenied);
        let message = error(Path::new("out/x.v"), source).to_string();
        assert!(message.contains("out/x.v") && message.contains("read-only"), "{message}");
    }
}
