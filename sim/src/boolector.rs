//! Finding Boolector, the solver behind the proofs, or getting it.
//!
//! In this order: `SYSTOLE_BOOLECTOR`, the search path (3.0 or newer), Systole's own copy, which
//! comes with its [Yosys](crate::Yosys).

use std::path::{Path, PathBuf};

use crate::progress::Progress;
use crate::settings::Settings;
use crate::{Error, process, yosys};

const GET_BOOLECTOR: &str = "Install Boolector 3.0 or newer (https://boolector.github.io), or \
unset SYSTOLE_BOOLECTOR to let Systole install it.";

/// A Boolector that can be run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Boolector {
    /// The program.
    pub program: PathBuf,
    /// Its version, such as 3.2.3.
    pub version: String,
}

impl Boolector {
    /// Finds Boolector, installing Systole's own copy if there is no other.
    pub fn provide(settings: &Settings, progress: &dyn Progress) -> Result<Boolector, Error> {
        match Self::find(settings)? {
            Some(boolector) => Ok(boolector),
            None => inspect(settings, &yosys::OWN.program(settings, "boolector", progress)?),
        }
    }

    /// Finds a Boolector that is already there: `None` if one would have to be installed.
    pub fn find(settings: &Settings) -> Result<Option<Boolector>, Error> {
        if let Some(named) = &settings.boolector {
            return from_variable(settings, named).map(Some);
        }
        let on_path = settings
            .find_program("boolector")
            .and_then(|program| inspect(settings, &program).ok())
            .filter(Boolector::is_incremental);
        match (on_path, yosys::OWN.installed(settings)) {
            (Some(boolector), _) => Ok(Some(boolector)),
            (None, Some(own)) => inspect(settings, &own.join("boolector")).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Whether it takes several questions, one after the other: older ones do not.
    fn is_incremental(&self) -> bool {
        let major = self.version.split('.').next().and_then(|major| major.parse::<u32>().ok());
        major.is_some_and(|major| major >= 3)
    }
}

fn from_variable(settings: &Settings, named: &Path) -> Result<Boolector, Error> {
    let wrong = |what: String| Error::Missing {
        what: format!("SYSTOLE_BOOLECTOR is `{}`{what}", named.display()),
        install: GET_BOOLECTOR.into(),
    };
    let program =
        settings.find_program(named).ok_or_else(|| wrong(": there is no such program".into()))?;
    let boolector = inspect(settings, &program)?;
    if boolector.is_incremental() {
        Ok(boolector)
    } else {
        Err(wrong(format!(", version {}: Systole needs 3.0 or newer", boolector.version)))
    }
}

fn inspect(settings: &Settings, program: &Path) -> Result<Boolector, Error> {
    let text = process::run(settings.command(program).arg("--version"), GET_BOOLECTOR)?;
    Ok(Boolector { program: program.into(), version: text.trim().to_owned() })
}
