//! FFI to a Verilated model of a Systole chip: the only crate with unsafe code.
//!
//! A [`Library`] is a compiled model with its shim (see `gen/templates/shim.cpp`); a [`Model`] is one
//! chip of it. Models are independent of each other and may live on different threads.
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks)]
#![warn(missing_docs)]

mod interface;
mod model;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use interface::Interface;
pub use interface::{PortStalls, Pulses, Record, Stop};
pub use model::{Model, OutOfRange};

/// Version of the C interface that this crate speaks.
pub const ABI: u32 = 4;

/// Why a shared library is no usable model.
#[derive(Debug)]
pub enum LoadError {
    /// The dynamic linker refused it.
    Open {
        /// The library.
        path: PathBuf,
        /// The linker's words.
        reason: String,
    },
    /// A function of the interface is missing.
    Symbol {
        /// The library.
        path: PathBuf,
        /// The function.
        name: &'static str,
    },
    /// It speaks another version of the interface.
    Abi {
        /// The library.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            LoadError::Open { path, reason } => {
                write!(f, "cannot load the model {}: {reason}", path.display())
            }
            LoadError::Symbol { path, name } => {
                write!(f, "{} is no Systole model: it has no function `{name}`", path.display())
            }
            LoadError::Abi { path, found } => write!(
                f,
                "{} was built for interface version {found}, this program needs {ABI}: delete it",
                path.display()
            ),
        }
    }
}

impl std::error::Error for LoadError {}

/// A loaded model library. It stays loaded as long as a [`Model`] of it lives.
pub struct Library {
    interface: Interface,
    ram_bytes: u32,
    path: PathBuf,
    // Last: the functions above point into it.
    _handle: libloading::Library,
}

impl Library {
    /// Loads the library at `path`, which must be one that `systole-sim` built: loading runs its
    /// initialisers, and its functions are trusted to be what their names say.
    pub fn open(path: &Path) -> Result<Arc<Library>, LoadError> {
        // SAFETY: the initialisers of a library built from Verilator's runtime, its output and our
        // shim only construct C++ statics. The file is private to the cache folder and its name is
        // a hash of all that went into it, so it is that library and not another.
        let handle = unsafe { libloading::Library::new(path) }
            .map_err(|e| LoadError::Open { path: path.into(), reason: e.to_string() })?;
        let interface = Interface::resolve(&handle)
            .map_err(|name| LoadError::Symbol { path: path.into(), name })?;
        let found = interface.abi();
        if found != ABI {
            return Err(LoadError::Abi { path: path.into(), found });
        }
        let ram_bytes = interface.ram_bytes();
        Ok(Arc::new(Library { interface, ram_bytes, path: path.into(), _handle: handle }))
    }

    /// Bytes of RAM behind the chip's ports, from 0x8000_0000.
    pub fn ram_bytes(&self) -> u32 {
        self.ram_bytes
    }

    /// The file it was loaded from.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("Library").field("path", &self.path).finish_non_exhaustive()
    }
}
