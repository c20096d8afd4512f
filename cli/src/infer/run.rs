//! Running the images, and telling what came out.

use std::sync::Arc;
use std::time::Instant;

use systole_sim::Library;
use systole_verif::infer::{Array, Failure, Job, Numbers, Runner, Timing};

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
    /// When the descriptors of the first image's job ran on the RTL; `None` without RTL.
    pub timing: Option<Timing>,
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

/// Runs all images, notes what each layer took in the first, and compares if that is asked for.
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
    let Images { results, timing, mut failure } = images(case, &codes, &mut runner);
    if let Some(timing) = &timing {
        case.costs.measure(&case.planned, timing);
    }
    let mut verified = None;
    if verify && failure.is_none() {
        let (found, failed) = verify::verify(case, inputs, (&codes, &results), &mut runner)?;
        (verified, failure) = (Some(found), failed);
    }
    let outputs = outputs(case, &results);
    Ok(Outcome { outputs, failure, verified, timing, seconds: start.elapsed().as_secs_f64() })
}

/// What the images gave, up to the first that failed.
#[derive(Default)]
struct Images {
    results: Vec<Vec<i8>>,
    /// Of the first.
    timing: Option<Timing>,
    failure: Option<(String, Failure)>,
}

/// Runs the images up to the first that fails.
fn images(case: &Case, codes: &[Vec<i8>], runner: &mut Runner) -> Images {
    let line = Progress::new();
    let mut job = Job::new(&case.planned);
    let (mut ran, total) = (Images::default(), codes.len() as f64);
    let expected = case.planned.predicted();
    for (image, codes) in codes.iter().enumerate() {
        line.update(|| format!("image {image}  {}", line.share(image as f64, total)));
        job.set_input(codes);
        // A long job says how it goes, too. It may take a little more than the planner expects.
        let mut at = |cycles: u64| {
            let part = (cycles as f64 / expected.max(1) as f64).min(0.99);
            line.update(|| {
                let share = line.share(image as f64 + part, total);
                let cycles = output::count(cycles, "cycle");
                format!("image {image}  {cycles} of about {}  {share}", output::grouped(expected))
            });
        };
        match runner.run_with(&job, &mut at) {
            Ok(of_image) => {
                ran.results.push(of_image.output);
                if image == 0 {
                    ran.timing = of_image.timing;
                }
            }
            Err(failure) => {
                ran.failure = Some((format!("image {image}"), failure));
                break;
            }
        }
    }
    ran
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
