//! Words on the external bus.

use super::super::instruction::Condition::{Carry, NotCarry, Zero};
use super::assembler::{Assembler, Label};
use super::context::Context;
use super::registers::{self as host, Register};

/// The routines `bus_read` and `bus_write`.
pub fn emit(p: &mut Assembler, c: &Context) {
    let failed = p.label();
    p.bind(c.routines.bus_read);
    p.remark("bus read").st(c.bus_address);
    check(p, c, failed, host::READ_BYTES);
    p.ld(c.bus_address).bus().jump_if(Carry, failed).ret();

    p.bind(c.routines.bus_write);
    p.remark("bus write").st(c.bus_address);
    check(p, c, failed, host::WRITE_BYTES);
    p.ld(c.bus_address).write_bus(c.bus_data).jump_if(Carry, failed).ret();

    p.bind(failed);
    p.remark("bus error").ld(c.bus_address).andi(!3).st(host::FAULT_ADDRESS);
    p.jump(c.routines.bus_failed);
}

/// The address at the accumulator is in the bus window, and its word is counted.
fn check(p: &mut Assembler, c: &Context, failed: Label, bytes: Register) {
    p.sub(host::WINDOW_BASE).jump_if(NotCarry, failed);
    p.ld(host::WINDOW_LIMIT).unless(Zero, |p| {
        p.ld(c.bus_address).sub(host::WINDOW_LIMIT).jump_if(Carry, failed);
    });
    p.ld(bytes).addi(4).st(bytes);
}
