//! From a planned model to what the templates take.

use std::sync::atomic::AtomicBool;

use systole_compiler::network::{Input, Output, Program, softmax_power};
use systole_gen::firmware::{Conversion, Firmware, Number, Port};
use systole_verif::infer::{Array, Element, Job, Model, Planned, Runner, random};
use systole_verif::run::Engine;

use crate::args::Chip;
use crate::exit::{Error, Result};
use crate::simulation::tool_error;

/// Seed of the test's input, as `systole infer` has it.
const SEED: u64 = 0;

/// The network with an input and the output that the golden model gives.
pub fn firmware(name: &str, model: &Model, planned: &Planned, chip: &Chip) -> Result<Firmware> {
    let program = &planned.program;
    let network = &model.network;
    let input = random(model, 1, SEED);
    let (data_address, data) = data(program);
    Ok(Firmware {
        model: plain(name),
        chip: plain(&chip.name),
        toml: chip.config.to_toml(),
        isa: chip.config.core.isa(),
        output: Port {
            name: model.output.name.clone(),
            number: number(model.output_element()),
            shape: model.output_shape().to_vec(),
            elements: program.output_shape.len(),
            conversion: output(&network.finish)?,
            reordered: order(model.output_is_reordered(), network.shape(network.output)),
            address: program.output,
            example: example(model, planned, chip, &input)?,
        },
        input: Port {
            name: model.input.name.clone(),
            number: number(model.input_element()),
            shape: model.input_shape().to_vec(),
            elements: model.input_len(),
            conversion: match network.prepare {
                Input::Signed => Conversion::Signed,
                Input::Unsigned => Conversion::Unsigned,
                Input::Real { scale, zero_point } => Conversion::Real { scale, zero_point },
            },
            reordered: order(model.input_is_reordered(), network.shape(network.input)),
            address: program.input,
            example: input.numbers.to_bytes(),
        },
        base: program.input,
        end: data_address + data.len() as u32,
        data_address,
        data,
        list: program.list,
    })
}

/// All segments in one piece, with zeros between them.
fn data(program: &Program) -> (u32, Vec<u8>) {
    let start = program.segments.iter().map(|segment| segment.address).min();
    let start = start.unwrap_or(program.list);
    let mut data = vec![0; (program.end - start) as usize];
    for segment in &program.segments {
        let from = (segment.address - start) as usize;
        data[from..from + segment.bytes.len()].copy_from_slice(&segment.bytes);
    }
    (start, data)
}

fn number(element: Element) -> Number {
    match element {
        Element::Float32 => Number::Float32,
        Element::Int8 => Number::Int8,
        Element::Uint8 => Number::Uint8,
    }
}

fn order(reordered: bool, map: systole_compiler::network::Shape) -> Option<(usize, usize)> {
    reordered.then_some((map.channels as usize, map.pixels() as usize))
}

fn output(finish: &Output) -> Result<Conversion> {
    match finish {
        Output::Signed => Ok(Conversion::Signed),
        Output::Unsigned => Ok(Conversion::Unsigned),
        Output::Real { scale, zero_point } => {
            Ok(Conversion::Real { scale: *scale, zero_point: *zero_point })
        }
        Output::Softmax { scale, unsigned } => Ok(Conversion::Softmax {
            powers: (0..=u8::MAX).map(|distance| softmax_power(distance, *scale)).collect(),
            unsigned: *unsigned,
        }),
        Output::Tail(_) => Err(Error::usage(
            "the model leaves its last layers in float, which firmware in C cannot compute with \
             the same result to the bit",
        )
        .help("quantise them, too: `systole infer --check` lists what the host would do")),
    }
}

/// The model's output for an input, in little endian.
fn example(model: &Model, planned: &Planned, chip: &Chip, input: &Array) -> Result<Vec<u8>> {
    let never = AtomicBool::new(false);
    let mut runner = Runner::new(&chip.config, Engine::Golden, None, &never).map_err(tool_error)?;
    let mut job = Job::new(planned);
    job.set_input(&model.codes(input, 0));
    let ran = runner
        .run(&job)
        .map_err(|failure| Error::usage(format!("the golden model does not run it: {failure}")))?;
    Ok(model.outputs(&ran.output).to_bytes())
}

/// A name that cannot end a comment or a line of the sources.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_control() || "*/\\`|".contains(c) { '_' } else { c }).collect()
}
