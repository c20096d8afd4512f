//! What a netlist is made of, from `stat -json` of Yosys.

use std::collections::BTreeMap;

use serde_json::Value;
use systole_gen::board::Family;

/// Cells of a netlist, summed up.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cells {
    /// Look-up tables: what a netlist takes of the device's, with those of carry chains and of RAM
    /// made of them.
    pub lut: u64,
    /// Of these, what is RAM.
    pub lut_ram: u64,
    /// Flip-flops.
    pub ff: u64,
    /// Blocks of RAM, in the units of [`Capacity`](systole_gen::board::Capacity).
    pub bram: u64,
    /// Multipliers, in the units of [`Capacity`](systole_gen::board::Capacity).
    pub dsp: u64,
    /// Large blocks of RAM, 256 kbit each (iCE40 UltraPlus only).
    pub spram: u64,
    /// Every type of cell, with its number.
    pub types: BTreeMap<String, u64>,
}

/// What a cell counts for.
enum Kind {
    Lut(u64),
    LutRam(u64),
    Ff,
    Bram(u64),
    Dsp(u64),
    Spram,
    Other,
}

impl Cells {
    /// Reads what Yosys wrote; `None` if it is something else.
    pub fn read(text: &str, family: &Family) -> Option<Cells> {
        let value: Value = serde_json::from_str(text).ok()?;
        let types = value.get("design")?.get("num_cells_by_type")?.as_object()?;
        let count = |(name, number): (&String, &Value)| Some((name.clone(), number.as_u64()?));
        let types: BTreeMap<String, u64> = types.iter().map(count).collect::<Option<_>>()?;
        let mut cells = Cells::default();
        for (name, &number) in &types {
            match kind(family, name) {
                Kind::Lut(luts) => cells.lut += luts * number,
                Kind::LutRam(luts) => {
                    cells.lut += luts * number;
                    cells.lut_ram += luts * number;
                }
                Kind::Ff => cells.ff += number,
                Kind::Bram(blocks) => cells.bram += blocks * number,
                Kind::Dsp(multipliers) => cells.dsp += multipliers * number,
                Kind::Spram => cells.spram += number,
                Kind::Other => {}
            }
        }
        Some(Cells { types, ..cells })
    }
}

fn kind(family: &Family, cell: &str) -> Kind {
    match family {
        Family::Ice40 { .. } => ice40(cell),
        Family::Ecp5 { .. } => ecp5(cell),
        Family::Gowin { .. } => gowin(cell),
        Family::Xilinx7 { .. } => xilinx(cell),
    }
}

fn ice40(cell: &str) -> Kind {
    match cell {
        "SB_LUT4" => Kind::Lut(1),
        "SB_MAC16" => Kind::Dsp(1),
        "SB_SPRAM256KA" => Kind::Spram,
        _ if cell.starts_with("SB_DFF") => Kind::Ff,
        _ if cell.starts_with("SB_RAM40_4K") => Kind::Bram(1),
        _ => Kind::Other,
    }
}

fn ecp5(cell: &str) -> Kind {
    match cell {
        "LUT4" => Kind::Lut(1),
        "CCU2C" => Kind::Lut(2),
        "TRELLIS_DPR16X4" | "DPR16X4C" => Kind::LutRam(4),
        "TRELLIS_FF" => Kind::Ff,
        "DP16KD" | "PDPW16KD" => Kind::Bram(1),
        "MULT18X18D" => Kind::Dsp(1),
        _ => Kind::Other,
    }
}

fn gowin(cell: &str) -> Kind {
    match cell {
        "LUT1" | "LUT2" | "LUT3" | "LUT4" | "ALU" => Kind::Lut(1),
        "MULT9X9" => Kind::Dsp(1),
        "MULT18X18" | "MULTALU18X18" | "MULTADDALU18X18" => Kind::Dsp(2),
        "MULT36X36" => Kind::Dsp(8),
        _ if cell.starts_with("RAM16S") => Kind::LutRam(4),
        _ if cell.starts_with("DFF") => Kind::Ff,
        "SP" | "SPX9" | "DPB" | "DPX9B" | "SDPB" | "SDPX9B" | "pROM" | "pROMX9" => Kind::Bram(1),
        _ => Kind::Other,
    }
}

fn xilinx(cell: &str) -> Kind {
    match cell {
        "LUT1" | "LUT2" | "LUT3" | "LUT4" | "LUT5" | "LUT6" | "INV" => Kind::Lut(1),
        "FDRE" | "FDSE" | "FDCE" | "FDPE" => Kind::Ff,
        "RAMB18E1" => Kind::Bram(1),
        "RAMB36E1" => Kind::Bram(2),
        "DSP48E1" => Kind::Dsp(1),
        "RAM32M" | "RAM64M" | "RAM128X1D" => Kind::LutRam(4),
        "RAM32X1D" | "RAM64X1D" | "RAM128X1S" => Kind::LutRam(2),
        "RAM32X1S" | "RAM64X1S" | "SRL16E" | "SRLC32E" => Kind::LutRam(1),
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use systole_gen::board::Board;

    fn read(board: &str, types: &str) -> Cells {
        let text = format!(r#"{{"modules": {{}}, "design": {{"num_cells_by_type": {types}}}}}"#);
        Cells::read(&text, &Board::find(board).unwrap().device.family).unwrap()
    }

    #[test]
    fn carries_and_ram_of_an_ecp5_are_luts() {
        let types = r#"{"LUT4": 100, "CCU2C": 10, "TRELLIS_DPR16X4": 2, "TRELLIS_FF": 70,
            "DP16KD": 3, "MULT18X18D": 4, "PFUMX": 9, "$scopeinfo": 5}"#;
        let cells = read("ulx3s", types);
        assert_eq!((cells.lut, cells.lut_ram, cells.ff), (128, 8, 70));
        assert_eq!((cells.bram, cells.dsp, cells.types["PFUMX"]), (3, 4, 9));
    }

    #[test]
    fn every_flip_flop_of_an_ice40_counts() {
        let types = r#"{"SB_LUT4": 50, "SB_CARRY": 26, "SB_DFF": 1, "SB_DFFESR": 2,
            "SB_RAM40_4KNR": 1, "SB_RAM40_4K": 2, "SB_MAC16": 8, "SB_SPRAM256KA": 4}"#;
        let cells = read("icebreaker", types);
        assert_eq!((cells.lut, cells.ff, cells.bram), (50, 3, 3));
        assert_eq!((cells.dsp, cells.spram), (8, 4));
    }

    #[test]
    fn blocks_of_others_count_in_their_smallest_unit() {
        let cells = read("arty_a7_35", r#"{"RAMB36E1": 2, "RAMB18E1": 1, "LUT6": 3, "INV": 1}"#);
        assert_eq!((cells.bram, cells.lut), (5, 4));
        let cells = read("tang_nano_20k", r#"{"MULT9X9": 3, "MULT18X18": 1, "ALU": 4, "LUT4": 2}"#);
        assert_eq!((cells.dsp, cells.lut), (5, 6));
    }

    #[test]
    fn something_else_is_not_read() {
        let family = Board::find("ulx3s").unwrap().device.family;
        for text in ["", "{}", r#"{"design": {"num_cells_by_type": {"LUT4": "many"}}}"#] {
            assert_eq!(Cells::read(text, &family), None);
        }
    }
}
