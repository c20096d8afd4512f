//! Descriptors as lines of text for engineers: what and how much, from where, to where, tokens.
//!
//! `docs/npu.md` has the notation. What a line does not name is 0 or off; strides of pixels are then 1
//! and bounds of a clamp those of int8.

use std::fmt::{self, Display, Formatter};

use super::{
    Convolution, Descriptor, Destination, Exec, Header, Kernel, Load, Pool, Source, Space, Store,
    Then, Unit, Windows,
};

impl Display for Descriptor {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(_, load) => write!(f, "{load}")?,
            Self::Exec(_, exec) => write!(f, "{exec}")?,
            Self::Convolution(_, convolution) => write!(f, "{convolution}")?,
            Self::Store(_, store) => write!(f, "{store}")?,
            Self::Raw(words) => return raw(f, words),
        }
        self.header().map_or(Ok(()), |header| write!(f, "{header}"))
    }
}

/// What raw words ask for. Only bad ones ask for nothing that has a name.
fn raw(f: &mut Formatter<'_>, words: &[u32; 8]) -> fmt::Result {
    let known = Descriptor::decode(words);
    if !matches!(known, Descriptor::Raw(_)) {
        return write!(f, "{known}");
    }
    let opcode = words[0] & 15;
    match Unit::ALL.into_iter().find(|unit| *unit as u32 + 1 == opcode) {
        Some(unit) => write!(f, "bad {}:", unit.name())?,
        None => write!(f, "bad opcode {opcode}:")?,
    }
    words.iter().try_for_each(|word| write!(f, " {word:08x}"))
}

/// What begins with a comma, behind the operation: tokens and the end mark.
impl Display for Header {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (name, tokens) in [("wait", self.wait), ("signal", self.signal)] {
            let mut units =
                Unit::ALL.into_iter().filter(|unit| u32::from(tokens) & unit.bit() != 0);
            if let Some(first) = units.next() {
                write!(f, ", {name} {}", first.name())?;
                units.try_for_each(|unit| write!(f, "+{}", unit.name()))?;
            }
        }
        f.write_str(if self.last { ", last" } else { "" })
    }
}

impl Unit {
    /// Its name in text: that of its descriptors.
    pub fn name(self) -> &'static str {
        match self {
            Self::Load => "LOAD",
            Self::Exec => "EXEC",
            Self::Store => "STORE",
        }
    }
}

/// Writes ` name value` for all that are not 0.
fn fields<const N: usize>(f: &mut Formatter<'_>, fields: [(&str, i32); N]) -> fmt::Result {
    let mut named = fields.iter().filter(|(_, value)| *value != 0);
    named.try_for_each(|(name, value)| write!(f, " {name} {value}"))
}

/// Writes ` name`.
fn flag(f: &mut Formatter<'_>, name: &str, is_set: bool) -> fmt::Result {
    if is_set { write!(f, " {name}") } else { Ok(()) }
}

/// Writes ` stride y x x` unless it is 1 both ways.
fn stride(f: &mut Formatter<'_>, y: u8, x: u8) -> fmt::Result {
    if (y, x) == (1, 1) { Ok(()) } else { write!(f, " stride {y}x{x}") }
}

impl Display for Load {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "LOAD {} x {} B", self.rows, self.row_bytes)?;
        if let Some(windows) = &self.windows {
            write!(f, " as {} windows x {} B", windows.count, windows.bytes)?;
        }
        write!(f, ", {:#010x}", self.address)?;
        fields(f, [("stride", self.stride)])?;
        let space = match self.space {
            Space::Scratchpad => "spad",
            Space::Parameters => "params",
            Space::Table => "table",
        };
        write!(f, " -> {space} {}", self.row)?;
        fields(f, [("row_step", self.row_step.into()), ("chunk_step", self.chunk_step.into())])?;
        let Some(Windows { row_step, step, lane, pad_value, lead, .. }) = self.windows else {
            return Ok(());
        };
        fields(
            f,
            [
                ("window_row_step", row_step.into()),
                ("lane", lane.into()),
                ("window_step", step.into()),
                ("lead", lead.into()),
                ("pad_value", pad_value.into()),
            ],
        )
    }
}

impl Display for Exec {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { m_rows, k_tiles, n_tiles, activations, .. } = self;
        write!(f, "EXEC product {m_rows} rows, {k_tiles} x {n_tiles} tiles")?;
        write!(f, ", spad {}", activations.row)?;
        fields(f, [("step", activations.step.into()), ("k_step", activations.k_step.into())])?;
        write!(f, " * weights {}", self.weight_row)?;
        fields(f, [("k_step", self.weight_k_step.into()), ("n_step", self.weight_n_step.into())])?;
        flag(f, "int4", self.int4)?;
        accumulators(f, self.accumulator_row, self.accumulator_n_step, self.accumulate)
    }
}

impl Display for Convolution {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.kernel {
            Kernel::Full { height, width } => write!(f, "EXEC conv {height}x{width}")?,
            Kernel::Depthwise => f.write_str("EXEC depthwise")?,
        }
        stride(f, self.stride_y, self.stride_x)?;
        write!(f, " to {}x{} pixels", self.out_height, self.out_width)?;
        write!(f, ", {} x {} tiles", self.k_tiles, self.n_tiles)?;
        write!(f, ", spad {} map {}x{}", self.activation_row, self.in_height, self.in_width)?;
        if (self.first_y, self.first_x) != (0, 0) {
            write!(f, " from {},{}", self.first_y, self.first_x)?;
        }
        fields(
            f,
            [
                ("row_pitch", self.row_pitch.into()),
                ("plane_step", self.plane_step.into()),
                ("pad_value", self.pad_value.into()),
            ],
        )?;
        write!(f, " * weights {}", self.weight_row)?;
        flag(f, "int4", self.int4)?;
        accumulators(f, self.accumulator_row, self.accumulator_n_step, self.accumulate)
    }
}

/// Where sums go.
fn accumulators(f: &mut Formatter<'_>, row: u16, n_step: u16, accumulate: bool) -> fmt::Result {
    write!(f, " -> acc {row}")?;
    fields(f, [("n_step", n_step.into())])?;
    flag(f, "accumulate", accumulate)
}

impl Display for Store {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let kind = match self.source {
            Source::Accumulators => "int32",
            _ => "int8",
        };
        write!(f, "STORE {} x {} {kind}, ", self.rows, self.columns)?;
        let memory = match &self.source {
            Source::Requantised { .. } | Source::Accumulators => "acc",
            Source::Scratchpad => "spad",
            Source::MaxPool(pool) => {
                write!(f, "maximum {pool} of ")?;
                "spad"
            }
        };
        write!(f, "{memory} {}", self.source_row)?;
        fields(
            f,
            [
                ("row_step", self.source_row_step.into()),
                ("chunk_step", self.source_chunk_step.into()),
            ],
        )?;
        write!(f, "{} -> {}", Requantisation(&self.source), self.destination)
    }
}

/// The window and how it moves; then the map.
impl Display for Pool {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.kernel_height, self.kernel_width)?;
        stride(f, self.stride_y, self.stride_x)?;
        fields(f, [("pad_top", self.pad_top.into()), ("pad_left", self.pad_left.into())])?;
        write!(f, " to lines of {} from map {}x{}", self.out_width, self.in_height, self.in_width)?;
        fields(f, [("row_pitch", self.row_pitch.into())])
    }
}

/// What happens between the accumulators and the destination.
struct Requantisation<'a>(&'a Source);

impl Display for Requantisation<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let &Source::Requantised {
            parameter_row,
            zero_point,
            clamp_min,
            clamp_max,
            double_rounding,
            then,
        } = self.0
        else {
            return Ok(());
        };
        write!(f, " by params {parameter_row}")?;
        fields(f, [("zero_point", zero_point.into())])?;
        if (clamp_min, clamp_max) != (i8::MIN, i8::MAX) {
            write!(f, " clamp {clamp_min}..{clamp_max}")?;
        }
        flag(f, "double_rounding", double_rounding)?;
        match then {
            Then::Keep => Ok(()),
            Then::Table => f.write_str(" by table"),
            Then::Add { residual_row } => write!(f, " + spad {residual_row}"),
        }
    }
}

impl Display for Destination {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Memory { address, stride } => {
                write!(f, "{address:#010x}")?;
                fields(f, [("stride", stride)])
            }
            Self::Scratchpad { row, row_step, chunk_step, line_rows, line_step } => {
                write!(f, "spad {row}")?;
                fields(
                    f,
                    [
                        ("row_step", row_step.into()),
                        ("chunk_step", chunk_step.into()),
                        ("line_rows", line_rows.into()),
                        ("line_step", line_step.into()),
                    ],
                )
            }
        }
    }
}
