//! Comparing each layer with plain loops, and the outputs with ONNX Runtime.

use systole_verif::infer::reference::Reference;
use systole_verif::infer::{Array, Checker, Difference, Failure, Format, Runner};

use super::Case;
use super::inputs::Inputs;
use super::run::outputs;
use crate::exit::Result;
use crate::output;
use crate::progress::Progress;

/// What was compared, and what differs.
pub struct Verified {
    /// Layers of each image that were compared.
    pub layers: usize,
    /// Layers that could not be planned alone, and why.
    pub unseen: Vec<(String, String)>,
    /// Images whose layers were compared.
    pub images: usize,
    /// The first difference, and its image.
    pub difference: Option<(usize, Difference)>,
    /// What ONNX Runtime says.
    pub runtime: Runtime,
}

/// What ONNX Runtime says of the outputs.
pub enum Runtime {
    /// It was not asked, because something else went wrong.
    Unasked,
    /// No Python has it.
    Absent,
    /// It does not run this model.
    Refuses(String),
    /// It gave outputs.
    Ran {
        /// Its version.
        version: String,
        /// Numbers that differ.
        differing: usize,
        /// Image and place of the first, what we gave, what it gave.
        first: Option<(usize, usize, f64, f64)>,
    },
}

impl Verified {
    /// Whether nothing differs.
    pub fn is_good(&self) -> bool {
        let runtime = matches!(self.runtime, Runtime::Ran { differing: 1.., .. });
        self.difference.is_none() && !runtime
    }
}

/// Compares all images up to the first difference; `runs` are what the NPU got and gave.
pub fn verify(
    case: &Case,
    inputs: &Inputs,
    (codes, results): (&[Vec<i8>], &[Vec<i8>]),
    runner: &mut Runner,
) -> Result<(Verified, Option<(String, Failure)>)> {
    let line = Progress::new();
    let mut checker = Checker::new(&case.model.network, &case.chip.config);
    let unseen = checker.unseen.iter().map(|(layer, e)| (layer.clone(), e.message.clone()));
    let mut verified = Verified {
        layers: checker.layers(),
        unseen: unseen.collect(),
        images: 0,
        difference: None,
        runtime: Runtime::Unasked,
    };
    for (image, (codes, result)) in codes.iter().zip(results).enumerate() {
        let share = || line.share(image as f64, inputs.images as f64);
        line.update(|| format!("verify image {image}  {}", share()));
        match checker.check(codes, result, runner) {
            Ok(found) => verified.difference = found.map(|difference| (image, difference)),
            Err((layer, failure)) => {
                let place = format!("image {image}, the network up to {layer}");
                return Ok((verified, Some((place, failure))));
            }
        }
        verified.images += 1;
        if verified.difference.is_some() {
            break;
        }
    }
    drop(line);
    verified.runtime = ask_runtime(case, &inputs.used(), &outputs(case, results));
    Ok((verified, None))
}

fn ask_runtime(case: &Case, inputs: &Array, ours: &Array) -> Runtime {
    if case.model.format == Format::TensorFlowLite {
        return Runtime::Refuses("it reads ONNX models only".into());
    }
    let Some(reference) = Reference::find() else { return Runtime::Absent };
    let theirs = match reference.outputs(&case.file, inputs) {
        Ok(theirs) => theirs,
        Err(error) => return Runtime::Refuses(error.message),
    };
    let (a, b) = (&ours.numbers, &theirs.numbers);
    if a.element() != b.element() || a.len() != b.len() {
        let shapes = format!("{:?}, and we {:?}", theirs.shape, ours.shape);
        return Runtime::Refuses(format!("it gives {} of shape {shapes}", b.element()));
    }
    // A NaN, which no network of integers gives, would differ from itself.
    let mut differing = (0..a.len()).filter(|&i| a.real(i) != b.real(i));
    let first = differing.next();
    let count = differing.count() + usize::from(first.is_some());
    let length = a.len() / ours.shape[0].max(1);
    let first = first.map(|i| (i / length, i % length, a.real(i), b.real(i)));
    Runtime::Ran { version: reference.version, differing: count, first }
}

impl Verified {
    /// Prints what was compared.
    pub fn tell(&self, case: &Case) {
        say!("");
        let images = output::count(self.images as u64, "image");
        match &self.difference {
            None if self.images == 0 => say!("verified  nothing"),
            None => say!("verified  {} layers of {images}: all equal", self.layers),
            Some((image, d)) => {
                let [line, pixel, channel] = d.first;
                say!(
                    "DIFFERS   image {image}, layer {} ({}): {} of {} elements, the first at line \
                     {line}, pixel {pixel}, channel {channel}: {} on {}, {} is right",
                    d.layer,
                    d.operation,
                    d.differing,
                    d.elements,
                    d.found,
                    case.engine.name(),
                    d.expected
                );
            }
        }
        for (layer, reason) in &self.unseen {
            say!("          not compared: {layer}: {reason}");
        }
        match &self.runtime {
            Runtime::Unasked => {}
            Runtime::Absent => {
                note!(
                    "help:  outputs are compared with ONNX Runtime, too, where python3 has it: pip install onnxruntime"
                );
            }
            Runtime::Refuses(reason) => say!("          not compared with ONNX Runtime: {reason}"),
            Runtime::Ran { version, first: None, .. } => {
                say!("          outputs equal those of ONNX Runtime {version}");
            }
            Runtime::Ran { version, differing, first: Some((image, at, ours, theirs)) } => say!(
                "DIFFERS   {} from ONNX Runtime {version}, the first in image {image} at {at}: \
                 {ours}, there {theirs}",
                output::count(*differing as u64, "output")
            ),
        }
    }
}
