//! What each instruction does (unprivileged manual chapters 2 and 13).

use crate::decode::{Decoded, Op};
use crate::environment::Environment;
use crate::machine::Machine;
use crate::multiply::{div, divu, mulh, mulhsu, mulhu, rem, remu};
use crate::trap::Trap;

impl Machine {
    /// Executes the instruction at the pc and returns the address of the next one. A trapping
    /// instruction changes nothing. Registers and memory are updated, pc and counters are not.
    #[inline(always)]
    #[rustfmt::skip]
    pub(crate) fn execute<E: Environment>(&mut self, env: &mut E, d: Decoded) -> Result<u32, Trap> {
        let pc = self.hart.pc;
        let a = self.hart.x(d.rs1);
        let b = self.hart.x(d.rs2);
        let imm = d.imm;
        let result = match d.op {
            Op::Lui => imm,
            Op::Auipc => pc.wrapping_add(imm),

            Op::Jal => return self.jump(env, d, pc.wrapping_add(imm)),
            Op::Jalr => return self.jump(env, d, a.wrapping_add(imm) & !1),
            Op::Beq => return self.branch(d, a == b),
            Op::Bne => return self.branch(d, a != b),
            Op::Blt => return self.branch(d, (a as i32) < b as i32),
            Op::Bge => return self.branch(d, a as i32 >= b as i32),
            Op::Bltu => return self.branch(d, a < b),
            Op::Bgeu => return self.branch(d, a >= b),

            Op::Lb => self.load::<1, E>(env, a.wrapping_add(imm))? as i8 as u32,
            Op::Lh => self.load::<2, E>(env, a.wrapping_add(imm))? as i16 as u32,
            Op::Lw => self.load::<4, E>(env, a.wrapping_add(imm))?,
            Op::Lbu => self.load::<1, E>(env, a.wrapping_add(imm))?,
            Op::Lhu => self.load::<2, E>(env, a.wrapping_add(imm))?,
            Op::Sb => { self.store::<1, E>(env, a.wrapping_add(imm), b)?; return Ok(pc.wrapping_add(4)); }
            Op::Sh => { self.store::<2, E>(env, a.wrapping_add(imm), b)?; return Ok(pc.wrapping_add(4)); }
            Op::Sw => { self.store::<4, E>(env, a.wrapping_add(imm), b)?; return Ok(pc.wrapping_add(4)); }

            Op::Addi => a.wrapping_add(imm),
            Op::Slti => u32::from((a as i32) < imm as i32),
            Op::Sltiu => u32::from(a < imm),
            Op::Xori => a ^ imm,
            Op::Ori => a | imm,
            Op::Andi => a & imm,
            Op::Slli => a << (imm & 31),
            Op::Srli => a >> (imm & 31),
            Op::Srai => (a as i32 >> (imm & 31)) as u32,

            Op::Add => a.wrapping_add(b),
            Op::Sub => a.wrapping_sub(b),
            Op::Sll => a << (b & 31),
            Op::Slt => u32::from((a as i32) < b as i32),
            Op::Sltu => u32::from(a < b),
            Op::Xor => a ^ b,
            Op::Srl => a >> (b & 31),
            Op::Sra => (a as i32 >> (b & 31)) as u32,
            Op::Or => a | b,
            Op::And => a & b,

            Op::Mul => a.wrapping_mul(b),
            Op::Mulh => mulh(a, b),
            Op::Mulhsu => mulhsu(a, b),
            Op::Mulhu => mulhu(a, b),
            Op::Div => div(a, b),
            Op::Divu => divu(a, b),
            Op::Rem => rem(a, b),
            Op::Remu => remu(a, b),

            // Accesses are in order, and the model's fetches see every earlier store anyway.
            Op::Fence | Op::FenceI | Op::Wfi => return Ok(pc.wrapping_add(4)),
            Op::Ecall => return Err(Trap::ecall()),
            Op::Ebreak => return Err(Trap::breakpoint(pc)),
            Op::Mret => { self.attention = true; return Ok(self.hart.csrs.return_from_trap()); }

            Op::Csrrw | Op::Csrrs | Op::Csrrc | Op::Csrrwi | Op::Csrrsi | Op::Csrrci => {
                self.csr_instruction(env, d)?
            }
            Op::Illegal | Op::Undecoded => return Err(Trap::illegal(d.word)),
        };
        self.hart.set_x(d.rd, result);
        env.wrote_register(d.rd, result);
        Ok(pc.wrapping_add(4))
    }

    /// `jal` and `jalr`: a misaligned target traps on the jump, before rd is written.
    #[inline(always)]
    fn jump<E: Environment>(&mut self, env: &mut E, d: Decoded, target: u32) -> Result<u32, Trap> {
        if target & 3 != 0 {
            return Err(Trap::misaligned_fetch(target));
        }
        let link = self.hart.pc.wrapping_add(4);
        self.hart.set_x(d.rd, link);
        env.wrote_register(d.rd, link);
        Ok(target)
    }

    /// A branch traps on a misaligned target only when it is taken.
    #[inline(always)]
    fn branch(&self, d: Decoded, taken: bool) -> Result<u32, Trap> {
        if !taken {
            return Ok(self.hart.pc.wrapping_add(4));
        }
        let target = self.hart.pc.wrapping_add(d.imm);
        if target & 3 == 0 { Ok(target) } else { Err(Trap::misaligned_fetch(target)) }
    }
}
