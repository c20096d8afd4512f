//! Memory contents of a program.

use std::error::Error;
use std::fmt;

use systole_isa::{Assembler, Code, Csr, Instruction, Register};

use super::super::layout::{
    BODY, CODE, CODE_END, DATA, DATA_BYTES, HANDLER, HOLLOW, HOLLOW_BYTES, LEAVE_SLOT, REGISTERS,
    TOHOST, VECTORS,
};
use super::super::{Compression, Program, handler};
use super::npu::contains_job;
use super::{Lowering, OPEN, T0, T1, ZERO, write_csr};

const LAST: Register = Register::new(31);
/// Cause of an ECALL from U mode, which always leads to M mode.
const ECALL_FROM_USER: u32 = 8;

/// Memory contents of a program.
#[derive(Clone, PartialEq, Debug)]
pub struct Image {
    /// Address and bytes of everything that is not 0.
    pub segments: Vec<(u32, Vec<u8>)>,
    /// The body: address and instruction, functions included, in address order.
    pub body: Vec<(u32, Instruction)>,
}

/// The program's code does not fit below its data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooLong {
    /// Bytes of code.
    pub bytes: u32,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of code, {} is the limit", self.bytes, CODE_END - BODY)
    }
}

impl Error for TooLong {}

/// Lays `program` out in memory.
///
/// # Errors
/// When its code does not fit.
pub fn lower(program: &Program) -> Result<Image, TooLong> {
    let mut lowering = Lowering::new(Assembler::new(BODY, program.compression), program);
    lowering.blocks(&program.blocks);
    let body_end = lowering.code.label_here();
    lowering.epilogue();
    let functions_start = lowering.code.label_here();
    lowering.place_functions();
    let code = lowering.code.finish();
    let bytes = code.end - BODY;
    if bytes > CODE_END - BODY {
        return Err(TooLong { bytes });
    }
    let (body_end, functions_start) = (code.address(body_end), code.address(functions_start));
    let in_body = |at: u32| at < body_end || at >= functions_start;
    let body = code.instructions.iter().copied().filter(|&(at, _)| in_body(at)).collect();
    Ok(Image { segments: segments(program, &code), body })
}

fn segments(program: &Program, code: &Code) -> Vec<(u32, Vec<u8>)> {
    let registers = std::iter::once(0).chain(program.registers);
    let mut segments = vec![
        (CODE, prologue(program).bytes()),
        (BODY, code.bytes()),
        (HANDLER, handler::handler(program.isa, program.compression).bytes()),
        (VECTORS, handler::vectors().bytes()),
        (REGISTERS, registers.flat_map(u32::to_le_bytes).collect()),
        (LEAVE_SLOT, (1u32 << ECALL_FROM_USER).to_le_bytes().into()),
        (HOLLOW + HOLLOW_BYTES / 2, vec![0xff; HOLLOW_BYTES as usize / 2]),
    ];
    if program.isa.c {
        // A 32-bit instruction whose second half is outside.
        let half = (Instruction::NOP.encode() as u16).to_le_bytes();
        segments.push((CODE + program.ram_bytes - 2, half.into()));
    }
    if program.data_seed != 0 {
        segments.push((DATA, random_bytes(program.data_seed, DATA_BYTES as usize)));
    }
    for job in &program.jobs {
        let list: Vec<u8> = job.descriptors.iter().flat_map(|d| d.to_bytes()).collect();
        // A list without descriptors may be where no memory is.
        if !list.is_empty() {
            segments.push((job.list, list));
        }
        segments.extend(job.inputs.iter().cloned());
    }
    segments
}

/// `length` bytes from `seed` by splitmix64.
pub fn random_bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    };
    let mut bytes: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| next().to_le_bytes()).collect();
    bytes.truncate(length);
    bytes
}

/// Trap vector, initial register values and the jump to the body. Registers are 0 at power-up in
/// simulation. The last PMP entry opens everything to U mode.
fn prologue(program: &Program) -> Code {
    let mut code = Assembler::new(CODE, Compression::Never);
    code.load_immediate(T0, HANDLER);
    code.push(write_csr(Csr::MTVEC, T0));
    if program.isa.user_mode && program.isa.pmp_regions > 0 {
        let last = program.isa.pmp_regions as u16 - 1;
        code.add_immediate(T0, ZERO, -1);
        code.push(write_csr(Csr::pmpaddr(last), T0));
        code.load_immediate(T0, OPEN << (8 * (last % 4)));
        code.push(write_csr(Csr::pmpcfg(last / 4), T0));
    }
    let base = code.upper(LAST, REGISTERS);
    for (number, &value) in (1..=31u8).zip(&program.registers) {
        let register = Register::new(number);
        if value != 0 || register == T0 || register == LAST {
            code.load_word(register, base + 4 * i32::from(number), LAST);
        }
    }
    code.jump_to(ZERO, BODY);
    code.finish()
}

impl Lowering<'_> {
    /// Waits for the NPU and ends the program with exit code 0.
    fn epilogue(&mut self) {
        if contains_job(&self.program.blocks) {
            self.wait_idle([T0, T1]);
        }
        let offset = self.code.upper(T0, TOHOST);
        self.code.add_immediate(T1, ZERO, 1);
        self.code.store_word(T1, offset, T0);
        let forever = self.code.label_here();
        self.code.jump(ZERO, forever);
    }
}
