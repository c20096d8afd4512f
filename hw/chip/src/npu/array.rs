//! The systolic array: a grid of processing elements, skewed at its inputs and deskewed at its
//! outputs, so that its users see whole rows.

use systole_hdl::prelude::*;

use super::exec::{line_taps, tap_lines};
use super::pe::{element, pack, pe_row};

/// Cycles from `activations` to `sums` for an array of side `dim`.
pub const fn latency(dim: u32) -> u32 {
    2 * dim + 1
}

/// Cycles by which `out_valid`, `out_row`, `out_overwrite` and `out_last` precede `sums`: what the
/// accumulators need to read the old row.
pub const CONTROL_LEAD: u32 = 2;

/// The `dim` x `dim` array.
///
/// *Waves.* An activation row enters with its `select` bit, one a cycle. Row r of the grid gets
/// its element r cycles later, so element r meets column c after r + c cycles, and all columns of
/// a product row leave together `latency(dim)` cycles after it entered. The wave's control
/// (`valid`, `row`, `overwrite`, `last`) goes beside the grid and comes out `CONTROL_LEAD` cycles
/// before the sums.
///
/// *Taps.* Row r takes its activation from the left or, if bit r of the wave's `inject` is set, from
/// the pixels of line r / T (the last line's rows reach to the bottom), which are broadcast down
/// the columns: in cycle t + r for a wave of cycle t, hence a row `taps_<g>` is delayed by T*g, and
/// element c by c cycles more.
///
/// *Loads.* An even and an odd weight row may enter in a cycle, each with half its index, and with
/// the weight register to fill; they reach column c after c cycles, like a wave:
/// - row r of a tile may enter r cycles after the last wave that uses the same register, or later
///   (that wave meets row r after r cycles);
/// - the first wave of a tile may enter one cycle after the last weight row of that tile and two
///   after row 0 (it meets row r after r cycles, so later rows may even follow it).
pub fn array(dim: u32, row_bits: u32) -> Module {
    let row_module = pe_row(dim);
    module("npu_array", |m| {
        m.doc("Systolic array: a row of activations in, a row of partial sums out, each cycle.");
        let activations = m.input("activations", U(8 * dim));
        let select = m.input("select", Bit).doc("weight register that this wave uses");
        let inject = m.input("inject", U(dim)).doc("rows that take their activation from taps");
        let taps: Vec<Signal> =
            (0..tap_lines(dim)).map(|g| m.input(format!("taps_{g}"), U(8 * dim))).collect();
        let valid = m.input("valid", Bit);
        let row = m.input("row", U(row_bits)).doc("accumulator row of this wave");
        let overwrite = m.input("overwrite", Bit);
        let last = m.input("last", Bit).doc("last wave of a command");
        let parities = ["even", "odd"];
        let weights = parities.map(|parity| m.input(format!("{parity}_weights"), U(8 * dim)));
        let load_valid = parities.map(|parity| m.input(format!("load_{parity}_valid"), Bit));
        let pair = U((dim / 2).ilog2().max(1));
        let load_pair = parities
            .map(|parity| m.input(format!("load_{parity}_pair"), pair).doc("half the row's index"));
        let load_select = m.input("load_select", Bit).doc("weight register to load");

        let mut shifts = Shifts::default();

        m.section("Weights: column c gets them c + 1 cycles later");
        let mut column_weights = [Vec::new(), Vec::new()];
        let mut column_selects = Vec::new();
        for column in 0..dim {
            let [even, odd] = weights.map(|weights| element(weights, column, 8));
            let entering = cat(&[load_select, odd, even]);
            let delayed = shifts.delay(m, &format!("weight_skew_{column}"), entering, column + 1);
            column_weights[0].push(delayed.bits(7, 0));
            column_weights[1].push(delayed.bits(15, 8));
            column_selects.push(delayed.bit(16));
        }
        let skewed_weights = [0, 1]
            .map(|n| pack(&column_weights[n]).named(format!("skewed_{}_weights", parities[n])));
        let skewed_selects = pack(&column_selects).named("skewed_selects");

        m.section("Taps: line g gets its pixels T*g cycles later, column c another c");
        let mut line_pixels = Vec::new();
        for (line, pixels) in taps.iter().enumerate() {
            let columns: Vec<Signal> = (0..dim)
                .map(|column| {
                    let name = format!("tap_skew_{line}_{column}");
                    let cycles = line as u32 * line_taps(dim) + column;
                    shifts.delay(m, &name, element(*pixels, column, 8), cycles)
                })
                .collect();
            line_pixels.push(pack(&columns).named(format!("skewed_taps_{line}")));
        }

        m.section("Grid: row r gets its activation r cycles later");
        let mut sums = zero(U(32 * dim));
        for row in 0..dim {
            let entering = cat(&[inject.bit(row), select, element(activations, row, 8)]);
            let line = (row / line_taps(dim)).min(tap_lines(dim) - 1);
            let wave = shifts.delay(m, &format!("activation_skew_{row}"), entering, row);
            let parity = (row % 2) as usize;
            let load = load_valid[parity] & load_pair[parity].eq(row / 2);
            let load = load.named(format!("load_{row}"));
            sums = m
                .instance(format!("row_{row}"), &row_module)
                .pin("activation", wave.bits(7, 0).as_signed())
                .pin("select", wave.bit(8))
                .pin("inject", wave.bit(9))
                .pin("taps", line_pixels[line as usize])
                .pin("load", load)
                .pin("load_selects", skewed_selects)
                .pin("weights", skewed_weights[parity])
                .pin("sums_in", sums)
                .out("sums_out");
        }

        m.section("Sums: column c leaves c cycles late");
        let mut columns = Vec::new();
        for column in 0..dim {
            let sum = element(sums, column, 32);
            let name = format!("sum_deskew_{column}");
            columns.push(shifts.delay(m, &name, sum, dim - 1 - column));
        }
        m.output("sums", pack(&columns));

        m.section("Control of the wave");
        let cycles = latency(dim) - CONTROL_LEAD;
        let out_valid = shifts.delay_control(m, "valid_delay", valid, cycles);
        let out_last = shifts.delay_control(m, "last_delay", last, cycles);
        let out_row = shifts.delay(m, "row_delay", row, cycles);
        let out_overwrite = shifts.delay(m, "overwrite_delay", overwrite, cycles);
        m.output("out_valid", out_valid);
        m.output("out_last", out_last);
        m.output("out_row", out_row);
        m.output("out_overwrite", out_overwrite);
        shifts.clock(m);
    })
}

/// Shift registers that share one clocked block.
#[derive(Default)]
struct Shifts {
    /// Each register and its next value.
    lines: Vec<(Signal, Signal)>,
}

impl Shifts {
    /// `signal`, `cycles` cycles later (unsigned), through a register called `name`.
    #[track_caller]
    fn delay(&mut self, m: M, name: &str, signal: Signal, cycles: u32) -> Signal {
        if cycles == 0 {
            return signal.named(name);
        }
        let line = m.reg(name, U(signal.width() * cycles));
        self.push(line, signal, cycles)
    }

    /// The same for control, which starts at 0 after reset.
    #[track_caller]
    fn delay_control(&mut self, m: M, name: &str, signal: Signal, cycles: u32) -> Signal {
        let line = m.reg(name, U(signal.width() * cycles)).reset(0);
        self.push(line, signal, cycles)
    }

    #[track_caller]
    fn push(&mut self, line: Signal, signal: Signal, cycles: u32) -> Signal {
        let width = signal.width();
        let kept = width * (cycles - 1);
        let next = if kept == 0 { signal } else { cat(&[line.bits(kept - 1, 0), signal]) };
        self.lines.push((line, next));
        line.bits(kept + width - 1, kept)
    }

    #[track_caller]
    fn clock(&self, m: M) {
        m.clocked(|| {
            for (line, next) in &self.lines {
                line.set(*next);
            }
        });
    }
}
