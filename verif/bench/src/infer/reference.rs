//! ONNX Runtime, where Python has it.
//!
//! `SYSTOLE_PYTHON` names the Python; without it, it is `python3` or `python` of the search path.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Array, Error, npy};

/// Runs a model on each input and saves the outputs. Where a model wants a number of inputs at a time,
/// the first ones fill up the last time. The option keeps the result from depending on
/// the processor, since without it sums of uint8 and int8 saturate on some; with it some kernels of
/// int8 and int8, which do not saturate, are missing.
const SCRIPT: &str = "\
import sys, numpy, onnxruntime
model, inputs, outputs = sys.argv[1:]

def session(precise):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    if precise:
        options.add_session_config_entry('session.x64quantprecision', '1')
    return onnxruntime.InferenceSession(model, options, providers=['CPUExecutionProvider'])

try:
    try:
        session = session(True)
    except Exception:
        session = session(False)
    x, source = numpy.load(inputs), session.get_inputs()[0]
    if len(source.shape) < x.ndim:
        y = numpy.stack([session.run(None, {source.name: image})[0] for image in x])
    else:
        batch = source.shape[0] if isinstance(source.shape[0], int) else 1
        images = numpy.arange(-(-len(x) // batch) * batch) % len(x)
        batches = [x[images[i:i + batch]] for i in range(0, len(images), batch)]
        y = numpy.concatenate([session.run(None, {source.name: some})[0] for some in batches])
    numpy.save(outputs, numpy.ascontiguousarray(y[:len(x)]))
except Exception as error:
    sys.exit(str(error).splitlines()[0])
";

const VERSION: &str = "import numpy, onnxruntime; print(onnxruntime.__version__)";

/// Characters of its message that are told.
const LONGEST_REASON: usize = 200;

/// A Python with ONNX Runtime.
pub struct Reference {
    python: OsString,
    /// ONNX Runtime's version.
    pub version: String,
}

impl Reference {
    /// The first Python that has ONNX Runtime and NumPy.
    pub fn find() -> Option<Self> {
        let named = std::env::var_os("SYSTOLE_PYTHON").filter(|python| !python.is_empty());
        let found = || ["python3", "python"].map(OsString::from).to_vec();
        named.map_or_else(found, |python| vec![python]).into_iter().find_map(|python| {
            let mut command = Command::new(&python);
            command.args(["-c", VERSION]).stdin(Stdio::null());
            let output = command.output().ok().filter(|output| output.status.success())?;
            let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            Some(Self { python, version })
        })
    }

    /// The outputs of the model in a file for inputs of its type and shape.
    ///
    /// # Errors
    /// When ONNX Runtime does not take the model, with the end of what it printed.
    pub fn outputs(&self, model: &Path, inputs: &Array) -> Result<Array, Error> {
        let io = |error: std::io::Error| Error::new(format!("a temporary folder: {error}"));
        let folder = tempfile::tempdir().map_err(io)?;
        let [from, to] = ["inputs.npy", "outputs.npy"].map(|name| folder.path().join(name));
        std::fs::write(&from, npy::write(inputs)).map_err(io)?;
        let mut command = Command::new(&self.python);
        command.args(["-c", SCRIPT]).arg(model).arg(&from).arg(&to).stdin(Stdio::null());
        let output = command.output().map_err(io)?;
        if !output.status.success() {
            let printed = String::from_utf8_lossy(&output.stderr);
            let last = printed.lines().rev().find(|line| !line.trim().is_empty());
            let last: String =
                last.unwrap_or("it printed nothing").chars().take(LONGEST_REASON).collect();
            return Err(Error::new(format!("ONNX Runtime does not run the model: {last}")));
        }
        npy::read(&std::fs::read(&to).map_err(io)?)
    }
}
