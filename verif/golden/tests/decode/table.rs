//! Reads the decode truth table (`README.md` next to this file).

use std::io::Read;

/// The harts of the table, in the order of [`Row::cause`].
pub const HARTS: [&str; 3] = ["rv32imac", "rv32imac_zb", "rv32imac_zicntr_mu"];

/// One encoding.
pub struct Row {
    /// The instruction word; a 16-bit one zero-extended.
    pub word: u32,
    /// Which sweep it is part of.
    pub kind: String,
    /// For each of [`HARTS`] the `mcause` of the exception that it raises, `None` for none.
    pub cause: [Option<u32>; 3],
}

impl Row {
    /// The CSR's number, of rows that execute a CSR instruction.
    pub fn csr(&self) -> Option<u32> {
        self.kind.starts_with("csr_").then_some(self.word >> 20)
    }
}

/// All rows.
pub fn rows() -> Vec<Row> {
    let mut text = String::new();
    let packed: &[u8] = include_bytes!("decode.tsv.gz");
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text).expect("a gzip file of text");
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().expect("a header").split('\t').collect();
    assert_eq!(header[2..], HARTS);
    lines.map(row).collect()
}

fn row(line: &str) -> Row {
    let fields: Vec<&str> = line.split('\t').collect();
    let [word, kind, results @ ..] = &fields[..] else { panic!("not a row: {line}") };
    Row {
        word: u32::from_str_radix(word, 16).expect("a hexadecimal word"),
        kind: (*kind).to_string(),
        cause: std::array::from_fn(|hart| cause(results[hart])),
    }
}

fn cause(result: &str) -> Option<u32> {
    match result {
        "ok" => None,
        "illegal" => Some(2),
        "breakpoint" => Some(3),
        "load_misaligned" => Some(4),
        "store_misaligned" => Some(6),
        "ecallM" => Some(11),
        _ => panic!("unknown result {result}"),
    }
}
