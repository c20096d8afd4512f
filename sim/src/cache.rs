//! The cache folder: entries that appear whole or not at all, whatever else runs.
//!
//! An entry is a folder named by what it was made from. It is made in a temporary folder beside it
//! and renamed into place; a file lock keeps two processes from doing the same work twice.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::Error;

/// The folder `name` below `parent`, filled by `make` if it does not exist yet.
pub(crate) fn entry(
    parent: &Path,
    name: &str,
    make: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    let target = parent.join(name);
    if target.is_dir() {
        return Ok(target);
    }
    fs::create_dir_all(parent).map_err(Error::io("create the cache folder", parent))?;
    let lock_path = parent.join(format!("{name}.lock"));
    let lock = File::create(&lock_path).map_err(Error::io("create the lock file", &lock_path))?;
    // A file system without locks costs duplicate work at worst: the rename below decides.
    let alone = lock.lock().is_ok();
    if target.is_dir() {
        return Ok(target);
    }
    if alone {
        remove_leftovers(parent, name);
    }
    let temporary = tempfile::Builder::new()
        .prefix(&format!("{name}.tmp-"))
        .tempdir_in(parent)
        .map_err(Error::io("create a folder in", parent))?;
    make(temporary.path())?;
    match fs::rename(temporary.path(), &target) {
        Ok(()) => drop(temporary.keep()),
        Err(_) if target.is_dir() => {} // Someone else was faster; theirs is as good.
        Err(error) => return Err(Error::io("create the cache entry", &target)(error)),
    }
    Ok(target)
}

/// Removes what a process that was killed has left of an entry; called with its lock held. What
/// cannot be removed does no harm.
fn remove_leftovers(parent: &Path, name: &str) {
    let prefix = format!("{name}.tmp-");
    let entries = fs::read_dir(parent).into_iter().flatten().filter_map(Result::ok);
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix)) {
        let _ = fs::remove_dir_all(entry.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn an_entry_is_made_once_by_many_threads() {
        let folder = tempfile::tempdir().unwrap();
        let made = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let path = entry(folder.path(), "x", |to| {
                        made.fetch_add(1, Ordering::Relaxed);
                        fs::write(to.join("file"), "whole").unwrap();
                        Ok(())
                    });
                    assert_eq!(fs::read_to_string(path.unwrap().join("file")).unwrap(), "whole");
                });
            }
        });
        assert_eq!(made.into_inner(), 1);
    }

    #[test]
    fn leftovers_of_a_killed_process_go() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["x.tmp-1", "y.tmp-2"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        entry(folder.path(), "x", |_| Ok(())).unwrap();
        assert!(!folder.path().join("x.tmp-1").exists());
        assert!(folder.path().join("y.tmp-2").exists(), "another entry may be in the making");
    }

    #[test]
    fn a_failure_leaves_no_entry_behind() {
        let folder = tempfile::tempdir().unwrap();
        let failed = entry(folder.path(), "x", |to| {
            fs::write(to.join("half"), "").unwrap();
            Err(Error::Design("no".into()))
        });
        assert!(failed.is_err());
        let left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(left, [folder.path().join("x.lock")]);
        assert!(entry(folder.path(), "x", |_| Ok(())).is_ok());
    }
}
