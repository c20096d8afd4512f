//! `systole infer`: a quantised network on the RTL, the golden model, or both, with what each layer
//! takes.

mod inputs;
mod output;
mod report;
mod run;
mod table;
mod verify;

use std::path::{Path, PathBuf};

use systole_verif::infer::{self, Costs, Model, Planned, Timing};
use systole_verif::run::Engine;

use crate::args::{Chip, ChipArgs, EngineName};
use crate::cosim;
use crate::exit::{Error, Exit, Result};
use crate::json::Target;
use crate::simulation::{self, Extras};

/// Arguments of `systole infer`.
#[derive(clap::Args)]
#[command(after_help = "\
A layer's cycles are those of the RTL from the end of the layer in front of it to its own end, in the
run of the first image. Maps stay inside the NPU, so --verify runs the network once more for each
layer and image, up to that layer.")]
pub struct Args {
    /// Model: quantised ONNX, in QOperator or QDQ form, or int8 TensorFlow Lite.
    #[arg(value_name = "MODEL.onnx|.tflite")]
    model: PathBuf,
    /// Inputs: .npy, .npz (an array of it by F.npz:NAME), or bare numbers, in the model's type and
    /// shape with a batch of any size [default: one input of seeded random numbers].
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Write the outputs of all images as .npy, in the model's own type.
    #[arg(long, value_name = "FILE.npy")]
    output: Option<PathBuf>,
    /// Take so many images of the input, or random ones.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    images: Option<u32>,
    /// Seed of random inputs.
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "input")]
    seed: u64,
    /// What runs it.
    #[arg(long, value_enum, default_value = "rtl")]
    engine: EngineName,
    #[command(flatten)]
    chip: ChipArgs,
    /// Say what would run where and what it is expected to take, and run nothing.
    #[arg(long, conflicts_with_all = ["input", "output", "images", "verify"])]
    check: bool,
    /// Compare every layer with the network computed by plain loops, and the outputs with ONNX
    /// Runtime where Python has it. A run for each layer and image: this takes its time.
    #[arg(long)]
    verify: bool,
    /// Run on a chip with this hand-made fault in it: what --verify finds can be tried out.
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    inject: Option<String>,
    /// Write the result as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write table, timeline and memory map as a page that needs no other file.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Write the table of layers as CSV.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

/// A model planned for a chip.
struct Case {
    /// File of the model.
    file: PathBuf,
    model: Model,
    chip: Chip,
    engine: Engine,
    planned: Planned,
    costs: Costs,
}

/// Plans, runs and tells.
pub fn command(args: &Args) -> Result {
    let mut case = Case::new(args)?;
    if args.check {
        let csv = Target::open(args.csv.as_deref())?;
        let page = Target::open(args.report.as_deref())?;
        let json = Target::open(args.json.as_deref())?;
        table::print(&case);
        csv.text(&table::csv(&case))?;
        page.text(&case.page("planned", None))?;
        json.json(&report::result(&case, None))?;
        return Ok(Exit::Good);
    }
    let inputs = inputs::read(args, &case.model)?;
    let output = output::File::open(args.output.as_deref())?;
    let csv = Target::open(args.csv.as_deref())?;
    let page = Target::open(args.report.as_deref())?;
    let json = Target::open(args.json.as_deref())?;
    let fault = args.inject.as_deref().map(|name| fault(&case, name)).transpose()?;
    let library = match case.engine {
        Engine::Golden => None,
        Engine::Rtl | Engine::Lockstep => {
            let extras = Extras { faults: fault.is_some(), ..Extras::default() };
            Some((simulation::library(&case.chip, extras)?, fault.unwrap_or(0)))
        }
    };
    let outcome = run::run(&mut case, &inputs, library.as_ref(), args.verify)?;
    table::print(&case);
    run::tell(&case, &inputs, &outcome);
    output.write(&outcome.outputs)?;
    csv.text(&table::csv(&case))?;
    page.text(&case.page(case.engine.name(), outcome.timing.as_ref()))?;
    json.json(&report::result(&case, Some((&inputs, &outcome))))?;
    Ok(outcome.exit())
}

impl Case {
    fn new(args: &Args) -> Result<Self> {
        let chip = args.chip.chip_with_npu()?;
        let file = args.model.clone();
        let bytes = std::fs::read(&file).map_err(|error| Error::file("read", &file, &error))?;
        let model = Model::read(&bytes).map_err(|error| wrong(&file, error))?;
        let planned =
            Planned::new(&model.network, &chip.config).map_err(|error| wrong(&file, error))?;
        let costs = Costs::predicted(&planned);
        Ok(Self { file, model, chip, engine: args.engine.into(), planned, costs })
    }

    /// The page of `--report`; `timing` is what was measured on the RTL.
    fn page(&self, engine: &str, timing: Option<&Timing>) -> String {
        let name = self.file.file_name().unwrap_or_default().to_string_lossy();
        let subject = infer::Subject { model: &name, chip: &self.chip.name, engine };
        infer::page(subject, &self.model, (&self.planned, &self.costs), timing)
    }
}

/// The number of a fault.
fn fault(case: &Case, name: &str) -> Result<u16> {
    if case.engine == Engine::Golden {
        return Err(Error::usage("--inject: the golden model has no faults")
            .help("add --engine rtl or --engine lockstep"));
    }
    cosim::fault(&case.chip, name).map(|(_, number)| number)
}

/// What is wrong with a file.
fn wrong(file: &Path, error: infer::Error) -> Error {
    Error::usage(format!("{}: {error}", file.display())).help(error.help)
}
