//! Compressed instructions: all 65,536 parcels.

use systole_hdl::prelude::{Interpreter, check};

use super::assembler::*;
use super::decode_table::rows;
use crate::core::expand::expand;

/// Bits `high..=low` of `word`.
fn bits(word: u32, high: u32, low: u32) -> u32 {
    word >> low & ((1 << (high - low + 1)) - 1)
}

/// An immediate scattered over a parcel: each entry says where a bit of the parcel goes.
fn gather(parcel: u32, places: &[(u32, u32)]) -> i32 {
    places.iter().map(|&(from, to)| (bits(parcel, from, from) << to) as i32).sum()
}

/// The same, with bit 12 of the parcel as the sign at `sign`.
fn signed(parcel: u32, sign: u32, places: &[(u32, u32)]) -> i32 {
    gather(parcel, places) - ((bits(parcel, 12, 12) << sign) as i32)
}

/// The instruction that a parcel stands for, by the tables of the manual, in assembler terms.
fn reference(p: u32) -> Option<u32> {
    let (rd, rs2) = (bits(p, 11, 7), bits(p, 6, 2));
    let (rd_high, rs2_high) = (8 + bits(p, 9, 7), 8 + bits(p, 4, 2));
    let sign = bits(p, 12, 12) == 1;
    let small = signed(p, 5, &[(6, 4), (5, 3), (4, 2), (3, 1), (2, 0)]);
    let jump = signed(
        p,
        11,
        &[(11, 4), (10, 9), (9, 8), (8, 10), (7, 6), (6, 7), (5, 3), (4, 2), (3, 1), (2, 5)],
    );
    let branch_offset = signed(p, 8, &[(11, 4), (10, 3), (6, 7), (5, 6), (4, 2), (3, 1), (2, 5)]);
    let word = gather(p, &[(12, 5), (11, 4), (10, 3), (6, 2), (5, 6)]);
    match (bits(p, 1, 0), bits(p, 15, 13)) {
        (0, 0) => {
            let places = [(12, 5), (11, 4), (10, 9), (9, 8), (8, 7), (7, 6), (6, 2), (5, 3)];
            let offset = gather(p, &places);
            (offset != 0).then(|| addi(rs2_high, 2, offset))
        }
        (0, 2) => Some(lw(rs2_high, rd_high, word)),
        (0, 6) => Some(sw(rs2_high, rd_high, word)),
        (1, 0) => Some(addi(rd, rd, small)),
        (1, 1) => Some(jal(1, jump)),
        (1, 2) => Some(addi(rd, 0, small)),
        (1, 3) if rd == 2 => {
            let offset = signed(p, 9, &[(6, 4), (5, 6), (4, 8), (3, 7), (2, 5)]);
            (offset != 0).then(|| addi(2, 2, offset))
        }
        (1, 3) => (small != 0).then(|| lui(rd, (small << 12) as u32)),
        (1, 4) => match bits(p, 11, 10) {
            0 => (!sign).then(|| i(rs2 as i32, rd_high, 5, rd_high, 0x13)),
            1 => (!sign).then(|| i(rs2 as i32 | 0x400, rd_high, 5, rd_high, 0x13)),
            2 => Some(i(small, rd_high, 7, rd_high, 0x13)),
            _ if sign => None,
            _ => {
                let (funct7, funct3) = [(0x20, 0), (0, 4), (0, 6), (0, 7)][bits(p, 6, 5) as usize];
                Some(op(funct7, funct3, rd_high, rd_high, rs2_high))
            }
        },
        (1, 5) => Some(jal(0, jump)),
        (1, 6) => Some(beq(rd_high, 0, branch_offset)),
        (1, 7) => Some(bne(rd_high, 0, branch_offset)),
        (2, 0) => (!sign).then(|| i(rs2 as i32, rd, 1, rd, 0x13)),
        (2, 2) => {
            let offset = gather(p, &[(12, 5), (6, 4), (5, 3), (4, 2), (3, 7), (2, 6)]);
            (rd != 0).then(|| lw(rd, 2, offset))
        }
        (2, 4) => match (sign, rd, rs2) {
            (false, 0, 0) => None,
            (false, _, 0) => Some(jalr(0, rd, 0)),
            (false, ..) => Some(add(rd, 0, rs2)),
            (true, 0, 0) => Some(EBREAK),
            (true, _, 0) => Some(jalr(1, rd, 0)),
            (true, ..) => Some(add(rd, rd, rs2)),
        },
        (2, 6) => {
            let places = [(12, 5), (11, 4), (10, 3), (9, 2), (8, 7), (7, 6)];
            Some(sw(rs2, 2, gather(p, &places)))
        }
        _ => None,
    }
}

/// All parcels that are no 32-bit instruction.
fn parcels() -> impl Iterator<Item = u32> {
    (0..0x1_0000).filter(|parcel| parcel & 3 != 3)
}

#[test]
fn every_parcel_is_expanded_as_the_manual_says() {
    let mut sim = Interpreter::new(&check(&expand()).unwrap_or_else(|errors| panic!("{errors}")));
    for parcel in parcels() {
        sim.set("word", 0xa5c3_0000 | u64::from(parcel));
        assert_eq!(sim.get("compressed"), 1, "{parcel:#06x}");
        let found = (sim.get("illegal") == 0).then(|| sim.get("instruction") as u32);
        assert_eq!(found, reference(parcel), "{parcel:#06x}");
        if found.is_none() {
            assert_eq!(sim.get("instruction"), u64::from(parcel), "kept for mtval");
        }
    }
}

#[test]
fn a_long_instruction_passes() {
    let mut sim = Interpreter::new(&check(&expand()).unwrap_or_else(|errors| panic!("{errors}")));
    for word in (0..0x1_0000).map(|parcel: u32| parcel.wrapping_mul(0x1235_4321) | 3) {
        sim.set("word", u64::from(word));
        assert_eq!(sim.get("instruction"), u64::from(word));
        assert_eq!((sim.get("compressed"), sim.get("illegal")), (0, 0), "{word:#010x}");
    }
}

#[test]
fn the_reference_agrees_with_spike() {
    let rows = rows();
    let parcels = rows.iter().filter(|row| row.kind == "c16");
    for row in parcels.clone() {
        let is_illegal = row.cause[0] == Some(2);
        assert_eq!(reference(row.word).is_some(), !is_illegal, "{:#06x}", row.word);
    }
    assert_eq!(parcels.count(), 49_142);
}
