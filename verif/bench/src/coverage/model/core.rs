//! What is to be covered of the instructions: operands, hazards, control flow, accesses.

use systole_golden::Isa;
use systole_isa::{Form, ImmediateOp, RegisterOp, UnaryOp};

use super::super::bins::{
    Access, Between, Class, Consumer, Jump, MODES, Producer, Reservation, Value, operations,
};
use super::super::table::{Cross, Table, Verdict, axis, given, named};
use super::has_operation;

/// Instructions with two operands whose values matter.
pub(in super::super) fn two_operand_operations() -> Vec<String> {
    let register = RegisterOp::ALL.iter().map(|op| op.mnemonic());
    let branch = ["beq", "bne", "blt", "bge", "bltu", "bgeu"];
    let amo = systole_isa::AtomicOp::ALL[2..].iter().map(|op| op.mnemonic());
    register.chain(branch).chain(amo).map(str::to_owned).collect()
}

/// Instructions with one operand in a register whose value matters.
fn one_operand_operations() -> Vec<String> {
    let immediate = ImmediateOp::ALL.iter().map(|op| op.mnemonic());
    immediate.chain(UnaryOp::ALL.iter().map(|op| op.mnemonic())).map(str::to_owned).collect()
}

/// Whether an instruction has rd, rs1, rs2.
fn registers_of(name: &str) -> [bool; 3] {
    let store = matches!(name, "sb" | "sh" | "sw");
    let branch = matches!(name, "beq" | "bne" | "blt" | "bge" | "bltu" | "bgeu");
    let none = ["fence", "fence.i", "ecall", "ebreak", "mret", "wfi"].contains(&name);
    let register = RegisterOp::ALL.iter().any(|op| op.mnemonic() == name);
    let atomic = name == "sc.w" || name.starts_with("amo");
    let alone = matches!(name, "lui" | "auipc" | "jal" | "csrrwi" | "csrrsi" | "csrrci");
    [!(none || store || branch), !(none || alone), register || store || branch || atomic]
}

/// Whether an instruction of this name can retire in U mode.
fn retires_in_user_mode(isa: &Isa, name: &str) -> Verdict {
    match name {
        "ecall" | "ebreak" => Verdict::Possible,
        "mret" => Verdict::Never("illegal in U mode"),
        "csrrw" | "csrrwi" => Verdict::Never("U mode has no register that it may write"),
        "csrrs" | "csrrc" | "csrrsi" | "csrrci" if !isa.zicntr && isa.hpm_counters == 0 => {
            Verdict::Never("U mode has no register at all")
        }
        _ => Verdict::Possible,
    }
}

/// The groups of this file.
#[derive(Clone)]
pub(in super::super) struct Groups {
    pub instruction: Cross<2>,
    pub compressed: Cross<2>,
    pub illegal: Cross<1>,
    pub two_operands: Cross<3>,
    pub one_operand: Cross<2>,
    pub x0: Cross<2>,
    pub same_register: Cross<2>,
    pub hazard: Cross<3>,
    pub overwritten: Cross<2>,
    pub control: Cross<4>,
    pub reach: Cross<2>,
    pub odd_target: Cross<2>,
    pub link: Cross<1>,
    pub split: Cross<3>,
    pub access: Cross<3>,
    pub misaligned: Cross<2>,
    pub store_to_load: Cross<3>,
    pub store_to_fetch: Cross<2>,
    pub reservation: Cross<2>,
    pub between: Cross<1>,
    pub fence: Cross<3>,
}

/// How the jumps whose targets are an immediate reach furthest.
pub(in super::super) const REACHES: [&str; 4] = ["branch", "c.branch", "c.jump", "jal"];
/// Pairs of registers of an instruction that may be one.
pub(in super::super) const SAME: [&str; 3] = ["rd=rs1", "rd=rs2", "rs1=rs2"];
/// Hints that a return stack takes from JALR (unprivileged manual 2.5.1).
pub(in super::super) const LINKS: [&str; 5] = ["none", "push", "pop", "pop-push", "push-same"];
/// What the word of an access has met in the four instructions before.
pub(in super::super) const BEFORE: [&str; 3] = ["none", "load", "store"];
/// Which bytes of the word a store and a load behind it have in common.
pub(in super::super) const OVERLAPS: [&str; 3] = ["same-bytes", "overlap", "other-bytes"];

impl Groups {
    pub(super) fn declare(table: &mut Table, isa: &Isa) -> Self {
        let distances = named("distance", &[1, 2, 3]);
        let mode_exists = |mode: &str| mode == "M" || isa.user_mode;
        Self {
            instruction: table.cross(
                "instruction",
                "Every instruction retires (ECALL and EBREAK trap) in every mode.",
                [axis(&operations()), axis(&MODES)],
                |[name, mode]| match mode {
                    _ if !has_operation(isa, name) || !mode_exists(mode) => Verdict::Absent,
                    "U" => retires_in_user_mode(isa, name),
                    _ => Verdict::Possible,
                },
            ),
            compressed: table.cross(
                "compressed",
                "Every 16-bit form retires (C.EBREAK traps) in either half of a word.",
                [axis(&forms()), named("at", &["word", "half"])],
                |_| given(isa.c),
            ),
            illegal: table.cross(
                "illegal",
                "An instruction that does not exist traps, by major opcode or quadrant.",
                [axis(&majors())],
                |[major]| match major {
                    "c0" | "c1" | "c2" => given(isa.c),
                    "short-word" => given(!isa.c),
                    "opcode-0d" | "opcode-05" | "opcode-1b" => {
                        Verdict::Never("every word with it is LUI, AUIPC or JAL")
                    }
                    _ => Verdict::Possible,
                },
            ),
            two_operands: table.cross(
                "operands",
                "Corner values meet at both operands; of an AMO rs1 is the value in memory.",
                [
                    axis(&two_operand_operations()),
                    named("rs1", Value::NAMES),
                    named("rs2", Value::NAMES),
                ],
                |[name, _, _]| given(has_operation(isa, name)),
            ),
            one_operand: table.cross(
                "operand",
                "Corner values at operations with one register.",
                [axis(&one_operand_operations()), named("rs1", Value::NAMES)],
                |[name, _]| given(has_operation(isa, name)),
            ),
            x0: table.cross(
                "x0",
                "A write of x0 is lost, whatever writes it, also for the next instruction.",
                [axis(&operations()), axis(&["read-next", "not-read-next"])],
                |[name, _]| given(has_operation(isa, name) && registers_of(name)[0]),
            ),
            same_register: table.cross(
                "same-register",
                "Destination and sources coincide (not x0).",
                [axis(&operations()), axis(&SAME)],
                |[name, which]| {
                    let [rd, rs1, rs2] = registers_of(name);
                    let both = match which {
                        "rd=rs1" => rd && rs1,
                        "rd=rs2" => rd && rs2,
                        _ => rs1 && rs2,
                    };
                    given(both && has_operation(isa, name))
                },
            ),
            hazard: table.cross(
                "hazard",
                "A value is needed 1 to 3 instructions after it was made: what is forwarded.",
                [axis(Producer::NAMES), axis(Consumer::NAMES), distances],
                |[producer, consumer, _]| match (producer, consumer) {
                    ("sc", "load-address" | "store-address" | "atomic-address") if isa.a => {
                        Verdict::Never("SC makes 0 or 1, and no memory is so low")
                    }
                    _ => given(exists(isa, producer) && exists(isa, consumer)),
                },
            ),
            overwritten: table.cross(
                "overwritten",
                "A register is written twice within 3 instructions and read within 2 more.",
                [named("first", Producer::NAMES), named("then", Producer::NAMES)],
                |[first, then]| given(exists(isa, first) && exists(isa, then)),
            ),
            control: table.cross(
                "control",
                "Jumps and branches go both ways, in both directions, to both halves of a word.",
                [
                    axis(Jump::NAMES),
                    axis(&["taken", "not-taken"]),
                    axis(&["forward", "backward"]),
                    named("target", &["word", "half"]),
                ],
                |[jump, taken, _, target]| {
                    let compressed = jump.starts_with("c.");
                    let branch = jump.starts_with('b') || matches!(jump, "c.beqz" | "c.bnez");
                    // Without C a taken one to the half of a word traps.
                    let there = isa.c || !compressed && target == "word";
                    given(there && (branch || taken == "taken"))
                },
            ),
            reach: table.cross(
                "reach",
                "Jumps as far as their immediate goes.",
                [axis(&REACHES), axis(&["backward", "forward"])],
                |[jump, _]| match jump {
                    "branch" => Verdict::Possible,
                    "jal" => Verdict::Never("programs have 28 KiB of code, JAL reaches 1 MiB"),
                    _ => given(isa.c),
                },
            ),
            odd_target: table.cross(
                "odd-target",
                "The sum of an indirect jump is odd: bit 0 is cleared.",
                [axis(&["jalr", "c.jr", "c.jalr"]), axis(&["rd=rs1", "rd-other"])],
                |[jump, same]| match (jump, same) {
                    ("jalr", _) => Verdict::Possible,
                    ("c.jr", "rd=rs1") => Verdict::Absent,
                    _ => given(isa.c),
                },
            ),
            link: table.cross(
                "link",
                "What JALR tells a return stack by its registers, x1 and x5 being links.",
                [axis(&LINKS)],
                |_| Verdict::Possible,
            ),
            split: table.cross(
                "split",
                "A 32-bit instruction lies across the border of a word, or of a pair of words.",
                [axis(Class::NAMES), axis(&["word", "pair"]), axis(&["in-sequence", "jumped-to"])],
                |[class, _, _]| match class {
                    "trap" => Verdict::Absent,
                    _ => given(isa.c && exists(isa, class)),
                },
            ),
            access: table.cross(
                "access",
                "Every access in every lane, its word untouched or just read or written.",
                [axis(Access::NAMES), named("lane", &[0, 1, 2, 3]), named("before", &BEFORE)],
                |[access, lane, _]| given(exists(isa, access) && aligned(access, lane)),
            ),
            misaligned: table.cross(
                "misaligned",
                "Every misaligned access traps.",
                [axis(Access::NAMES), named("lane", &[0, 1, 2, 3])],
                |[access, lane]| given(exists(isa, access) && !aligned(access, lane)),
            ),
            store_to_load: table.cross(
                "store-to-load",
                "A load finds what was stored to its word within the four instructions before.",
                [axis(&STORES), axis(&LOADS), axis(&OVERLAPS)],
                |[store, load, overlap]| {
                    let possible = overlaps(width(store), width(load)).contains(&overlap);
                    given(possible && exists(isa, store) && exists(isa, load))
                },
            ),
            store_to_fetch: table.cross(
                "store-to-fetch",
                "After FENCE.I an instruction is executed that was stored before it.",
                [axis(&STORES), axis(&["16-bit", "32-bit"])],
                |[store, length]| given(exists(isa, store) && (isa.c || length == "32-bit")),
            ),
            reservation: table.cross(
                "reservation",
                "Every way in which an SC ends.",
                [axis(Reservation::NAMES), axis(&["rd=x0", "rd-other"])],
                |_| given(isa.a),
            ),
            between: table.cross(
                "between-lr-and-sc",
                "The hart's own instructions between LR and SC do not keep it from storing.",
                [axis(Between::NAMES)],
                |_| given(isa.a),
            ),
            fence: table.cross(
                "fence",
                "Fences with and without reserved fields, behind accesses and others.",
                [
                    axis(&["fence", "fence.i"]),
                    axis(&["plain", "reserved-fields"]),
                    named("after", &["load", "store", "other"]),
                ],
                |_| Verdict::Possible,
            ),
        }
    }
}

fn forms() -> Vec<&'static str> {
    Form::ALL.iter().map(|form| form.mnemonic()).collect()
}

/// Accesses that store, and those that load.
pub(in super::super) const STORES: [&str; 5] = ["sb", "sh", "sw", "sc", "amo"];
/// See [`STORES`].
pub(in super::super) const LOADS: [&str; 7] = ["lb", "lh", "lw", "lbu", "lhu", "lr", "amo"];

/// Bins of illegal instructions: bits 6:2 of a word, the quadrant of a 16-bit one, and without C a
/// word that looks like one.
fn majors() -> Vec<String> {
    let opcodes = (0..32).map(|opcode| format!("opcode-{opcode:02x}"));
    opcodes.chain(["c0", "c1", "c2", "short-word"].map(str::to_owned)).collect()
}

/// Whether a hart has the instructions of a producer, consumer, class or access.
fn exists(isa: &Isa, name: &str) -> bool {
    let of = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    if of(&["mul", "div"]) {
        return isa.m;
    }
    isa.a || !(matches!(name, "lr" | "sc") || of(&["amo", "atomic"]))
}

fn width(access: &str) -> u32 {
    match access {
        "lb" | "lbu" | "sb" => 1,
        "lh" | "lhu" | "sh" => 2,
        _ => 4,
    }
}

fn aligned(access: &str, lane: &str) -> bool {
    lane.parse::<u32>().is_ok_and(|lane| lane.is_multiple_of(width(access)))
}

/// How accesses of these widths to one word can lie to each other.
fn overlaps(store: u32, load: u32) -> &'static [&'static str] {
    match (store, load) {
        (4, 4) => &["same-bytes"],
        (4, _) | (_, 4) => &["overlap"],
        (1, 1) | (2, 2) => &["same-bytes", "other-bytes"],
        _ => &["overlap", "other-bytes"],
    }
}
