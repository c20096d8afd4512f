//! The CLINT through loads and stores.

use super::asm::{self, NOP, csrr, csrrw, lw, sw};
use super::{HANDLER, RAM_BASE, alone, machine, nth, place, with_operands};
use crate::{CLINT_BASE, Inputs, Machine, Stop};

/// x1 = address, x2 = value; stores, then loads back.
fn write_then_read(address: u32, value: u32) -> u32 {
    let program = [asm::li(1, address), asm::li(2, value), [sw(1, 2, 0), lw(3, 1, 0)]];
    nth(&mut machine(&program.concat()), 6).rd_wdata
}

#[test]
fn registers_hold_what_they_should() {
    assert_eq!(write_then_read(CLINT_BASE, 0xffff_ffff), 1);
    assert_eq!(write_then_read(CLINT_BASE, 0xffff_fffe), 0);
    assert_eq!(write_then_read(CLINT_BASE + 0x4000, 0x1234_5678), 0x1234_5678);
    assert_eq!(write_then_read(CLINT_BASE + 0x4004, 0x1234_5678), 0x1234_5678);
    assert_eq!(write_then_read(CLINT_BASE + 0xbffc, 0x1234_5678), 0x1234_5678);
    for offset in [0x4000, 0x4004] {
        assert_eq!(with_operands(CLINT_BASE + offset, 0, lw(3, 1, 0)).rd_wdata, u32::MAX);
    }
}

#[test]
fn mtime_counts_steps_and_is_writable_by_halves() {
    let program = [asm::li(1, CLINT_BASE + 0xbff8), [lw(3, 1, 0), lw(4, 1, 0)]].concat();
    let mut m = machine(&program);
    alone(&mut m, 4);
    assert_eq!(m.registers()[3..5], [2, 3]);
    let program =
        [asm::li(1, CLINT_BASE + 0xbff8), asm::li(2, 0xffff_ffff), [sw(1, 2, 0), lw(3, 1, 4)]];
    let mut m = machine(&program.concat());
    alone(&mut m, 6);
    assert_eq!(m.registers()[3], 1);
}

#[test]
fn mtime_comes_from_outside_in_lockstep() {
    let mut m = machine(&[asm::li(1, CLINT_BASE + 0xbff8), [lw(3, 1, 0), lw(4, 1, 4)]].concat());
    nth(&mut m, 2);
    let retire = m.step(&Inputs { device_read: Some(1234), ..Inputs::default() });
    assert_eq!((retire.rd_wdata, retire.mem_rdata, retire.mem_rmask), (1234, 1234, 15));
    assert_eq!(m.last_time_read(), Some(0));
    let retire = m.step(&Inputs { cycle: 5 << 32, ..Inputs::default() });
    assert_eq!((retire.rd_wdata, m.last_time_read()), (5, Some(5)));
}

/// Sets `mtvec`, `mie` and `mstatus.MIE`, then `program`.
fn interruptible(program: &[u32]) -> Machine {
    let setup = [
        &asm::li(1, HANDLER)[..],
        &[csrrw(0, 0x305, 1)],
        &asm::li(1, 0x888)[..],
        &[csrrw(0, 0x304, 1), asm::csr(5, 0, 8, 0x300)],
    ];
    machine(&[&setup.concat()[..], program].concat())
}

#[test]
fn software_interrupt_comes_right_after_the_store() {
    let program = [&asm::li(1, CLINT_BASE)[..], &asm::li(2, 1), &[sw(1, 2, 0), NOP]].concat();
    for fast in [false, true] {
        let mut m = interruptible(&program);
        place(&mut m, HANDLER, &[csrr(10, 0x341), csrr(11, 0x342), csrr(12, 0x344)]);
        if fast {
            m.run(15, Stop::default());
        } else {
            alone(&mut m, 15);
        }
        // 7 instructions of set-up, 5 up to the store; the handler is in the trace after them.
        let after_store = RAM_BASE + 4 * 12;
        assert_eq!(m.registers()[10..12], [after_store, 0x8000_0003]);
        assert_eq!(m.registers()[12], 8);
    }
}

#[test]
fn timer_interrupt_comes_at_its_time() {
    // mtimecmp = 40; then a long row of nops.
    let program = [
        &asm::li(1, CLINT_BASE + 0x4000)[..],
        &[sw(1, 0, 4)],
        &asm::li(2, 40),
        &[sw(1, 2, 0)],
        &[NOP; 60],
    ]
    .concat();
    for fast in [false, true] {
        let mut m = interruptible(&program);
        place(&mut m, HANDLER, &[csrr(10, 0x341), csrr(11, 0x342), csrr(12, 0xb00)]);
        if fast {
            m.run(43, Stop::default());
        } else {
            alone(&mut m, 43);
        }
        // 40 instructions ran before it, one a step.
        assert_eq!(m.registers()[10..12], [RAM_BASE + 4 * 40, 0x8000_0007]);
        assert_eq!(m.registers()[12], 42);
    }
}
