//! Words on the external bus.

use super::super::instruction::Condition::{Carry, NotCarry, NotZero, Zero};
use super::assembler::Assembler;
use super::context::Context;
use super::registers as host;

/// The routines `bus_read` and `bus_write`.
pub fn emit(p: &mut Assembler, c: &Context) {
    let [inside, outside, failed] = [(); 3].map(|()| p.label());

    p.bind(c.routines.bus_read);
    p.remark("bus read").st(c.bus_address);
    p.call(inside);
    p.ld(host::READ_BYTES).addi(4).st(host::READ_BYTES);
    p.ld(c.bus_address).bus().st(c.bus_data);
    p.flags().andi(2).jump_if(NotZero, failed);
    p.ld(c.bus_data).ret();

    p.bind(c.routines.bus_write);
    p.remark("bus write").st(c.bus_address);
    p.call(inside);
    p.ld(host::WRITE_BYTES).addi(4).st(host::WRITE_BYTES);
    p.ld(c.bus_address).write_bus(c.bus_data);
    p.flags().andi(2).jump_if(NotZero, failed).ret();

    p.bind(inside);
    p.remark("bus window").ld(c.bus_address).sub(host::WINDOW_BASE).jump_if(NotCarry, outside);
    p.ld(host::WINDOW_LIMIT);
    p.unless(Zero, |p| {
        p.ld(c.bus_address).sub(host::WINDOW_LIMIT).jump_if(Carry, outside);
    });
    p.ret();

    p.bind(outside);
    p.bind(failed);
    p.remark("bus error").ld(c.bus_address).andi(!3).st(host::FAULT_ADDRESS);
    p.jump(c.routines.bus_failed);
}
