//! A row of activations on its way into the array, and what happens to its products.

use systole_hdl::prelude::*;

/// What the streamers say of an activation row.
#[derive(Clone, Copy)]
pub(super) struct Wave {
    /// There is one in this cycle.
    pub(super) valid: Signal,
    /// Weight register that it meets.
    pub(super) select: Signal,
    /// Accumulator row of its products.
    pub(super) row: Signal,
    /// They overwrite that row.
    pub(super) overwrite: Signal,
    /// It is the last of its command.
    pub(super) last: Signal,
    /// `pad_value` takes the place of what the scratchpad returns.
    pub(super) padded: Signal,
    pub(super) pad_value: Signal,
}

const NAMES: [&str; 7] = ["valid", "select", "row", "overwrite", "last", "padded", "pad_value"];

impl Wave {
    fn fields(&self) -> [Signal; 7] {
        let Wave { valid, select, row, overwrite, last, padded, pad_value } = *self;
        [valid, select, row, overwrite, last, padded, pad_value]
    }

    /// Output ports `wave_*`.
    pub(super) fn outputs(&self, m: M) {
        for (name, field) in NAMES.iter().zip(self.fields()) {
            m.output(format!("wave_{name}"), field);
        }
    }

    /// Output registers `wave_*`: this wave, one cycle later.
    pub(super) fn output_registers(&self, m: M) {
        let registers = NAMES.map(|name| format!("wave_{name}"));
        let fields = self.fields();
        for (name, field) in registers.iter().zip(fields) {
            let register = m.output_reg(name, field.ty());
            let register = if ["wave_valid", "wave_last"].contains(&name.as_str()) {
                register.reset(0)
            } else {
                register
            };
            m.clocked(|| register.set(field));
        }
    }

    /// The `wave_*` outputs of a streamer.
    pub(super) fn of_instance(streamer: Instance) -> Self {
        let [valid, select, row, overwrite, last, padded, pad_value] =
            NAMES.map(|name| streamer.out(format!("wave_{name}")));
        Wave { valid, select, row, overwrite, last, padded, pad_value }
    }

    /// This wave if `valid`, else `other`; the fields become wires `next_wave_*`.
    pub(super) fn or(&self, other: &Self) -> Self {
        let pick = |name: &str, here: Signal, there: Signal| {
            self.valid.mux(here, there).named(format!("next_wave_{name}"))
        };
        Wave {
            valid: (self.valid | other.valid).named("next_wave_valid"),
            select: pick("select", self.select, other.select),
            row: pick("row", self.row, other.row),
            overwrite: pick("overwrite", self.overwrite, other.overwrite),
            last: (self.last | other.last).named("next_wave_last"),
            padded: pick("padded", self.padded, other.padded),
            pad_value: pick("pad_value", self.pad_value, other.pad_value),
        }
    }
}
