//! exec.

use super::assembler::Assembler;
use super::context::Context;

/// The routine.
pub fn emit(p: &mut Assembler, c: &Context) {
    p.bind(c.routines.run[1]);
    p.ret();
}
