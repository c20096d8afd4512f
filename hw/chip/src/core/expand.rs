//! Compressed instructions (unprivileged manual, chapter "C").

use systole_hdl::prelude::*;

use super::encoding::opcode;

/// Turns the halfword at the pc and the one behind it into the 32-bit instruction to decode:
/// themselves, or what a compressed instruction in the first stands for. Combinational.
///
/// A compressed instruction that stands for nothing is `illegal` and passes zero-extended: its
/// low bits make it illegal as a 32-bit instruction too, and it is already what `mtval` gets.
pub fn expand() -> Module {
    module("core_expand", |m| {
        m.doc("The 32-bit instruction to decode: as it is, or out of a compressed one.");
        let word = m.input("word", U(32)).doc("halfword at the pc, below the one behind it");
        let instruction = m.output_wire("instruction", U(32));
        let parcel = word.bits(15, 0).named("parcel");
        let compressed = parcel.bits(1, 0).ne(3).named("is_compressed");
        let fields = Fields::of(m, parcel);
        let rows = rows(m, &fields);

        m.section("Selection");
        let quadrant_and_funct3 =
            cat(&[parcel.bits(1, 0), parcel.bits(15, 13)]).named("quadrant_and_funct3");
        let expanded = m.wire("expanded", U(32));
        let exists = m.wire("exists", Bit).doc("a compressed instruction that is not illegal");
        m.comb(|| {
            expanded.set(rows[0].instruction);
            exists.set(0);
            switch(quadrant_and_funct3, |s| {
                for row in &rows {
                    s.cases(row.codes, || {
                        expanded.set(row.instruction);
                        exists.set(row.legal);
                    });
                }
                s.default(|| {});
            });
        });
        let upper = word.bits(31, 16) & (!compressed).repeat(16);
        instruction.drive(exists.mux(expanded, cat(&[upper, parcel])));
        m.output("compressed", compressed);
        m.output("illegal", compressed & !exists);
    })
}

/// An instruction, or several of one form.
struct Row {
    /// `{parcel[1:0], parcel[15:13]}`.
    codes: &'static [u32],
    /// Its fields are not reserved.
    legal: Signal,
    instruction: Signal,
}

/// What the instructions are made of.
struct Fields {
    parcel: Signal,
    /// Destination and first source.
    rd: Signal,
    /// Second source.
    rs2: Signal,
    /// First source or destination among x8 to x15.
    rd_high: Signal,
    /// Second source or destination among x8 to x15.
    rs2_high: Signal,
    sign: Signal,
    lui: Signal,
    jal: Signal,
    jalr: Signal,
    branch: Signal,
    load: Signal,
    store: Signal,
    op_imm: Signal,
    op: Signal,
}

impl Fields {
    fn of(m: M, parcel: Signal) -> Self {
        m.section("Fields");
        let high = |bits: Signal| cat(&[lit(1, U(2)), bits]);
        let major = |name: &str, value: u64| m.constant(name, value, U(7));
        Self {
            parcel,
            rd: parcel.bits(11, 7).named("rd"),
            rs2: parcel.bits(6, 2).named("rs2"),
            rd_high: high(parcel.bits(9, 7)).named("rd_high"),
            rs2_high: high(parcel.bits(4, 2)).named("rs2_high"),
            sign: parcel.bit(12).named("sign"),
            lui: major("LUI", opcode::LUI),
            jal: major("JAL", opcode::JAL),
            jalr: major("JALR", opcode::JALR),
            branch: major("BRANCH", opcode::BRANCH),
            load: major("LOAD", opcode::LOAD),
            store: major("STORE", opcode::STORE),
            op_imm: major("OP_IMM", opcode::OP_IMM),
            op: major("OP", opcode::OP),
        }
    }

    /// Bits of the parcel.
    fn p(&self, high: u32, low: u32) -> Signal {
        self.parcel.bits(high, low)
    }
}

/// A register by its number.
fn x(number: u32) -> Signal {
    lit(number, U(5))
}

/// An instruction of the I format; `immediate` has 12 bits.
fn i(immediate: Signal, rs1: Signal, funct3: u32, rd: Signal, opcode: Signal) -> Signal {
    cat(&[immediate, rs1, lit(funct3, U(3)), rd, opcode])
}

/// A store of a word; `offset` has 12 bits.
fn store(f: &Fields, offset: Signal, rs1: Signal, rs2: Signal) -> Signal {
    cat(&[offset.bits(11, 5), rs2, rs1, lit(2, U(3)), offset.bits(4, 0), f.store])
}

/// All compressed instructions of RV32 without floating point.
fn rows(m: M, f: &Fields) -> Vec<Row> {
    m.section("Instructions");
    let always = lit(1, Bit);
    let zeros = |count| lit(0, U(count));
    let row = |codes: &'static [u32], name: &str, legal: Signal, instruction: Signal| Row {
        codes,
        legal,
        instruction: instruction.named(name),
    };
    let stack = cat(&[zeros(2), f.p(10, 7), f.p(12, 11), f.p(5, 5), f.p(6, 6), zeros(2)]);
    let word = cat(&[zeros(5), f.p(5, 5), f.p(12, 10), f.p(6, 6), zeros(2)]).named("word_offset");
    let small = cat(&[f.sign.repeat(7), f.p(6, 2)]).named("small_immediate");
    let load_stack = cat(&[zeros(4), f.p(3, 2), f.p(12, 12), f.p(6, 4), zeros(2)]);
    let store_stack = cat(&[zeros(4), f.p(8, 7), f.p(12, 9), zeros(2)]).named("store_stack_offset");
    let stack_used = f.p(12, 5).any().named("stack_immediate_used");
    let small_used = (f.sign | f.rs2.any()).named("small_immediate_used");
    let rd_used = f.rd.any().named("rd_used");
    let branch = cat(&[
        f.sign.repeat(4),
        f.p(6, 5),
        f.p(2, 2),
        x(0),
        f.rd_high,
        lit(0, U(2)),
        f.p(13, 13),
        f.p(11, 10),
        f.p(4, 3),
        f.sign,
        f.branch,
    ]);
    vec![
        row(&[0b00_000], "c_addi4spn", stack_used, i(stack, x(2), 0, f.rs2_high, f.op_imm)),
        row(&[0b00_010], "c_lw", always, i(word, f.rd_high, 2, f.rs2_high, f.load)),
        row(&[0b00_110], "c_sw", always, store(f, word, f.rd_high, f.rs2_high)),
        row(&[0b01_000], "c_addi", always, i(small, f.rd, 0, f.rd, f.op_imm)),
        row(&[0b01_001, 0b01_101], "c_jal", always, jump(f)),
        row(&[0b01_010], "c_li", always, i(small, x(0), 0, f.rd, f.op_imm)),
        row(&[0b01_011], "c_lui", small_used, upper(f)),
        row(&[0b01_110, 0b01_111], "c_branch", always, branch),
        arithmetic(f, small),
        row(&[0b10_000], "c_slli", !f.sign, i(cat(&[zeros(7), f.rs2]), f.rd, 1, f.rd, f.op_imm)),
        row(&[0b10_010], "c_lwsp", rd_used, i(load_stack, x(2), 2, f.rd, f.load)),
        move_or_jump(f, rd_used),
        row(&[0b10_110], "c_swsp", always, store(f, store_stack, x(2), f.rs2)),
    ]
}

/// C.JAL and C.J.
fn jump(f: &Fields) -> Signal {
    let offset = [f.p(8, 8), f.p(10, 9), f.p(6, 6), f.p(7, 7), f.p(2, 2), f.p(11, 11), f.p(5, 3)];
    let link = cat(&[lit(0, U(4)), !f.p(15, 15)]);
    cat(&[f.sign, cat(&offset), f.sign.repeat(9), link, f.jal])
}

/// C.LUI, and C.ADDI16SP, which takes the place of C.LUI to x2.
fn upper(f: &Fields) -> Signal {
    let adjust = cat(&[
        f.sign.repeat(3),
        f.p(4, 3),
        f.p(5, 5),
        f.p(2, 2),
        f.p(6, 6),
        lit(0, U(4)),
        x(2),
        lit(0, U(3)),
        x(2),
        f.op_imm,
    ])
    .named("c_addi16sp");
    f.rd.eq(2).mux(adjust, cat(&[f.sign.repeat(15), f.rs2, f.rd, f.lui]))
}

/// Shifts right, C.ANDI, and the register instructions on x8 to x15.
fn arithmetic(f: &Fields, small: Signal) -> Row {
    let (rd, rs2) = (f.rd_high, f.rs2_high);
    let kind = f.p(11, 10).named("arithmetic_kind");
    let is_shift = (!f.p(11, 11)).named("arithmetic_is_shift");
    let is_register = kind.eq(3).named("arithmetic_is_register");
    let shift_type = cat(&[lit(0, Bit), f.p(10, 10), lit(0, U(5))]);
    let shift = i(cat(&[shift_type, f.rs2]), rd, 5, rd, f.op_imm).named("c_shift_right");
    let and_immediate = i(small, rd, 7, rd, f.op_imm).named("c_andi");
    // SUB, XOR, OR, AND have the functions 0, 4, 6, 7; SUB is told from ADD by bit 30.
    let is_sub = (!f.p(6, 5).any()).named("c_is_sub");
    let funct3 = cat(&[f.p(6, 5).any(), f.p(6, 6), f.p(6, 5).all()]);
    let sub_type = cat(&[lit(0, Bit), is_sub, lit(0, U(5))]);
    let register = cat(&[sub_type, rs2, rd, funct3, rd, f.op]).named("c_register");
    let instruction = is_shift.mux(shift, is_register.mux(register, and_immediate));
    Row {
        codes: &[0b01_100],
        // Bit 12 is part of the immediate of C.ANDI only.
        legal: !f.sign | kind.eq(2),
        instruction: instruction.named("c_arithmetic"),
    }
}

/// C.JR, C.MV, C.EBREAK, C.JALR and C.ADD.
fn move_or_jump(f: &Fields, rd_used: Signal) -> Row {
    let is_move_or_add = f.rs2.any().named("is_move_or_add");
    let first = f.rd & f.sign.repeat(5);
    let add = cat(&[lit(0, U(7)), f.rs2, first, lit(0, U(3)), f.rd, f.op]).named("c_add");
    let link = cat(&[lit(0, U(4)), f.sign]);
    let jump = i(lit(0, U(12)), f.rd, 0, link, f.jalr).named("c_jalr");
    let jump_or_break = rd_used.mux(jump, lit(0x0010_0073, U(32)));
    Row {
        codes: &[0b10_100],
        legal: is_move_or_add | rd_used | f.sign,
        instruction: is_move_or_add.mux(add, jump_or_break).named("c_move_or_jump"),
    }
}
