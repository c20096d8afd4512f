//! The arithmetic of EXEC in a sequential NPU: one column of a tile at a time.

use systole_hdl::prelude::*;

use crate::config::NpuConfig;

/// Module `npu_sums`: weights of a column, dot products, and the accumulator memory as words of
/// {row, column}.
///
/// `wave` asks for a row of the inner memory, whose elements come in `elements` a cycle later; their
/// dot product with the weights is added to the sum at the row, which was asked for at the same time,
/// and written back in that cycle. Rows of consecutive waves follow each other.
pub fn sums(config: &NpuConfig) -> Module {
    let dim = config.dim;
    let row_bits = config.accumulator_rows.ilog2();
    let column_bits = dim.ilog2();
    module("npu_sums", |m| {
        m.doc("Weights of a column, dot products and the accumulator memory.");
        let value = m.input("value", U(32)).doc("for row, column and mode");
        value.bits(31, row_bits).unused();
        let set_row = m.input("set_row", Bit);
        let set_column = m.input("set_column", Bit);
        let set_mode = m.input("set_mode", Bit);
        let set_weights = m.input("set_weights", U(dim)).doc("a bit for each weight");
        let elements = m.input("elements", U(8 * dim)).doc("row of the inner memory");
        let wave = m.input("wave", Bit).doc("elements come in the next cycle");
        let look = m.input("look", Bit).doc("sum is wanted in the next cycle");

        m.section("Place");
        let row = m.reg("row", U(row_bits));
        let column = m.reg("column", U(column_bits));
        let depthwise = m.reg("depthwise", Bit);
        let anew = m.reg("anew", Bit).doc("sums begin anew");
        m.clocked(|| {
            when(set_row, || row.set(value.bits(row_bits - 1, 0)));
            when(set_column, || column.set(value.bits(column_bits - 1, 0)));
            when(set_mode, || {
                depthwise.set(value.bit(0));
                anew.set(value.bit(1));
            });
            when(wave, || row.set(row + 1));
        });

        m.section("Products");
        let byte = |n: u32| elements.bits(8 * n + 7, 8 * n);
        let all: Vec<Signal> = (0..dim).map(byte).collect();
        let of_column = select(column, &all).named("element_of_column");
        let mut total = None;
        for n in 0..dim {
            let weight = m.reg(format!("weight_{n}"), S(8));
            m.clocked(|| {
                when(set_weights.bit(n), || weight.set(of_column.as_signed()));
            });
            let element = if n == 0 { depthwise.mux(of_column, byte(0)) } else { byte(n) };
            let product = (element.as_signed() * weight).named(format!("product_{n}")).ext(32);
            total = Some(total.map_or(product, |before| before + product));
        }
        let dot = total.expect("an array has columns").as_unsigned().named("dot_product");

        m.section("Sums");
        let arrives = m.reg("arrives", Bit).reset(0).doc("elements are there");
        let place = cat(&[row, column]).named("place");
        let written = m.reg("written", U(row_bits)).doc("row of the elements");
        let memory = m
            .memory("accumulators", config.accumulator_rows * dim, U(32))
            .style(RamStyle::Block)
            .collisions_unused();
        let sum = memory.read_sync("sum_read", place, wave | look);
        let before = sum & (!anew).repeat(32);
        let after = (before + dot).named("sum_after");
        m.clocked(|| {
            arrives.set(wave);
            written.set(row);
            when(arrives, || memory.write(cat(&[written, column]), after));
        });
        m.output("sum", sum);
    })
}
