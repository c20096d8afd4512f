//! What executes EXEC: sequencer, array and accumulators.

use systole_hdl::prelude::*;

use super::accumulators::accumulators;
use super::array::array;
use super::exec::{exec, line_taps, tap_lines};
use super::pe::{element, pack};
use crate::config::NpuConfig;

/// The EXEC unit.
///
/// Takes whole descriptors (`command_*`), reads the scratchpad (`activation_*`, `tap_<g>_*`,
/// `weight_*`: data in the cycle after the grant; only weights may be refused) and owns the
/// accumulators, which STORE reads through `store_*`. `done` pulses once a command, in order, when
/// its last accumulator row is in the memory. With `abort` it ends each command at once: what it has
/// begun still goes through the array, and its last row counts as the command's last.
///
/// When no scratchpad request is refused, a command takes `tiles * max(outputs, dim)` cycles (a
/// depthwise one `tiles * out_height * max(in_width, stride_x * (out_width - 1) + 1)`, at least
/// `dim` a tile) and `3 * dim + 3` more to fill and drain; the fill and drain of queued commands
/// overlap.
pub fn compute(config: &NpuConfig) -> Module {
    let dim = config.dim;
    let exec = exec(config);
    let array = array(dim, config.accumulator_rows.ilog2());
    let accumulators = accumulators(config);
    module("npu_compute", |m| {
        m.doc("EXEC unit: sequencer, systolic array, accumulators.");
        let command_valid = m.input("command_valid", Bit);
        let command_descriptor = m.input("command_descriptor", U(256));
        let activation_data = m.input("activation_data", U(8 * dim));
        let weight_ready = [0, 1].map(|n| m.input(format!("weight_{n}_ready"), Bit));
        let weight_data = [0, 1].map(|n| m.input(format!("weight_{n}_data"), U(8 * dim)));
        let store_valid = m.input("store_valid", Bit);
        let abort = m.input("abort", Bit).doc("the hart ended the job");
        let store_row = m.input("store_row", U(16));

        let exec = m
            .instance("exec", &exec)
            .pin("command_valid", command_valid)
            .pin("command_descriptor", command_descriptor)
            .pin("abort", abort)
            .pin("weight_0_ready", weight_ready[0])
            .pin("weight_1_ready", weight_ready[1]);
        let lines = tap_lines(dim);
        let mut taps = vec![activation_data];
        taps.extend((1..lines).map(|g| m.input(format!("tap_{g}_data"), U(8 * dim))));
        let mut array = m.instance("array", &array);
        for (line, pixels) in taps.iter().enumerate() {
            array = array.pin(format!("taps_{line}"), *pixels);
        }
        let array = array
            .pin("activations", activations(exec, activation_data, dim))
            .pin("inject", exec.out("inject"))
            .pin("select", exec.out("wave_select"))
            .pin("valid", exec.out("wave_valid"))
            .pin("row", exec.out("wave_row"))
            .pin("overwrite", exec.out("wave_overwrite"))
            .pin("last", exec.out("wave_last"))
            .pin("load_select", exec.out("load_select"));
        load_rows(array, exec, weight_data, config);
        let accumulators = m
            .instance("accumulators", &accumulators)
            .pin("add_valid", array.out("out_valid"))
            .pin("add_row", array.out("out_row"))
            .pin("add_overwrite", array.out("out_overwrite"))
            .pin("add_last", array.out("out_last"))
            .pin("add_data", array.out("sums"))
            .pin("store_valid", store_valid)
            .pin("store_row", store_row);

        m.output("command_ready", exec.out("command_ready"));
        m.output("activation_valid", exec.out("activation_valid"));
        m.output("activation_row", exec.out("activation_row"));
        for line in 1..lines {
            for port in ["valid", "row"] {
                let port = format!("tap_{line}_{port}");
                m.output(&port, exec.out(&port));
            }
        }
        for port in ["weight_0_valid", "weight_0_row", "weight_1_valid", "weight_1_row"] {
            m.output(port, exec.out(port));
        }
        m.output("store_ready", accumulators.out("store_ready"));
        m.output("store_data", accumulators.out("store_data"));
        m.output("done", accumulators.out("done"));

        m.section("Events");
        let wave_enters = m.output("wave_enters", exec.out("wave_valid"));
        m.output("matrix_wave_enters", wave_enters & !exec.out("wave_taps"));
        m.output("waits_for_weights", exec.out("waits_for_weights"));
    })
}

/// What enters the array from the left: the scratchpad's row or padding. In a depthwise wave the
/// rows that have no tap get 0.
fn activations(exec: Instance, data: Signal, dim: u32) -> Signal {
    let (padded, pad_value) = (exec.out("wave_padded"), exec.out("wave_pad_value"));
    let taps = exec.out("wave_taps");
    let lanes: Vec<Signal> = (0..dim)
        .map(|lane| {
            let has_tap = lane < tap_lines(dim) * line_taps(dim);
            let padding = if has_tap { pad_value } else { taps.mux(0, pad_value) };
            padded.mux(padding, element(data, lane, 8))
        })
        .collect();
    pack(&lanes).named("activations")
}

/// Sends the one or two weight rows that have come to the even and the odd rows of the array.
fn load_rows(array: Instance, exec: Instance, weights: [Signal; 2], config: &NpuConfig) {
    let dim = config.dim;
    let (count, index) = (exec.out("load_count"), exec.out("load_index"));
    let (one, two) = (count.ne(0).named("loads_one"), count.bit(1).named("loads_two"));
    let odd_first = index.bit(0).named("odd_first");
    let wide = index.ext(index.width() + 1);
    let half = |index: Signal| index.bits(index.width() - 1, 1);
    let pair_bits = (dim / 2).ilog2().max(1);
    let even_pair = half(wide + 1).resize(pair_bits).named("even_pair");
    let odd_pair = half(wide).resize(pair_bits).named("odd_pair");
    let mut even = odd_first.mux(weights[1], weights[0]);
    let mut odd = odd_first.mux(weights[0], weights[1]);
    if config.int4_weights {
        let int4 = exec.out("load_int4");
        even = int4.mux(nibbles(weights[0], 0, dim).named("low_nibbles"), even);
        odd = int4.mux(nibbles(weights[0], 1, dim).named("high_nibbles"), odd);
    }
    array
        .pin("load_even_valid", odd_first.mux(two, one))
        .pin("load_even_pair", even_pair)
        .pin("even_weights", even)
        .pin("load_odd_valid", odd_first.mux(one, two))
        .pin("load_odd_pair", odd_pair)
        .pin("odd_weights", odd);
}

/// The low (`half` 0) or high nibble of each byte, as bytes.
fn nibbles(row: Signal, half: u32, dim: u32) -> Signal {
    let lanes: Vec<Signal> = (0..dim)
        .map(|lane| element(row, 2 * lane + half, 4).as_signed().ext(8).as_unsigned())
        .collect();
    pack(&lanes)
}
