//! Generated programs on the golden model alone: they end, and their NPU jobs have no races.

use systole_compiler::NpuShape;
use systole_golden::npu::{cause, hazard};
use systole_golden::{Config, Inputs, Isa, Machine, NpuConfig, Stop, StopReason};
use systole_verif::exercise::Exercise;
use systole_verif::generate::{Target, sample};
use systole_verif::program::layout::TOHOST;
use systole_verif::program::lower;

/// Programs that have to be enough to meet everything.
const PROGRAMS: u64 = 3000;

fn machine(target: Target) -> Machine {
    Machine::new(&Config {
        ram_bytes: target.ram_bytes,
        isa: target.isa,
        npu: NpuConfig {
            dim: target.npu.dim,
            bus_bytes: target.npu.dim.max(4),
            scratchpad_rows: target.npu.scratchpad_rows,
            accumulator_rows: target.npu.accumulator_rows,
            parameter_rows: target.npu.parameter_rows,
        },
    })
}

fn target(dim: u32, isa: Isa) -> Target {
    let npu = NpuShape {
        dim,
        bus_bytes: 4,
        scratchpad_rows: 2048,
        accumulator_rows: 256,
        parameter_rows: 256,
    };
    Target { isa, npu, ram_bytes: 1 << 17 }
}

/// Harts that differ in everything that programs are made for.
fn harts() -> [Isa; 5] {
    let full = Isa::full();
    [
        full,
        Isa::default(),
        Isa { m: true, c: true, ..Isa::default() },
        Isa { c: false, user_mode: true, pmp_regions: 3, ..full },
        Isa { user_mode: false, zbb: false, zicntr: false, pmp_regions: 5, ..full },
    ]
}

#[test]
fn programs_end_with_exit_code_zero() {
    for (isa, dim) in harts().into_iter().zip([4, 8, 4, 8, 4]) {
        let target = target(dim, isa);
        let mut machine = machine(target);
        for index in 0..400 {
            let image = lower(&sample(target, 11, index)).expect("fits");
            machine.reset();
            for (address, bytes) in &image.segments {
                machine.write_memory(*address, bytes).expect("in the RAM");
            }
            let end = machine.run(200_000, Stop { tohost: Some(TOHOST) });
            assert_eq!(end.reason, StopReason::Tohost(1), "program {index} of {isa:?}");
        }
    }
}

/// Every cause of a trap in every mode, and every bit of every CSR, without an RTL.
#[test]
fn programs_exercise_all_of_the_hart() {
    for (isa, programs) in [(Isa::full(), PROGRAMS), (Isa { c: false, ..Isa::full() }, PROGRAMS)] {
        let target = target(2, isa);
        let mut machine = machine(target);
        let mut exercise = Exercise::default();
        for index in 0..programs {
            let image = lower(&sample(target, 3, index)).expect("fits");
            machine.reset();
            for (address, bytes) in &image.segments {
                machine.write_memory(*address, bytes).expect("in the RAM");
            }
            let ended = (0..200_000).any(|_| {
                let retire = machine.step_alone();
                exercise.record(&retire);
                retire.mem_wmask != 0 && retire.mem_addr == TOHOST
            });
            assert!(ended, "program {index} of {isa:?}");
        }
        let missed = exercise.missed(&isa);
        assert!(missed.is_empty(), "in {programs} programs:\n{}", missed.join("\n"));
    }
}

/// A race would make RTL and model differ without a fault in either.
#[test]
fn jobs_are_free_of_hazards_and_meet_every_cause() {
    let mut causes = [0u32; 10];
    for dim in [2, 8, 16] {
        let target = target(dim, Isa::full());
        let mut machine = machine(target);
        for index in 0..600 {
            let program = sample(target, 5, index);
            let image = lower(&program).expect("fits");
            for job in &program.jobs {
                machine.reset();
                for (address, bytes) in &image.segments {
                    machine.write_memory(*address, bytes).expect("in the RAM");
                }
                let record = start(&mut machine, job.list);
                causes[record.end.cause as usize] += 1;
                let hazards = hazard::check(machine.npu.config(), &record.list);
                assert!(hazards.is_empty(), "{}: {}", job.description, hazards[0]);
            }
        }
    }
    for (number, &count) in causes.iter().enumerate() {
        // A list of 65,536 descriptors does not fit the arena.
        let reachable =
            number as u32 != cause::LIST_TOO_LONG && number as u32 != cause::FETCH_ERROR;
        assert!(
            count > 0 || !reachable,
            "{} was never met: {causes:?}",
            cause::name(number as u32)
        );
    }
}

/// Rings the doorbell by a store, as a program would.
fn start(machine: &mut Machine, list: u32) -> systole_golden::npu::JobRecord {
    let code = [
        0x4000_0537, // lui a0, 0x40000
        0x8000_05b7, // lui a1, 0x80000
        0x7005_a583, // lw a1, 0x700(a1)
        0x00b5_2823, // sw a1, 16(a0)
    ];
    let bytes: Vec<u8> = code.iter().flat_map(|word: &u32| word.to_le_bytes()).collect();
    machine.write_memory(0x8000_0000, &bytes).expect("in the RAM");
    machine.write_memory(0x8000_0700, &list.to_le_bytes()).expect("in the RAM");
    for _ in 0..code.len() {
        machine.step(&Inputs::default());
    }
    machine.npu.take_job().expect("the doorbell starts a job")
}
