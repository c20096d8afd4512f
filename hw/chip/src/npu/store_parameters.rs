//! STORE, source side: parameters of the requantiser, read ahead of the rows that need them.

use systole_hdl::prelude::*;

use super::descriptor::{COMMAND, high};
use crate::config::NpuConfig;

/// Parameter rows of an n-tile: 4 of biases, 4 of multipliers.
const PARAMETER_ROWS: u64 = 8;

/// Those of double rounding: one more, of shifts.
const DOUBLE_ROUNDING_ROWS: u64 = 9;

/// Reads the parameters of the next n-tile while the rows of this one flow.
///
/// It begins with the command at the head of the queue (`begun`), before the source side accepts
/// it. When a tile's parameters are all there, `ready`; `next` moves them to `bias` and
/// `multiplier` and begins with the next tile of the command, or with the next command. With double
/// rounding in the chip there are `shift` and `double_rounding`, too.
pub fn store_parameters(config: &NpuConfig) -> Module {
    let dim = config.dim;
    let wide = U(32 * dim);
    module("npu_store_parameters", |m| {
        m.doc("Parameter reader of STORE.");
        let command_valid = m.input("command_valid", Bit);
        let command = m.input("command", COMMAND);
        let accept = m.input("accept", Bit).doc("the source side takes the command");
        let next = m.input("next", Bit).doc("the first row of a tile is being read");
        let parameter_data = m.input("parameter_data", U(8 * dim));
        let stop = m.input("stop", Bit).doc("forget all that is read ahead");

        m.section("Tiles");
        let begun = m.output_reg("begun", Bit).reset(0).doc("busy with the command not accepted");
        let busy = m.reg("busy", Bit).reset(0).doc("tiles are left, the one at hand included");
        let columns_left = m.reg("columns_left", U(16));
        let more = columns_left.gt(u64::from(dim)).named("more_tiles");
        let requantising = command.bits(17, 16).eq(0);
        let begin = (command_valid & requantising & !busy).named("begins");

        m.section("Reads");
        let reading = m.reg("reading", Bit).reset(0);
        let row = m.output_reg("parameter_read_row", U(16));
        let count_bits = if config.double_rounding { 4 } else { 3 };
        let count = m.reg("row_count", U(count_bits)).reset(0);
        m.output("parameter_read_valid", reading);
        let mode = config.double_rounding.then(|| Mode::of(m, begin, command));
        let last_row = match &mode {
            Some(mode) => {
                let row = mode.reading.mux(DOUBLE_ROUNDING_ROWS - 1, lit(PARAMETER_ROWS - 1, U(4)));
                count.eq(row)
            }
            None => count.eq(PARAMETER_ROWS - 1),
        };
        let ends = (reading & last_row).named("ends_parameters");
        let arrives = m.reg("arrives", Bit).reset(0);
        let last_arrives = m.reg("last_arrives", Bit).reset(0);
        let ready = m.output_reg("ready", Bit).reset(0);
        m.clocked(|| {
            arrives.set(reading);
            last_arrives.set(ends);
            when(reading, || {
                row.set(row + 1);
                count.set(count + 1);
            });
            when(ends, || {
                reading.set(0);
                if mode.is_some() {
                    count.set(0);
                }
            });
            when(last_arrives, || ready.set(1));
            when(next, || {
                // The rows of the tiles follow each other, so `row` is right already.
                ready.set(0);
                reading.set(more);
                busy.set(more);
                columns_left.set(columns_left - u64::from(dim));
            });
            when(accept, || begun.set(0));
            when(begin, || {
                begun.set(1);
                busy.set(1);
                reading.set(1);
                row.set(high(command, 5));
                columns_left.set(high(command, 3));
            });
            when(stop, || {
                for flag in [begun, busy, reading, arrives, last_arrives, ready] {
                    flag.set(0);
                }
                count.set(0);
            });
        });

        m.section("Parameters");
        let next_multiplier = m.reg("next_multiplier", wide);
        let next_bias = m.reg("next_bias", wide);
        let multiplier = m.output_reg("multiplier", wide);
        let bias = m.output_reg("bias", wide);
        let shift = |from: Signal, into: Signal| cat(&[from, into.bits(32 * dim - 1, 8 * dim)]);
        let words_arrive = match mode {
            Some(mode) => {
                let shifts_read = reading & count.eq(PARAMETER_ROWS);
                arrives & !mode.shifts(m, shifts_read, parameter_data, next)
            }
            None => arrives,
        };
        m.clocked(|| {
            when(words_arrive, || {
                // The rows of a tile shift through both registers: the first one ends lowest.
                next_multiplier.set(shift(parameter_data, next_multiplier));
                next_bias.set(shift(next_multiplier.bits(8 * dim - 1, 0), next_bias));
            });
            when(next, || {
                multiplier.set(next_multiplier);
                bias.set(next_bias);
            });
        });
        m.check("complete_when_taken", !next | ready);
    })
}

/// What double rounding adds to the reader.
struct Mode {
    /// The tile that is read has shifts.
    reading: Signal,
}

impl Mode {
    fn of(m: M, begin: Signal, command: Signal) -> Self {
        let reading = m.reg("reads_shifts", Bit).doc("in the command at hand");
        m.clocked(|| {
            when(begin, || reading.set(command.bit(216)));
        });
        Self { reading }
    }

    /// The outputs. Returns whether the row that arrives holds shifts; `read` is high when that row
    /// is read.
    fn shifts(self, m: M, read: Signal, parameter_data: Signal, next: Signal) -> Signal {
        let arrive = m.reg("shifts_arrive", Bit).reset(0);
        let next_shift = m.reg("next_shift", parameter_data.ty());
        let shift = m.output_reg("shift", parameter_data.ty());
        let double_rounding = m.output_reg("double_rounding", Bit);
        m.clocked(|| {
            arrive.set(read);
            when(arrive, || next_shift.set(parameter_data));
            when(next, || {
                shift.set(next_shift);
                double_rounding.set(self.reading);
            });
        });
        arrive
    }
}
