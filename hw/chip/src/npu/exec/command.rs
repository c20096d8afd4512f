//! The descriptor of an EXEC, and what all modes call its fields.

use systole_hdl::prelude::*;

use crate::config::NpuConfig;

/// A descriptor and its mode.
pub(super) struct Command {
    descriptor: Signal,
    /// Bits of a scratchpad row's address.
    pub(super) row_bits: u32,
    /// Mode 0.
    pub(super) product: Signal,
    /// Mode 2.
    pub(super) depthwise: Signal,
    /// Weights have 4 bits; `None` where they cannot.
    pub(super) int4: Option<Signal>,
}

impl Command {
    pub(super) fn new(descriptor: Signal, config: &NpuConfig) -> Self {
        let row_bits = config.scratchpad_rows.ilog2();
        let mode = descriptor.bits(18, 17).named("mode");
        let command = Self {
            descriptor,
            row_bits,
            product: mode.eq(0).named("is_product"),
            depthwise: mode.bit(1).named("is_depthwise"),
            int4: config.int4_weights.then(|| descriptor.bit(19).named("is_int4")),
        };
        command.mark_unused(config.accumulator_rows.ilog2());
        command
    }

    /// Bits `high` to `low` of word `word`.
    pub(super) fn field(&self, word: u32, high: u32, low: u32) -> Signal {
        self.descriptor.bits(32 * word + high, 32 * word + low)
    }

    /// A scratchpad row or step in half `half` of word `word`.
    pub(super) fn row(&self, word: u32, half: u32) -> Signal {
        self.field(word, 16 * half + self.row_bits - 1, 16 * half)
    }

    /// Row addresses wrap, and the front end has used the rest of word 0.
    fn mark_unused(&self, accumulator_bits: u32) {
        self.descriptor.bits(15, 0).unused();
        self.field(0, 31, if self.int4.is_some() { 20 } else { 19 }).unused();
        self.field(6, 31, 30).unused();
        let rows = self.row_bits;
        for (word, half, used) in
            [(1, 0, rows), (1, 1, rows), (2, 0, rows), (2, 1, rows), (3, 0, accumulator_bits)]
        {
            if used < 16 {
                self.field(word, 16 * half + 15, 16 * half + used).unused();
            }
        }
        if rows.max(12) < 16 {
            self.field(5, 31, 16 + rows.max(12)).unused();
        }
    }
}
