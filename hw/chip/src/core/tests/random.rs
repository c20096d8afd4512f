//! Random straight and branching programs against a few lines of instruction set simulator.
//!
//! It knows RV32IM without traps and CSRs: enough for operand forwarding, hazards, branches and
//! memory under random stalls. Everything else is tested by named programs.

use super::assembler::*;
use super::machine::*;

/// Registers and memory after the instructions so far.
struct Simulator {
    x: [u32; 32],
    pc: u32,
    ram: Vec<u32>,
}

/// Effect of one instruction: next pc, destination and value.
struct Effect {
    pc_next: u32,
    rd: (u32, u32),
}

impl Simulator {
    fn new(ram: Vec<u32>) -> Self {
        Self { x: [0; 32], pc: RAM, ram }
    }

    fn step(&mut self, word: u32) -> Effect {
        let field = |high: u32, low: u32| word >> low & ((1 << (high - low + 1)) - 1);
        let (rd, funct3) = (field(11, 7), field(14, 12));
        let (a, b) = (self.x[field(19, 15) as usize], self.x[field(24, 20) as usize]);
        let immediate = (word as i32 >> 20) as u32;
        let store_offset = (word as i32 >> 25 << 5) as u32 | field(11, 7);
        let mut pc_next = self.pc.wrapping_add(4);
        let mut value = None;
        match field(6, 0) {
            0x37 => value = Some(word & 0xffff_f000),
            0x17 => value = Some(self.pc.wrapping_add(word & 0xffff_f000)),
            0x6f => {
                value = Some(pc_next);
                pc_next = self.pc.wrapping_add(jump_offset(word));
            }
            0x67 => {
                value = Some(pc_next);
                pc_next = a.wrapping_add(immediate) & !1;
            }
            0x63 => {
                if condition(funct3, a, b) {
                    pc_next = self.pc.wrapping_add(branch_offset(word));
                }
            }
            0x03 => value = Some(self.load(funct3, a.wrapping_add(immediate))),
            0x23 => self.store(funct3, a.wrapping_add(store_offset), b),
            0x13 => {
                let alternate = funct3 == 5 && field(30, 30) == 1;
                value = Some(arithmetic(alternate, funct3, a, immediate));
            }
            0x33 if field(25, 25) == 1 => value = Some(multiply_or_divide(funct3, a, b)),
            0x33 => value = Some(arithmetic(field(30, 30) == 1, funct3, a, b)),
            other => panic!("opcode {other:#x}"),
        }
        let rd = match value {
            Some(value) if rd != 0 => (rd, value),
            _ => (0, 0),
        };
        self.x[rd.0 as usize] = rd.1;
        self.pc = pc_next;
        Effect { pc_next, rd }
    }

    fn load(&self, funct3: u32, address: u32) -> u32 {
        let word = self.ram[Machine::index(address & !3)] >> (8 * (address & 3));
        match funct3 {
            0 => i32::from(word as i8) as u32,
            1 => i32::from(word as i16) as u32,
            4 => word & 0xff,
            5 => word & 0xffff,
            _ => word,
        }
    }

    fn store(&mut self, funct3: u32, address: u32, value: u32) {
        let mask = [0xff, 0xffff, 0xffff_ffff][funct3 as usize];
        let shift = 8 * (address & 3);
        let word = &mut self.ram[Machine::index(address & !3)];
        *word = *word & !(mask << shift) | (value & mask) << shift;
    }
}

fn jump_offset(word: u32) -> u32 {
    let sign = (word as i32 >> 31 << 20) as u32;
    sign | word & 0xf_f000 | (word >> 20 & 1) << 11 | (word >> 21 & 0x3ff) << 1
}

fn branch_offset(word: u32) -> u32 {
    let sign = (word as i32 >> 31 << 12) as u32;
    sign | (word >> 7 & 1) << 11 | (word >> 25 & 0x3f) << 5 | (word >> 8 & 0xf) << 1
}

fn condition(funct3: u32, a: u32, b: u32) -> bool {
    match funct3 {
        0 => a == b,
        1 => a != b,
        4 => (a as i32) < b as i32,
        5 => a as i32 >= b as i32,
        6 => a < b,
        _ => a >= b,
    }
}

fn arithmetic(alternate: bool, funct3: u32, a: u32, b: u32) -> u32 {
    match (funct3, alternate) {
        (0, false) => a.wrapping_add(b),
        (0, true) => a.wrapping_sub(b),
        (1, _) => a << (b & 31),
        (2, _) => u32::from((a as i32) < b as i32),
        (3, _) => u32::from(a < b),
        (4, _) => a ^ b,
        (5, false) => a >> (b & 31),
        (5, true) => (a as i32 >> (b & 31)) as u32,
        (6, _) => a | b,
        _ => a & b,
    }
}

fn multiply_or_divide(funct3: u32, a: u32, b: u32) -> u32 {
    let (sa, sb) = (a as i32, b as i32);
    match funct3 {
        0 => a.wrapping_mul(b),
        1 => ((i64::from(sa) * i64::from(sb)) >> 32) as u32,
        2 => ((i64::from(sa) * i64::from(b)) >> 32) as u32,
        3 => ((u64::from(a) * u64::from(b)) >> 32) as u32,
        4 if b == 0 => u32::MAX,
        4 => sa.wrapping_div(sb) as u32,
        5 => a.checked_div(b).unwrap_or(u32::MAX),
        6 if b == 0 => a,
        6 => sa.wrapping_rem(sb) as u32,
        _ => a.checked_rem(b).unwrap_or(a),
    }
}

/// Register that holds the address of the data.
const BASE: u32 = 31;
/// Data starts here.
const DATA: u32 = RAM + 0x4000;

/// A source register: few, so that hazards are frequent.
fn source(random: &mut Random) -> u32 {
    random.below(6)
}

/// A random instruction at `index` of `length`; branches and jumps go forwards.
fn instruction(random: &mut Random, index: u32, length: u32) -> u32 {
    let (rd, rs1, rs2) = (source(random), source(random), source(random));
    let offset = random.below(16) as i32;
    match random.below(20) {
        0..=4 => {
            let funct3 = random.below(8);
            let alternate = matches!(funct3, 0 | 5) && random.below(2) == 0;
            op(u32::from(alternate) << 5, funct3, rd, rs1, rs2)
        }
        5..=8 => {
            let funct3 = random.pick(&[0, 2, 3, 4, 6, 7]);
            i(random.next() as i32 % 2048, rs1, funct3, rd, 0x13)
        }
        9 => {
            let shift = random.pick(&[(1, 0), (5, 0), (5, 0x400)]);
            i(random.below(32) as i32 | shift.1, rs1, shift.0, rd, 0x13)
        }
        10 => random.pick(&[lui(rd, 0x8000_0000), lui(rd, 0x1234_5000), auipc(rd, 0x1000)]),
        11 | 12 => op(1, random.below(4), rd, rs1, rs2),
        13 if random.below(2) == 0 => op(1, 4 + random.below(4), rd, rs1, rs2),
        13..=15 => match random.below(5) {
            0 => load(random.pick(&[0, 4]), rd, BASE, offset),
            1 => load(random.pick(&[1, 5]), rd, BASE, offset & !1),
            _ => lw(rd, BASE, offset & !3),
        },
        16 | 17 => match random.below(3) {
            0 => store(0, rs2, BASE, offset),
            1 => store(1, rs2, BASE, offset & !1),
            _ => sw(rs2, BASE, offset & !3),
        },
        _ => {
            let distance = 4 * (1 + random.below((length - index).min(5))) as i32;
            match random.below(5) {
                0 => jal(rd, distance),
                _ => branch(random.pick(&[0, 1, 4, 5, 6, 7]), rs1, rs2, distance),
            }
        }
    }
}

fn program(random: &mut Random) -> Vec<u32> {
    let length = 120;
    let mut words = li(BASE, DATA).to_vec();
    for register in 1..6 {
        let value =
            if random.below(3) == 0 { random.pick(&[0, 1, 0x8000_0000]) } else { random.next() };
        words.extend(li(register, value));
    }
    words.extend((0..length).map(|index| instruction(random, index, length)));
    // Room for forward jumps, then the end.
    words.extend([NOP, NOP, NOP, NOP, NOP, STOP]);
    words
}

/// Every retired instruction does what the manual says.
#[test]
fn random_programs_match_the_simulator() {
    for seed in 0..150 {
        let mut random = Random(seed);
        let words = program(&mut random);
        let configurations = configurations();
        let config = &configurations[seed as usize % configurations.len()];
        let timing = if seed % 4 == 0 { Timing::IDEAL } else { Timing::random(seed) };
        let mut machine = Machine::new(config, &words, timing);
        let mut model = Simulator::new(machine.ram.clone());
        while model.pc != RAM + 4 * (words.len() as u32 - 1) {
            let count = machine.retired.len() + 1;
            let record = machine.run(count).last().expect("just ran").clone();
            let context = format!("seed {seed}: {record:x?}");
            assert_eq!(record.pc, model.pc, "{context}");
            let word = model.ram[Machine::index(record.pc)];
            assert_eq!(record.insn, word, "{context}");
            assert_eq!(record.rs1.1, model.x[record.rs1.0 as usize], "{context}");
            assert_eq!(record.rs2.1, model.x[record.rs2.0 as usize], "{context}");
            let effect = model.step(word);
            assert_eq!(record.pc_next, effect.pc_next, "{context}");
            assert_eq!(record.rd, effect.rd, "{context}");
            assert!(!record.trap && !record.intr, "{context}");
        }
        assert_eq!(machine.ram, model.ram, "seed {seed}");
    }
}
