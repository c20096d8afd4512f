//! Descriptors of the NPU in a few words (`docs/npu.md`).

/// Fields of a descriptor.
struct Words<'a>(&'a [u32; 8]);

impl Words<'_> {
    fn bits(&self, word: usize, high: u32, low: u32) -> u32 {
        self.0[word] >> low & (u32::MAX >> (31 - (high - low)))
    }

    fn low(&self, word: usize) -> u32 {
        self.bits(word, 15, 0)
    }

    fn high(&self, word: usize) -> u32 {
        self.bits(word, 31, 16)
    }

    fn flag(&self, bit: u32) -> bool {
        self.bits(0, bit, bit) == 1
    }
}

/// What a descriptor asks for: the operation, its size and its place. One line without tokens.
pub fn describe(words: &[u32; 8]) -> String {
    let d = Words(words);
    match d.bits(0, 3, 0) {
        1 => load(&d),
        2 => exec(&d),
        3 => store(&d),
        opcode => format!("opcode {opcode}"),
    }
}

fn load(d: &Words) -> String {
    let space = ["scratchpad", "parameters", "table", "nowhere"][d.bits(0, 17, 16) as usize];
    let windows = match d.flag(18) {
        true => format!(" in {} windows of {} bytes", d.high(5), d.bits(6, 15, 8)),
        false => String::new(),
    };
    let (rows, bytes) = (d.low(3), d.high(3));
    format!("LOAD {rows} x {bytes} bytes{windows} @{:08x} -> {space} {}", d.0[1], d.low(4))
}

fn exec(d: &Words) -> String {
    let operator = if d.flag(16) { "+=" } else { "=" };
    let int4 = if d.flag(19) { " int4" } else { "" };
    let place = format!("acc {} {operator}", d.low(3));
    if d.bits(0, 18, 17) == 0 {
        let (rows, k, n) = (d.high(3), d.low(4), d.low(5));
        return format!("EXEC {place} product{int4} {rows} rows, {k} x {n} tiles");
    }
    let (out_width, out_height) = (d.bits(4, 11, 0), d.bits(4, 23, 12));
    let (k, n) = (d.bits(6, 11, 0), d.bits(6, 23, 12));
    let (stride_x, stride_y) = (d.bits(5, 25, 24) + 1, d.bits(5, 27, 26) + 1);
    let stride = match (stride_x, stride_y) {
        (1, 1) => String::new(),
        (x, y) => format!(" stride {y} x {x}"),
    };
    let kernel = match d.bits(0, 18, 17) {
        1 => format!("conv {} x {}", d.bits(6, 26, 24), d.bits(6, 29, 27)),
        _ => "depthwise".to_owned(),
    };
    format!(
        "EXEC {place} {kernel}{int4}{stride} {out_height} x {out_width} pixels, {k} x {n} tiles"
    )
}

/// Tiles of weights that an EXEC walks through; `None` for other descriptors.
pub fn tiles(words: &[u32; 8]) -> Option<u64> {
    let d = Words(words);
    let product = |factors: &[u32]| factors.iter().map(|&factor| u64::from(factor)).product();
    match (d.bits(0, 3, 0), d.bits(0, 18, 17)) {
        (2, 0) => Some(product(&[d.low(4), d.low(5)])),
        (2, 1) => Some(product(&[
            d.bits(6, 11, 0),
            d.bits(6, 23, 12),
            d.bits(6, 26, 24),
            d.bits(6, 29, 27),
        ])),
        (2, 2) => Some(product(&[d.bits(6, 11, 0), d.bits(6, 23, 12)])),
        _ => None,
    }
}

fn store(d: &Words) -> String {
    let source = match (d.bits(0, 17, 16), d.flag(21)) {
        (0, _) => format!("requantised acc {}", d.low(4)),
        (1, _) => format!("raw acc {}", d.low(4)),
        (2, false) => format!("scratchpad {}", d.low(4)),
        (2, true) => {
            let (width, height) = (d.bits(5, 18, 16), d.bits(5, 21, 19));
            format!("maximum {height} x {width} of scratchpad {}", d.low(4))
        }
        _ => "nothing".to_owned(),
    };
    let then = match (d.flag(19), d.flag(20)) {
        (true, _) => " + residual",
        (_, true) => " by table",
        _ => "",
    };
    let target = match d.flag(18) {
        true => format!("scratchpad {}", d.low(1)),
        false => format!("@{:08x}", d.0[1]),
    };
    format!("STORE {} x {} {source}{then} -> {target}", d.low(3), d.high(3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use systole_isa::{Convolution, Descriptor, Exec, Header, Kernel, Load};

    fn text(descriptor: Descriptor) -> String {
        describe(&descriptor.encode())
    }

    #[test]
    fn a_line_says_what_is_asked_for() {
        let load = Load { address: 0x8001_0000, rows: 3, row_bytes: 40, row: 7, ..Load::default() };
        assert_eq!(
            text(Descriptor::Load(Header::default(), load)),
            "LOAD 3 x 40 bytes @80010000 -> scratchpad 7"
        );
        let exec = Exec { m_rows: 9, k_tiles: 2, n_tiles: 5, accumulate: true, ..Exec::default() };
        let exec = Descriptor::Exec(Header::default(), exec);
        assert_eq!(text(exec), "EXEC acc 0 += product 9 rows, 2 x 5 tiles");
        assert_eq!(tiles(&exec.encode()), Some(10));
    }

    #[test]
    fn a_convolution_counts_its_taps() {
        let convolution = Convolution {
            kernel: Kernel::Full { height: 3, width: 2 },
            accumulate: false,
            int4: false,
            activation_row: 0,
            row_pitch: 8,
            plane_step: 0,
            weight_row: 0,
            accumulator_row: 4,
            accumulator_n_step: 0,
            out_width: 6,
            out_height: 5,
            in_width: 8,
            in_height: 7,
            stride_x: 2,
            stride_y: 1,
            pad_value: 0,
            k_tiles: 2,
            n_tiles: 3,
            first_y: 0,
            first_x: 0,
        };
        let descriptor = Descriptor::Convolution(Header::default(), convolution);
        assert_eq!(
            text(descriptor),
            "EXEC acc 4 = conv 3 x 2 stride 1 x 2 5 x 6 pixels, 2 x 3 tiles"
        );
        assert_eq!(tiles(&descriptor.encode()), Some(36));
    }
}
