//! The golden model's NPU, fed with programs.

use systole_compiler::NpuShape;
use systole_compiler::network::Program;
use systole_golden::npu::{cause, hazard};
use systole_golden::{Config, Isa, Machine, NpuConfig, RAM_BASE};

const RAM_BYTES: u32 = 1 << 21;

/// Programs begin here; the code that rings the doorbell lies before.
pub const BASE: u32 = RAM_BASE + 0x1000;

/// An NPU with memories as large as the test's maps need; the bus is as wide as a row, or as wide
/// as a bus can be.
pub fn shape(dim: u32, scratchpad_rows: u32) -> NpuShape {
    NpuShape {
        dim,
        bus_bytes: dim.max(4),
        scratchpad_rows,
        accumulator_rows: 1024,
        parameter_rows: 1024,
        requantise_lanes: dim,
        sequential: false,
    }
}

/// A machine with a program in memory.
pub struct Npu<'a> {
    machine: Machine,
    config: NpuConfig,
    program: &'a Program,
    /// Jobs that were checked for hazards.
    jobs: usize,
}

impl<'a> Npu<'a> {
    /// Loads `program`.
    pub fn new(shape: &NpuShape, program: &'a Program) -> Self {
        let config = NpuConfig {
            dim: shape.dim,
            bus_bytes: shape.bus_bytes,
            scratchpad_rows: shape.scratchpad_rows,
            accumulator_rows: shape.accumulator_rows,
            parameter_rows: shape.parameter_rows,
            double_rounding: false,
            int4_weights: false,
        };
        let isa = Isa::default();
        let mut machine = Machine::new(&Config { ram_bytes: RAM_BYTES, isa, npu: config });
        for segment in &program.segments {
            machine.write_memory(segment.address, &segment.bytes).expect("the program fits");
        }
        Self { machine, config, program, jobs: 0 }
    }

    /// Runs the program on an input. The first job is checked for missing tokens.
    pub fn run(&mut self, input: &[i8]) -> Vec<i8> {
        let bytes: Vec<u8> = input.iter().map(|&x| x as u8).collect();
        self.machine.write_memory(self.program.input, &bytes).expect("the input fits");
        let job = self.machine.run_job(self.program.list).expect("no job runs");
        let end = job.end;
        assert_eq!(end.cause, 0, "{} at descriptor {}", cause::name(end.cause), end.fault_index);
        assert_eq!(job.list.descriptors.len(), self.program.descriptors.len());
        if self.jobs == 0 {
            let hazards = hazard::check(&self.config, &job.list);
            let first: Vec<String> = hazards.iter().take(5).map(|h| h.to_string()).collect();
            assert!(hazards.is_empty(), "{} hazards: {first:#?}", hazards.len());
        }
        self.jobs += 1;
        let output = self.machine.read_memory(self.program.output, self.program.output_shape.len());
        super::signed(output.expect("the output fits"))
    }
}
