//! Running the images, and telling what came out.

use std::sync::Arc;
use std::time::Instant;

use systole_sim::Library;
use systole_verif::infer::{Array, Failure, Job, Numbers, Runner};

use super::Case;
use super::inputs::Inputs;
use super::verify::{self, Verified};
use crate::exit::{Exit, Result};
use crate::progress::Progress;
use crate::simulation::tool_error;
use crate::{interrupt, output};

/// Images whose outputs are printed.
const SHOWN_IMAGES: usize = 3;
/// Numbers of an output that are printed.
const SHOWN_NUMBERS: usize = 12;

/// What the images gave.
pub struct Outcome {
    /// Outputs of the images that were run, with a batch as the first axis.
    pub outputs: Array,
    /// What went wrong, with where, if something did.
    pub failure: Option<(String, Failure)>,
    /// What was compared, if that was asked for.
    pub verified: Option<Verified>,
    /// Wall time of running and comparing.
    pub seconds: f64,
}

impl Outcome {
    /// How the command ends.
    pub fn exit(&self) -> Exit {
        match &self.failure {
            Some((_, Failure::Interrupted)) => Exit::Interrupted,
            Some((_, Failure::Broken(_))) => Exit::Tool,
            Some(_) => Exit::Failed,
            None if self.verified.as_ref().is_some_and(|verified| !verified.is_good()) => {
                Exit::Failed
            }
            None => Exit::Good,
        }
    }
}

/// Runs all images, counts the cycles of each layer on the first, and compares if that is asked for.
/// With the library comes the number of an injected fault, 0 for none.
pub fn run(
    case: &mut Case,
    inputs: &Inputs,
    library: Option<&(Arc<Library>, u16)>,
    verify: bool,
) -> Result<Outcome> {
    let start = Instant::now();
    let interrupted = interrupt::flag();
    let (library, fault) = (library.map(|with| &with.0), library.map_or(0, |with| with.1));
    let mut runner =
        Runner::new(&case.chip.config, case.engine, library, interrupted).map_err(tool_error)?;
    runner.select_fault(fault);
    let codes: Vec<Vec<i8>> =
        (0..inputs.images).map(|image| case.model.codes(&inputs.array, image)).collect();
    let (results, mut failure) = images(case, &codes, &mut runner);
    if failure.is_none() {
        failure = count(case, &codes[0], &mut runner)
            .err()
            .map(|failure| ("counting the cycles of the layers".to_owned(), failure));
    }
    let mut verified = None;
    if verify && failure.is_none() {
        let (found, failed) = verify::verify(case, inputs, (&codes, &results), &mut runner)?;
        (verified, failure) = (Some(found), failed);
    }
    let outputs = outputs(case, &results);
    Ok(Outcome { outputs, failure, verified, seconds: start.elapsed().as_secs_f64() })
}

/// Runs the images up to the first that fails.
fn images(
    case: &Case,
    codes: &[Vec<i8>],
    runner: &mut Runner,
) -> (Vec<Vec<i8>>, Option<(String, Failure)>) {
    let line = Progress::new();
    let mut job = Job::new(&case.planned);
    let (mut results, images) = (Vec::new(), codes.len());
    for (image, codes) in codes.iter().enumerate() {
        let total = images as f64;
        line.update(|| format!("image {image}  {}", line.share(image as f64, total)));
        job.set_input(codes);
        match runner.run(&job) {
            Ok(ran) => results.push(ran.output),
            Err(failure) => return (results, Some((format!("image {image}"), failure))),
        }
    }
    (results, None)
}

fn count(case: &mut Case, codes: &[i8], runner: &mut Runner) -> std::result::Result<(), Failure> {
    let line = Progress::new();
    let mut job = Job::new(&case.planned);
    job.set_input(codes);
    let layers = case.planned.layers.len();
    let mut progress =
        |layer: usize| line.update(|| format!("cycles of layer {layer} of {layers}"));
    case.costs.count(&case.planned, &mut job, runner, &mut progress)
}

/// The model's outputs for what the NPU gave.
pub fn outputs(case: &Case, results: &[Vec<i8>]) -> Array {
    let element = case.model.output_element();
    let bytes: Vec<u8> =
        results.iter().flat_map(|codes| case.model.outputs(codes).to_bytes()).collect();
    let mut shape = vec![results.len()];
    shape.extend(case.model.output_shape());
    Array { shape, numbers: Numbers::from_bytes(element, &bytes) }
}

/// Prints outputs and how it went.
pub fn tell(case: &Case, inputs: &Inputs, outcome: &Outcome) {
    let images = outcome.outputs.shape[0];
    let length = outcome.outputs.numbers.len() / images.max(1);
    say!("");
    for image in 0..images.min(SHOWN_IMAGES) {
        let numbers = (image * length..image * length + length.min(SHOWN_NUMBERS))
            .map(|index| format!("{}", outcome.outputs.numbers.real(index) as f32));
        let more = if length > SHOWN_NUMBERS { " ..." } else { "" };
        say!("output {image}  {}{more}", numbers.collect::<Vec<_>>().join(" "));
    }
    if images > SHOWN_IMAGES {
        say!("          and {} more; --output FILE.npy has all", images - SHOWN_IMAGES);
    }
    if let Some(verified) = &outcome.verified {
        verified.tell(case);
    }
    if let Some((place, failure)) = &outcome.failure {
        if *failure == Failure::Interrupted {
            note!("interrupted at {place}");
        } else {
            note!("FAIL  {place}: {failure}");
        }
        if let Failure::Diverged(divergence) = failure {
            for difference in &divergence.differences {
                let (rtl, golden) = (difference.rtl, difference.golden);
                note!("  {:<10} rtl {rtl:#010x}   golden {golden:#010x}", difference.field);
            }
        }
    }
    note!(
        "{}: {} of {} run in {}",
        case.engine.name(),
        images,
        output::count(inputs.images as u64, "image"),
        output::time(outcome.seconds)
    );
}
