//! The processing element: one multiply-accumulate cell with two weights.

use systole_hdl::prelude::*;

/// One cell of the weight-stationary array.
///
/// The activation and its `select` bit move right, the partial sum moves down, and each takes one
/// register a cell. `select` says which of the two weights this wave uses, so the idle one can be
/// loaded meanwhile. A load strobe moves right too; the weight that it captures comes down the
/// column. With `inject` the activation comes down the column as well: in a depthwise convolution
/// every channel has its own.
///
/// Latency: the operands are registered in the first cycle, the product in the second, the sum in
/// the third. None of these registers has a reset, so that they can be those of a DSP block.
pub fn pe() -> Module {
    module("npu_pe", |m| {
        m.doc("Multiply-accumulate cell with two stationary weights.");
        let activation_in = m.input("activation_in", S(8)).doc("from the left");
        let inject_in = m.input("inject_in", Bit).doc("take tap_in instead");
        let tap_in = m.input("tap_in", S(8)).doc("broadcast down the column");
        let select_in = m.input("select_in", Bit).doc("weight that this activation meets");
        let load_in = m.input("load_in", Bit).doc("load strobe, from the left");
        let load_select = m.input("load_select", Bit).doc("weight to load");
        let weight_in = m.input("weight_in", S(8)).doc("broadcast down the column");
        let sum_in = m.input("sum_in", S(32)).doc("from above");

        let activation_out = m.output_reg("activation_out", S(8));
        let select_out = m.output_reg("select_out", Bit);
        let inject_out = m.output_reg("inject_out", Bit);
        let load_out = m.output_reg("load_out", Bit).reset(0);
        let sum_out = m.output_reg("sum_out", S(32));
        let weight_0 = m.reg("weight_0", S(8));
        let weight_1 = m.reg("weight_1", S(8));
        let operand = m.reg("operand", S(8)).doc("weight beside activation_out");
        let product = m.reg("product", S(16));

        let selected_weight = select_in.mux(weight_1, weight_0).named("selected_weight");
        let full_product = (activation_out * operand).named("full_product");
        let sum = (sum_in + product.ext(32)).named("sum");

        m.clocked(|| {
            activation_out.set(inject_in.mux(tap_in, activation_in));
            select_out.set(select_in);
            inject_out.set(inject_in);
            operand.set(selected_weight);
            product.set(full_product);
            sum_out.set(sum);
        });
        m.clocked(|| {
            load_out.set(load_in);
            when(load_out & !load_select, || weight_0.set(weight_in));
            when(load_out & load_select, || weight_1.set(weight_in));
        });
    })
}

/// One row of `dim` cells.
///
/// Ports of all columns are packed, column 0 in the low bits. Column c's `weights` and
/// `load_selects` must come c + 1 cycles after `load_in`, its `taps` c cycles after `inject`; its
/// sums leave c + 3 cycles after `activation_in`.
pub fn pe_row(dim: u32) -> Module {
    let pe = pe();
    module("npu_pe_row", |m| {
        m.doc("One row of the array: activations move right, partial sums move down.");
        let mut activation = m.input("activation", S(8));
        let mut select = m.input("select", Bit);
        let mut inject = m.input("inject", Bit);
        let taps = m.input("taps", U(8 * dim)).doc("broadcast down the columns");
        let mut load = m.input("load", Bit);
        let load_selects = m.input("load_selects", U(dim)).doc("one bit a column");
        let weights = m.input("weights", U(8 * dim));
        let sums_in = m.input("sums_in", U(32 * dim));

        let mut sums = Vec::new();
        for column in 0..dim {
            let cell = m
                .instance(format!("pe_{column}"), &pe)
                .pin("activation_in", activation)
                .pin("select_in", select)
                .pin("inject_in", inject)
                .pin("tap_in", element(taps, column, 8).as_signed())
                .pin("load_in", load)
                .pin("load_select", load_selects.bit(column))
                .pin("weight_in", element(weights, column, 8).as_signed())
                .pin("sum_in", element(sums_in, column, 32).as_signed());
            sums.push(cell.out("sum_out").as_unsigned());
            if column + 1 < dim {
                activation = cell.out("activation_out");
                select = cell.out("select_out");
                inject = cell.out("inject_out");
                load = cell.out("load_out");
            } else {
                for port in ["activation_out", "select_out", "inject_out", "load_out"] {
                    cell.unused(port);
                }
            }
        }
        m.output("sums_out", pack(&sums));
    })
}

/// Element `index` of a packed vector of `width`-bit elements.
#[track_caller]
pub(super) fn element(vector: Signal, index: u32, width: u32) -> Signal {
    vector.bits(width * (index + 1) - 1, width * index)
}

/// A packed vector, the first element in the low bits.
#[track_caller]
pub(super) fn pack(elements: &[Signal]) -> Signal {
    let reversed: Vec<Signal> = elements.iter().rev().copied().collect();
    cat(&reversed)
}
