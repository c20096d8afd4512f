//! Generated programs on the golden model alone: they end, and their NPU jobs have no races.

use std::collections::BTreeMap;

use systole_compiler::NpuShape;
use systole_golden::npu::descriptor::{Destination, Kernel, Operation, Source, Space, Then};
use systole_golden::npu::{BusWindow, ByteWrite, JobRecord, cause, hazard};
use systole_golden::{Config, Isa, Machine, NpuConfig, Stop, StopReason};
use systole_isa::{
    Activations, Csr, CsrOp, CsrSource, Descriptor, Exec, Header, Instruction, Load, Register,
};
use systole_verif::coverage::Coverage;
use systole_verif::generate::{Profile, Target, sample};
use systole_verif::program::layout::{NPU, NPU_ABORT, NPU_DOORBELL, TOHOST};
use systole_verif::program::{Block, Image, lower};

/// Programs that have to be enough to meet everything.
const PROGRAMS: u64 = 3000;

fn machine(target: Target) -> Machine {
    Machine::new(&Config {
        ram_bytes: target.ram_bytes,
        isa: target.isa,
        npu: NpuConfig {
            dim: target.npu.dim,
            bus_bytes: target.npu.bus_bytes,
            scratchpad_rows: target.npu.scratchpad_rows,
            accumulator_rows: target.npu.accumulator_rows,
            parameter_rows: target.npu.parameter_rows,
            double_rounding: target.double_rounding,
            int4_weights: target.int4_weights,
        },
    })
}

fn target(dim: u32, isa: Isa) -> Target {
    let npu = NpuShape {
        dim,
        bus_bytes: dim.max(4),
        scratchpad_rows: 2048,
        accumulator_rows: 256,
        parameter_rows: 256,
        requantise_lanes: dim,
        sequential: false,
    };
    Target {
        isa,
        npu,
        double_rounding: true,
        int4_weights: true,
        ram_bytes: 1 << 17,
        profile: Profile::Mixed,
    }
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

/// Points that the golden model alone, without bus errors and a hart's own time, hits in a few
/// thousand programs.
const WITHOUT_RTL: [&str; 10] = [
    "trap/",
    "trap-at/",
    "compressed/",
    "split/",
    "misaligned/",
    "link/",
    "csr-bit/",
    "csr-refused/",
    "mret/",
    "mpp-write/",
];

/// Every cause of a trap in every mode, and every bit of every CSR, without an RTL.
#[test]
fn programs_exercise_all_of_the_hart() {
    for (isa, programs) in [(Isa::full(), PROGRAMS), (Isa { c: false, ..Isa::full() }, PROGRAMS)] {
        let target = target(2, isa);
        let mut machine = machine(target);
        let mut coverage = Coverage::new(&target);
        let mut collector = coverage.collector();
        for index in 0..programs {
            let image = lower(&sample(target, 3, index)).expect("fits");
            machine.reset();
            for (address, bytes) in &image.segments {
                machine.write_memory(*address, bytes).expect("in the RAM");
            }
            collector.start();
            let ended = (0..200_000).any(|_| {
                let retire = machine.step_alone();
                collector.retire(&retire, false);
                retire.mem_wmask != 0 && retire.mem_addr == TOHOST
            });
            assert!(ended, "program {index} of {isa:?}");
        }
        coverage.take(&mut collector);
        let of_these = |name: &String| {
            let read = name.starts_with("csr/") && name.ends_with("/read");
            read || WITHOUT_RTL.iter().any(|group| name.starts_with(group))
        };
        let missed: Vec<String> = coverage.missed().into_iter().filter(of_these).collect();
        assert!(missed.is_empty(), "in {programs} programs:\n{}", missed.join("\n"));
        // The model by itself does not wait in WFI.
        let surprises = coverage.surprises().into_iter().filter(|name| !name.contains("wfi"));
        assert_eq!(surprises.collect::<Vec<_>>(), [""; 0]);
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
                let record = run(&mut machine, job.list);
                causes[record.end.cause as usize] += 1;
                let hazards = hazard::check(machine.npu.config(), &record.list);
                assert!(hazards.is_empty(), "{}: {}", job.description, hazards[0]);
            }
        }
    }
    for (number, &count) in causes.iter().enumerate() {
        // A list of 65,536 descriptors does not fit the arena.
        let reachable = number as u32 != cause::LIST_TOO_LONG;
        assert!(
            count > 0 || !reachable,
            "{} was never met: {causes:?}",
            cause::name(number as u32)
        );
    }
}

/// Jobs meet the edges of their window with LOADs, STOREs and the list itself, and find room in others.
#[test]
fn windows_give_every_bus_error() {
    let target = target(4, Isa::full());
    let mut machine = machine(target);
    let mut causes = [0u32; 10];
    let mut windows = 0;
    for index in 0..1500 {
        let image = lower(&sample(target, 21, index)).expect("fits");
        machine.reset();
        for (address, bytes) in &image.segments {
            machine.write_memory(*address, bytes).expect("in the RAM");
        }
        for _ in 0..200_000 {
            let retire = machine.step_alone();
            if retire.mem_wmask != 0 && retire.mem_addr == NPU + NPU_DOORBELL as u32 {
                let record = machine.npu.take_job().expect("ended at once");
                if record.window != BusWindow::default() {
                    windows += 1;
                    causes[record.end.cause as usize] += 1;
                }
            }
            if retire.mem_wmask != 0 && retire.mem_addr == TOHOST {
                break;
            }
        }
    }
    for cause in [cause::NONE, cause::FETCH_ERROR, cause::LOAD_ERROR, cause::STORE_ERROR] {
        let count = causes[cause as usize];
        assert!(count > 5, "{}: {count} of {windows}", cause::name(cause));
    }
}

/// Jobs are aborted, and others started behind that.
#[test]
fn programs_abort_jobs() {
    let target = target(4, Isa::full());
    let mut machine = machine(target);
    let (mut aborted, mut restarted) = (0, 0);
    for index in 0..1500 {
        let image = lower(&sample(target, 23, index)).expect("fits");
        machine.reset();
        write(&mut machine, &image);
        let [mut rung, mut cut] = [false; 2];
        for _ in 0..200_000 {
            let retire = machine.step_alone();
            let written = if retire.mem_wmask == 0 { 0 } else { retire.mem_addr };
            if written == NPU + NPU_DOORBELL as u32 {
                (rung, restarted) = (true, restarted + u32::from(cut));
            }
            if written == NPU + NPU_ABORT as u32 && rung {
                (cut, aborted) = (true, aborted + 1);
            }
            if written == TOHOST {
                break;
            }
        }
    }
    assert!(aborted > 100 && restarted > 20, "{aborted} aborted, {restarted} started behind that");
}

/// What is generated as good is good, what is generated as bad is bad, and every operation is met.
#[test]
fn jobs_are_as_good_as_they_say_and_meet_every_operation() {
    let mut met = BTreeMap::<String, u32>::new();
    for dim in [2, 8, 16] {
        let target = target(dim, Isa::full());
        let mut machine = machine(target);
        for index in 0..500 {
            let program = sample(target, 9, index);
            let image = lower(&program).expect("fits");
            for job in &program.jobs {
                machine.reset();
                write(&mut machine, &image);
                let record = run(&mut machine, job.list);
                let expected = match job.description.split_once(" with ") {
                    None => Some(cause::NONE),
                    Some((_, defect)) if defect.starts_with("Opcode") => Some(cause::BAD_OPCODE),
                    Some((_, defect)) if defect.starts_with("ReservedBit") => {
                        Some(cause::BAD_FIELD)
                    }
                    Some((_, defect)) if defect.starts_with("BadValue") => Some(cause::BAD_FIELD),
                    Some((_, "OwnToken")) => Some(cause::BAD_FIELD),
                    Some((_, "EarlyWait" | "TokenUnderflow")) => Some(cause::TOKEN_UNDERFLOW),
                    Some((_, "TokenOverflow")) => Some(cause::TOKEN_OVERFLOW),
                    Some((_, "MisalignedList")) => Some(cause::MISALIGNED_LIST),
                    Some((_, "NoMemory")) => Some(cause::FETCH_ERROR),
                    Some(_) => None,
                };
                if let Some(expected) = expected {
                    assert_eq!(record.end.cause, expected, "{} of {index}", job.description);
                }
                for descriptor in record.descriptors() {
                    *met.entry(format!("{} {dim}", kind(&descriptor.operation))).or_default() += 1;
                }
            }
        }
    }
    for dim in [2, 8, 16] {
        for kind in KINDS {
            let table = kind.contains("table") || kind.contains("residual");
            let count = met.get(&format!("{kind} {dim}")).copied().unwrap_or(0);
            assert!(
                count >= 20 || dim == 2 && table,
                "{kind} at side {dim} met {count} times: {met:?}"
            );
        }
    }
}

const KINDS: [&str; 20] = [
    "load",
    "load parameters",
    "load table",
    "load windows",
    "product",
    "product of int4",
    "convolution",
    "convolution of int4",
    "depthwise",
    "depthwise of int4",
    "requantise",
    "double rounding",
    "table after double rounding",
    "table",
    "residual",
    "residual in place",
    "accumulators",
    "scratchpad",
    "pool",
    "pool into the scratchpad",
];

fn kind(operation: &Operation) -> &'static str {
    match operation {
        Operation::Load(load) => match (load.space, load.windows) {
            (Space::Parameters, _) => "load parameters",
            (Space::Table, _) => "load table",
            (Space::Scratchpad, None) => "load",
            (Space::Scratchpad, Some(_)) => "load windows",
        },
        Operation::Exec(exec) if exec.int4 => "product of int4",
        Operation::Exec(_) => "product",
        Operation::Convolution(convolution) => match (convolution.kernel, convolution.int4) {
            (Kernel::Full { .. }, false) => "convolution",
            (Kernel::Full { .. }, true) => "convolution of int4",
            (Kernel::Depthwise, false) => "depthwise",
            (Kernel::Depthwise, true) => "depthwise of int4",
        },
        Operation::Store(store) => match (store.source, store.destination) {
            (Source::Requantised(how), destination) => match (how.then, destination) {
                (Then::Keep, _) if how.double_rounding => "double rounding",
                (Then::Keep, _) => "requantise",
                (Then::Table, _) if how.double_rounding => "table after double rounding",
                (Then::Table, _) => "table",
                (Then::Add { residual_row }, Destination::Scratchpad { row, .. })
                    if row == residual_row =>
                {
                    "residual in place"
                }
                (Then::Add { .. }, _) => "residual",
            },
            (Source::Raw, _) => "accumulators",
            (Source::Scratchpad, _) => "scratchpad",
            (Source::Pool(_), Destination::Memory { .. }) => "pool",
            (Source::Pool(_), Destination::Scratchpad { .. }) => "pool into the scratchpad",
        },
    }
}

/// A job other than free descriptors writes the same whatever the inner memories held before.
#[test]
fn jobs_read_only_what_they_have_written() {
    for dim in [2, 4, 16] {
        let target = target(dim, Isa::full());
        let mut machine = machine(target);
        for index in 0..300 {
            let program = sample(target, 13, index);
            let image = lower(&program).expect("fits");
            for job in program.jobs.iter().filter(|job| !job.description.starts_with("free")) {
                let [clean, dirty] = [false, true].map(|dirty| {
                    machine.reset();
                    if dirty {
                        fill_memories(&mut machine, target);
                    }
                    write(&mut machine, &image);
                    let mut record = run(&mut machine, job.list);
                    // Behind a bus error the record tells what descriptors would write that are not
                    // executed, from rows that a LOAD has not written.
                    record.writes.truncate(record.done);
                    record.writes
                });
                let news = |writes: &[ByteWrite]| -> Vec<_> {
                    writes
                        .iter()
                        .map(|write| (write.address, write.new, write.descriptor))
                        .collect()
                };
                assert!(news(&clean) == news(&dirty), "{} of program {index}", job.description);
            }
        }
    }
}

/// Runs a job that leaves other than zeros in every row.
fn fill_memories(machine: &mut Machine, target: Target) {
    let (list, source) = (0x8001_0000, 0x8001_1000);
    let npu = target.npu;
    let load = |space, rows: u32| {
        let load = Load {
            space,
            address: source,
            stride: 1,
            rows: rows as u16,
            row_bytes: npu.dim as u16,
            row_step: 1,
            ..Load::default()
        };
        Descriptor::Load(Header::default(), load)
    };
    let mut descriptors = vec![
        load(systole_isa::Space::Parameters, npu.parameter_rows),
        load(systole_isa::Space::Scratchpad, npu.scratchpad_rows),
    ];
    if npu.dim > 2 {
        descriptors.push(load(systole_isa::Space::Table, 257));
    }
    let header = Header { last: true, ..Header::default() };
    let exec = Exec {
        activations: Activations { row: 0, step: 1, k_step: 0 },
        m_rows: npu.accumulator_rows as u16,
        k_tiles: 1,
        n_tiles: 1,
        ..Exec::default()
    };
    descriptors.push(Descriptor::Exec(header, exec));
    let bytes: Vec<u8> = (0..4096u32).map(|i| (i * 29 + 11) as u8 | 1).collect();
    machine.write_memory(source, &bytes).expect("in the RAM");
    let bytes = descriptors.iter().flat_map(Descriptor::to_bytes).collect::<Vec<u8>>();
    machine.write_memory(list, &bytes).expect("in the RAM");
    let record = run(machine, list);
    assert_eq!(record.end.cause, cause::NONE);
    // Jobs may count on zeros in memory.
    machine.write_memory(list, &[0; 0x2000]).expect("in the RAM");
}

fn write(machine: &mut Machine, image: &Image) {
    for (address, bytes) in &image.segments {
        machine.write_memory(*address, bytes).expect("in the RAM");
    }
}

fn run(machine: &mut Machine, list: u32) -> JobRecord {
    machine.run_job(list).expect("no job runs")
}

/// The instruction by which programs go to U mode, among others: nothing there would come back.
#[test]
fn programs_go_to_user_mode_only_where_they_mean_to() {
    let isa = Isa { zicntr: false, user_mode: true, pmp_regions: 16, ..Isa::full() };
    let target = target(4, isa);
    let write_csr =
        |csr, source| Instruction::Csr { op: CsrOp::Write, rd: Register::ZERO, csr, source };
    // The entry that gives U mode all of memory.
    let deny = write_csr(Csr::pmpaddr(15), CsrSource::Immediate(26));
    let step = write_csr(Csr::CYCLE, CsrSource::Register(Register::ZERO));
    let mut program = sample(target, 1, 0);
    program.blocks = vec![Block::Straight(vec![deny, step])];
    let mut machine = machine(target);
    write(&mut machine, &lower(&program).expect("fits"));
    let end = machine.run(10_000, Stop { tohost: Some(TOHOST) });
    assert_eq!(end.reason, StopReason::Tohost(1));
}
