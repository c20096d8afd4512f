//! load.

use super::assembler::Assembler;
use super::context::Context;

/// The routine.
pub fn emit(p: &mut Assembler, c: &Context) {
    p.bind(c.routines.run[0]);
    p.ret();
}
