//! The NPU as the bench drives it: jobs that stay busy until reported, plausible register reads,
//! injected bus errors and roll-back.

use super::asm::{self, lw, sw};
use super::{NPU, RAM_BASE, machine, nth, place, step};
use crate::npu::{JobEnd, cause, register};
use crate::{Inputs, Machine, NPU_BASE};

const LIST: u32 = RAM_BASE + 0x2000;
const DATA: u32 = RAM_BASE + 0x3000;
const OUTPUT: u32 = RAM_BASE + 0x4000;

/// LOAD of two rows, then STORE of the scratchpad rows; ready to ring (x1 = NPU, x2 = list).
fn ready() -> Machine {
    let program = [
        &asm::li(1, NPU_BASE)[..],
        &asm::li(2, LIST),
        &[sw(1, 2, 0x10), lw(3, 1, 0x08), lw(4, 1, 0x20), sw(1, 0, 0x14), sw(1, 2, 0x10)],
    ];
    let mut m = machine(&program.concat());
    let load = [0x4001, DATA, 4, 4 << 16 | 2, 1 << 16, 0, 0, 0];
    let store = [0x2_0113, OUTPUT, 8, 4 << 16 | 2, 0, 1, 0, 0];
    place(&mut m, LIST, &[load, store].concat());
    place(&mut m, DATA, &[0x0403_0201, 0x0807_0605]);
    place(&mut m, OUTPUT, &[0x5555_5555; 4]);
    nth(&mut m, 4);
    m
}

#[test]
fn a_job_runs_at_the_doorbell_and_stays_busy_until_reported() {
    let mut m = ready();
    let retire = step(&mut m);
    assert_eq!((retire.mem_addr, retire.mem_wmask), (NPU_BASE + 0x10, 15));
    assert!(m.npu.busy());
    let job = m.npu.take_job().unwrap();
    assert_eq!(m.npu.take_job(), None);
    let addresses: Vec<u32> = job.writes.iter().map(|write| write.address - OUTPUT).collect();
    assert_eq!(addresses, [0, 1, 2, 3, 8, 9, 10, 11]);
    assert!(job.writes.iter().all(|write| write.old == 0x55 && write.descriptor == 1));
    assert_eq!(m.read_memory(OUTPUT, 4).unwrap(), [1, 2, 3, 4]);
    assert_eq!(m.read_memory(OUTPUT + 8, 4).unwrap(), [5, 6, 7, 8]);
    // Busy or done are both plausible until the end is reported, and nothing else.
    assert_eq!(m.npu.read_allowed(register::STATUS, 1, false), Ok(()));
    assert_eq!(m.npu.read_allowed(register::STATUS, 2, false), Ok(()));
    assert!(m.npu.read_allowed(register::STATUS, 4, false).is_err());
    assert_eq!(m.npu.read_allowed(register::JOBS, 1, false), Ok(()));
    // The RTL's value is taken.
    let read = m.step(&Inputs { device_read: Some(1), ..Inputs::default() });
    assert_eq!(read.rd_wdata, 1);
    m.npu.finish_job();
    assert!(!m.npu.busy());
    assert!(m.npu.read_allowed(register::STATUS, 1, false).is_err());
    assert_eq!(m.npu.read_allowed(register::STATUS, 1, true), Ok(()));
    assert_eq!(m.npu.status(), 2);
    assert_eq!(step(&mut m).rd_wdata, 1);
}

#[test]
fn a_doorbell_while_busy_is_ignored_and_so_is_clear() {
    let mut m = ready();
    nth(&mut m, 4);
    assert!(m.npu.take_job().is_some());
    step(&mut m);
    assert_eq!(m.npu.take_job(), None);
    m.npu.finish_job();
    assert_eq!(m.npu.status(), 2);
}

#[test]
fn an_injected_bus_error_ends_the_job_and_is_rolled_back() {
    let mut m = ready();
    step(&mut m);
    let job = m.npu.take_job().unwrap();
    m.roll_back(&job, 6);
    let cause = cause::STORE_ERROR;
    m.npu.end_early(JobEnd { cause, fault_index: 1, fault_address: OUTPUT + 8 });
    assert_eq!(m.read_memory(OUTPUT + 8, 4).unwrap(), [5, 6, 0x55, 0x55]);
    let inputs = Inputs::default();
    assert_eq!(m.step(&inputs).rd_wdata, 0x0904);
    assert_eq!(m.step(&inputs).rd_wdata, 1);
    assert_eq!(m.npu.read_allowed(register::FAULT_INDEX, 1, false), Ok(()));
    assert_eq!(m.npu.read_allowed(register::FAULT_ADDRESS, OUTPUT + 8, false), Ok(()));
    // CLEAR, then the doorbell again.
    step(&mut m);
    assert_eq!(m.npu.status(), 0);
    step(&mut m);
    m.npu.finish_job();
    assert_eq!(m.read_memory(OUTPUT + 8, 4).unwrap(), [5, 6, 7, 8]);
    assert_eq!(m.npu.status(), 2);
}

#[test]
fn an_abort_is_known_until_the_job_ends() {
    let mut m = ready();
    let program = [sw(1, 0, 0x54), sw(1, 2, 0x10), sw(1, 0, 0x54), lw(3, 1, 0x54), lw(4, 1, 0x08)];
    place(&mut m, RAM_BASE, &program);
    m.set_pc(RAM_BASE);
    // Without a job it is ignored.
    step(&mut m);
    assert!(!m.npu.aborting());
    assert_eq!(m.npu.status(), 0);
    step(&mut m);
    assert!(m.npu.busy() && !m.npu.aborting());
    step(&mut m);
    assert!(m.npu.busy() && m.npu.aborting());
    // A job that is over before it knows ends as it would have.
    m.npu.finish_job();
    assert!(!m.npu.aborting());
    assert_eq!(m.npu.status(), 2);
    assert_eq!(step(&mut m).rd_wdata, 0);
    m.set_pc(RAM_BASE + 4);
    nth(&mut m, 1);
    let job = m.npu.take_job().unwrap();
    step(&mut m);
    m.roll_back(&job, 0);
    m.npu.end_early(JobEnd { cause: cause::ABORTED, fault_index: 1, fault_address: 0 });
    assert!(!m.npu.aborting());
    step(&mut m);
    assert_eq!(step(&mut m).rd_wdata, 0x0a04);
    assert_eq!(m.npu.read_allowed(register::FAULT_INDEX, 1, false), Ok(()));
    assert_eq!(m.npu.read_allowed(register::JOBS, 2, false), Ok(()));
}

#[test]
fn alone_the_job_is_over_at_once() {
    let mut m = ready();
    m.step_alone();
    assert_eq!(m.step_alone().rd_wdata, 2);
    assert_eq!(m.step_alone().rd_wdata, 1);
    let mut m = ready();
    m.run(3, crate::Stop::default());
    assert_eq!(m.registers()[3..5], [2, 1]);
    assert_eq!(m.npu.take_job(), None);
    assert_eq!(m.read_memory(OUTPUT + 8, 4).unwrap(), [5, 6, 7, 8]);
}

#[test]
fn registers() {
    let program = [asm::li(1, NPU_BASE), [lw(3, 1, 0), lw(4, 1, 4)]].concat();
    let mut m = machine(&program);
    nth(&mut m, 4);
    assert_eq!(m.registers()[3], 0x5359_4e50);
    // log2 of D = 4, W = 8, 64 scratchpad rows, 32 accumulator rows.
    assert_eq!(m.registers()[4], 0x0506_0302);
    assert_eq!(m.npu.config(), &NPU);
    for offset in [0x0c, 0x10, 0x14, 0x18, 0x1c, 0x20, 0x24, 0x28, 0x50, 0x54] {
        let program = [asm::li(1, NPU_BASE), [lw(3, 1, offset), asm::NOP]].concat();
        assert_eq!(nth(&mut machine(&program), 3).rd_wdata, 0);
    }
    // Read-only registers ignore writes; INTERRUPT_ENABLE has one bit.
    for (offset, value) in [(0x00, 0x5359_4e50), (0x08, 0), (0x0c, 1), (0x20, 0)] {
        let program =
            [asm::li(1, NPU_BASE), asm::li(2, u32::MAX), [sw(1, 2, offset), lw(3, 1, offset)]];
        assert_eq!(nth(&mut machine(&program.concat()), 6).rd_wdata, value);
    }
}

#[test]
fn the_external_line_follows_enable_and_end() {
    let mut m = ready();
    step(&mut m);
    m.npu.finish_job();
    assert_eq!(m.interrupt_lines(), 0);
    let program = [asm::li(1, NPU_BASE), asm::li(2, 1), [sw(1, 2, 0x0c), sw(1, 0, 0x14)]];
    place(&mut m, RAM_BASE, &program.concat());
    m.set_pc(RAM_BASE);
    nth(&mut m, 5);
    assert_eq!(m.interrupt_lines(), 0x800);
    step(&mut m);
    assert_eq!(m.interrupt_lines(), 0);
}
