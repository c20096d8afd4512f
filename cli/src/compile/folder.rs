//! The output folder: whether it may be written, and writing it as a whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use systole_gen::firmware::{DATA_FILE, Firmware, MARK, MARKED_FILE, files};

use crate::exit::{Error, Result};

/// Refuses a folder with something in it that is not from this command.
pub fn check(folder: &Path) -> Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::file("read", folder, &error).help(ANOTHER)),
    };
    let ours = || {
        let text = fs::read(folder.join(MARKED_FILE)).unwrap_or_default();
        text.starts_with(MARK.as_bytes())
    };
    if entries.count() == 0 || ours() {
        return Ok(());
    }
    let folder = folder.display();
    Err(Error::usage(format!("`{folder}` is not empty, and no earlier output of this command"))
        .help(ANOTHER))
}

const ANOTHER: &str = "name a new or an empty folder by -o DIR";

/// Writes all files beside the folder, then moves them into their place.
pub fn write(folder: &Path, firmware: &Firmware) -> Result<()> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error: io::Error| Error::file("write", &path, &error).help(ANOTHER)
    };
    let parent = match folder.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&parent).map_err(failed(&parent))?;
    let staged = tempfile::Builder::new()
        .prefix(".systole-compile-")
        .tempdir_in(&parent)
        .map_err(failed(&parent))?;
    let mut names = vec![DATA_FILE.to_owned()];
    fs::write(staged.path().join(DATA_FILE), &firmware.data).map_err(failed(folder))?;
    for file in files(firmware) {
        fs::write(staged.path().join(&file.path), file.text).map_err(failed(folder))?;
        names.push(file.path);
    }
    // The file that tells the folder is ours comes first: one cut short can be written again.
    names.sort_by_key(|name| name != MARKED_FILE);
    fs::create_dir_all(folder).map_err(failed(folder))?;
    for name in &names {
        let to = folder.join(name);
        fs::rename(staged.path().join(name), &to).map_err(failed(&to))?;
    }
    Ok(())
}
