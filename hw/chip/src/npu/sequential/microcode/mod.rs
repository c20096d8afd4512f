//! The program of the sequencer: docs/npu.md, step by step.

mod assembler;
mod check;
mod context;
mod double_rounding;
mod exec;
mod exec_map;
mod job;
mod load;
mod load_windows;
mod parameters;
mod pool;
pub mod registers;
mod requantise;
mod residual;
mod rounding;
mod scaling;
mod store;
mod store_chunk;
mod transfers;
mod wide;

pub use assembler::Program;

use super::inner::InnerMap;
use crate::config::NpuConfig;
use assembler::Assembler;
use context::Context;

/// The program of an NPU of this configuration.
pub fn program(config: &NpuConfig) -> Program {
    let mut p = Assembler::default();
    let c = Context::new(&mut p, config, InnerMap::of(config));
    job::emit(&mut p, &c);
    transfers::emit(&mut p, &c);
    check::emit(&mut p, &c);
    // The units run one after the other, and keep nothing in between.
    for unit in [load::emit, exec::emit, store::emit] {
        p.scope(|p| unit(p, &c));
    }
    p.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Part = fn(&mut Assembler, &Context);

    /// What each part takes of the program, and the registers that are in use after it.
    #[test]
    fn sizes() {
        for double_rounding in [false, true] {
            println!("double rounding: {double_rounding}");
            sizes_of(&NpuConfig {
                dim: 4,
                bus_bits: 32,
                scratchpad_rows: 1024,
                accumulator_rows: 256,
                parameter_rows: 256,
                double_rounding,
                sequential: true,
                ..NpuConfig::default()
            });
        }
    }

    fn sizes_of(config: &NpuConfig) {
        let mut p = Assembler::default();
        let c = Context::new(&mut p, config, InnerMap::of(config));
        let resident: [(&str, Part); 3] =
            [("job", job::emit), ("transfers", transfers::emit), ("check", check::emit)];
        let units: [(&str, Part); 3] =
            [("load", load::emit), ("exec", exec::emit), ("store", store::emit)];
        let tell = |name: &str, p: &Assembler, before: usize| {
            let (instructions, registers) = p.size();
            println!("{name}: {} instructions, {registers} registers", instructions - before);
        };
        for (name, emit) in resident {
            let before = p.size().0;
            emit(&mut p, &c);
            tell(name, &p, before);
        }
        for (name, emit) in units {
            let before = p.size().0;
            p.scope(|p| emit(p, &c));
            tell(name, &p, before);
        }
        assert_eq!(p.finish().words, program(config).words, "these are all parts");
    }
}
