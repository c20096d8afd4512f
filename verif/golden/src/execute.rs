//! What each instruction does (unprivileged manual chapters 2, 13 and 30, privileged manual 3.3).

use crate::bits;
use crate::csr::TW;
use crate::decode::{Decoded, Op};
use crate::environment::Environment;
use crate::machine::Machine;
use crate::mode::Mode;
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
        let next = pc.wrapping_add(u32::from(d.length));
        let result = match d.op {
            Op::Lui => imm,
            Op::Auipc => pc.wrapping_add(imm),

            Op::Jal => return self.jump(env, d, pc.wrapping_add(imm)),
            Op::Jalr => return self.jump(env, d, a.wrapping_add(imm) & !1),
            Op::Beq => return self.branch(d, taken(Op::Beq, a, b)),
            Op::Bne => return self.branch(d, taken(Op::Bne, a, b)),
            Op::Blt => return self.branch(d, taken(Op::Blt, a, b)),
            Op::Bge => return self.branch(d, taken(Op::Bge, a, b)),
            Op::Bltu => return self.branch(d, taken(Op::Bltu, a, b)),
            Op::Bgeu => return self.branch(d, taken(Op::Bgeu, a, b)),

            Op::Lb => self.load::<1, E>(env, a.wrapping_add(imm))? as i8 as u32,
            Op::Lh => self.load::<2, E>(env, a.wrapping_add(imm))? as i16 as u32,
            Op::Lw => self.load::<4, E>(env, a.wrapping_add(imm))?,
            Op::Lbu => self.load::<1, E>(env, a.wrapping_add(imm))?,
            Op::Lhu => self.load::<2, E>(env, a.wrapping_add(imm))?,
            Op::Sb => { self.store::<1, E>(env, a.wrapping_add(imm), b)?; return Ok(next); }
            Op::Sh => { self.store::<2, E>(env, a.wrapping_add(imm), b)?; return Ok(next); }
            Op::Sw => { self.store::<4, E>(env, a.wrapping_add(imm), b)?; return Ok(next); }

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

            Op::Sh1add => (a << 1).wrapping_add(b),
            Op::Sh2add => (a << 2).wrapping_add(b),
            Op::Sh3add => (a << 3).wrapping_add(b),
            Op::Andn => a & !b,
            Op::Orn => a | !b,
            Op::Xnor => !(a ^ b),
            Op::Clz => bits::clz(a),
            Op::Ctz => bits::ctz(a),
            Op::Cpop => a.count_ones(),
            Op::Max => bits::max(a, b),
            Op::Maxu => a.max(b),
            Op::Min => bits::min(a, b),
            Op::Minu => a.min(b),
            Op::SextB => a as i8 as u32,
            Op::SextH => a as i16 as u32,
            Op::ZextH => a & 0xffff,
            Op::Rol => a.rotate_left(b & 31),
            Op::Ror => a.rotate_right(b & 31),
            Op::Rori => a.rotate_right(imm & 31),
            Op::OrcB => bits::orc_b(a),
            Op::Rev8 => a.swap_bytes(),
            Op::Bclr => a & !bits::single(b),
            Op::Bclri => a & !bits::single(imm),
            Op::Bext => u32::from(a & bits::single(b) != 0),
            Op::Bexti => u32::from(a & bits::single(imm) != 0),
            Op::Binv => a ^ bits::single(b),
            Op::Binvi => a ^ bits::single(imm),
            Op::Bset => a | bits::single(b),
            Op::Bseti => a | bits::single(imm),

            Op::Mul => a.wrapping_mul(b),
            Op::Mulh => mulh(a, b),
            Op::Mulhsu => mulhsu(a, b),
            Op::Mulhu => mulhu(a, b),
            Op::Div => div(a, b),
            Op::Divu => divu(a, b),
            Op::Rem => rem(a, b),
            Op::Remu => remu(a, b),

            // Accesses are in order, and the model's fetches see every earlier store anyway.
            Op::Fence | Op::FenceI => return Ok(next),
            Op::Wfi => return if self.may_wait() { Ok(next) } else { Err(Trap::illegal(d.word)) },
            Op::Ecall => return Err(Trap::ecall(self.hart.mode)),
            Op::Ebreak => return Err(Trap::breakpoint(pc)),
            Op::Mret => return self.trap_return(d),

            Op::Csrrw | Op::Csrrs | Op::Csrrc | Op::Csrrwi | Op::Csrrsi | Op::Csrrci => {
                self.csr_instruction(env, d)?
            }
            Op::Lr | Op::Sc
            | Op::Amoswap | Op::Amoadd | Op::Amoxor | Op::Amoand | Op::Amoor
            | Op::Amomin | Op::Amomax | Op::Amominu | Op::Amomaxu => {
                self.atomic_instruction(env, d)?
            }
            Op::Illegal | Op::Undecoded => return Err(Trap::illegal(d.word)),
        };
        self.hart.set_x(d.rd, result);
        env.wrote_register(d.rd, result);
        Ok(next)
    }

    /// `jal` and `jalr`: a misaligned target traps on the jump, before rd is written.
    #[inline(always)]
    fn jump<E: Environment>(&mut self, env: &mut E, d: Decoded, target: u32) -> Result<u32, Trap> {
        if target & self.hart.misaligned != 0 {
            return Err(Trap::misaligned_fetch(target));
        }
        let link = self.hart.pc.wrapping_add(u32::from(d.length));
        self.hart.set_x(d.rd, link);
        env.wrote_register(d.rd, link);
        Ok(target)
    }

    /// A branch traps on a misaligned target only when it is taken.
    #[inline(always)]
    fn branch(&self, d: Decoded, taken: bool) -> Result<u32, Trap> {
        if !taken {
            return Ok(self.hart.pc.wrapping_add(u32::from(d.length)));
        }
        let target = self.hart.pc.wrapping_add(d.imm);
        if target & self.hart.misaligned == 0 {
            Ok(target)
        } else {
            Err(Trap::misaligned_fetch(target))
        }
    }

    /// `wfi` in U mode is illegal under `mstatus.TW`. Else waiting takes no time in the model.
    fn may_wait(&self) -> bool {
        self.hart.mode == Mode::Machine || self.hart.csrs.mstatus & TW == 0
    }

    fn trap_return(&mut self, d: Decoded) -> Result<u32, Trap> {
        if self.hart.mode != Mode::Machine {
            return Err(Trap::illegal(d.word));
        }
        self.attention = true;
        Ok(self.hart.return_from_trap())
    }
}

/// Whether a conditional branch is taken.
#[inline(always)]
pub(crate) fn taken(op: Op, a: u32, b: u32) -> bool {
    match op {
        Op::Beq => a == b,
        Op::Bne => a != b,
        Op::Blt => (a as i32) < b as i32,
        Op::Bge => a as i32 >= b as i32,
        Op::Bltu => a < b,
        Op::Bgeu => a >= b,
        _ => false,
    }
}
