//! The CSR instructions (unprivileged manual 6.1).

use crate::csr;
use crate::decode::{Decoded, Op};
use crate::environment::Environment;
use crate::machine::Machine;
use crate::trap::Trap;

impl Machine {
    /// Executes one of `csrr*` and returns the value for rd. A read of a counter gives its value
    /// before the instruction.
    #[inline(never)]
    pub(crate) fn csr_instruction<E: Environment>(
        &mut self,
        env: &mut E,
        d: Decoded,
    ) -> Result<u32, Trap> {
        let number = (d.imm & 0xfff) as u16;
        let operand = match d.op {
            Op::Csrrwi | Op::Csrrsi | Op::Csrrci => u32::from(d.rs1),
            _ => self.hart.x(d.rs1),
        };
        // Setting or clearing with x0 or a zero immediate does not write, whatever x0's value.
        let writes = matches!(d.op, Op::Csrrw | Op::Csrrwi) || d.rs1 != 0;
        let mode = self.hart.mode;
        let outside = self.surroundings(env.lines(self.interrupt_lines()));
        let Some(own) = self.hart.csrs.read(number, mode, outside) else {
            return Err(Trap::illegal(d.word));
        };
        if writes && csr::is_read_only(number) {
            return Err(Trap::illegal(d.word));
        }
        let old = if self.hart.csrs.is_of_time(number) { env.time_read(own) } else { own };
        if writes {
            let new = match d.op {
                Op::Csrrs | Op::Csrrsi => old | operand,
                Op::Csrrc | Op::Csrrci => old & !operand,
                _ => operand,
            };
            let value = self.hart.csrs.write(number, new, old, outside);
            self.hart.follow_protection();
            env.wrote_csr(number, value);
            self.attention = true;
        }
        Ok(old)
    }
}
