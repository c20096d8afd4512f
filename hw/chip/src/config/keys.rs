//! The table of keys: what each means, where it is kept and which values it takes.

use std::fmt;

use super::ChipConfig;

/// One key of a configuration.
pub struct Key {
    /// Section and name: `npu.dim`.
    pub name: &'static str,
    /// What it means, in a line.
    pub help: &'static str,
    /// Values it takes.
    pub allowed: Allowed,
    field: fn(&mut ChipConfig) -> Field<'_>,
}

/// Values that a key takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Allowed {
    /// `true` or `false`.
    Bool,
    /// One of these numbers.
    OneOf(&'static [u32]),
    /// A power of two in this range.
    PowerOfTwo(u32, u32),
    /// A number in this range.
    Range(u32, u32),
}

/// A value of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value {
    /// A switch.
    Bool(bool),
    /// A number.
    Number(u32),
}

enum Field<'a> {
    Bool(&'a mut bool),
    Number(&'a mut u32),
}

/// All keys, in the order of the presets.
pub const KEYS: &[Key] = &[
    Key {
        name: "core.fetch_depth",
        help: "instructions that the fetch unit may hold or have under way",
        allowed: Allowed::OneOf(&[2, 4, 8]),
        field: |config| Field::Number(&mut config.core.fetch_depth),
    },
    Key {
        name: "core.fast_multiply",
        help: "multiplier with one result a cycle instead of an iterative one",
        allowed: Allowed::Bool,
        field: |config| Field::Bool(&mut config.core.fast_multiply),
    },
    Key {
        name: "npu.dim",
        help: "side of the array of multipliers",
        allowed: Allowed::OneOf(&[2, 4, 8, 16, 32]),
        field: |config| Field::Number(&mut config.npu.dim),
    },
    Key {
        name: "npu.bus_bits",
        help: "data width of the NPU's memory bus in bits",
        allowed: Allowed::OneOf(&[32, 64, 128, 256]),
        field: |config| Field::Number(&mut config.npu.bus_bits),
    },
    Key {
        name: "npu.scratchpad_rows",
        help: "scratchpad rows of dim bytes",
        allowed: Allowed::PowerOfTwo(64, 32768),
        field: |config| Field::Number(&mut config.npu.scratchpad_rows),
    },
    Key {
        name: "npu.accumulator_rows",
        help: "accumulator rows of dim 32-bit words",
        allowed: Allowed::PowerOfTwo(16, 32768),
        field: |config| Field::Number(&mut config.npu.accumulator_rows),
    },
    Key {
        name: "npu.parameter_rows",
        help: "parameter memory rows of dim bytes",
        allowed: Allowed::PowerOfTwo(16, 32768),
        field: |config| Field::Number(&mut config.npu.parameter_rows),
    },
    Key {
        name: "npu.requantise_lanes",
        help: "results a cycle of the requantiser, at most dim",
        allowed: Allowed::PowerOfTwo(1, 32),
        field: |config| Field::Number(&mut config.npu.requantise_lanes),
    },
    Key {
        name: "npu.outstanding_bursts",
        help: "read bursts that the NPU keeps in flight",
        allowed: Allowed::Range(1, 16),
        field: |config| Field::Number(&mut config.npu.outstanding_bursts),
    },
    Key {
        name: "memory.ram_bytes",
        help: "RAM from 0x8000_0000 in bytes",
        allowed: Allowed::PowerOfTwo(1 << 16, 1 << 30),
        field: |config| Field::Number(&mut config.memory.ram_bytes),
    },
];

impl Key {
    /// The key of this full name.
    pub fn find(name: &str) -> Option<&'static Key> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// Section and name within it.
    pub fn parts(&self) -> (&'static str, &'static str) {
        self.name.split_once('.').unwrap_or(("", self.name))
    }

    /// Its value in a configuration.
    pub fn get(&self, config: &ChipConfig) -> Value {
        match (self.field)(&mut config.clone()) {
            Field::Bool(value) => Value::Bool(*value),
            Field::Number(value) => Value::Number(*value),
        }
    }

    /// Stores a value of the key's kind; whether it is of that kind.
    pub(super) fn put(&self, config: &mut ChipConfig, value: Value) -> bool {
        match ((self.field)(config), value) {
            (Field::Bool(field), Value::Bool(value)) => *field = value,
            (Field::Number(field), Value::Number(value)) => *field = value,
            _ => return false,
        }
        true
    }
}

impl Allowed {
    /// Whether `value` is one of them.
    pub fn admits(self, value: Value) -> bool {
        match (self, value) {
            (Self::Bool, Value::Bool(_)) => true,
            (Self::OneOf(values), Value::Number(n)) => values.contains(&n),
            (Self::PowerOfTwo(low, high), Value::Number(n)) => {
                n.is_power_of_two() && (low..=high).contains(&n)
            }
            (Self::Range(low, high), Value::Number(n)) => (low..=high).contains(&n),
            _ => false,
        }
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("true or false"),
            Self::OneOf([first @ .., last]) => {
                let first: Vec<String> = first.iter().map(u32::to_string).collect();
                write!(f, "{} or {last}", first.join(", "))
            }
            Self::OneOf([]) => f.write_str("nothing"),
            Self::PowerOfTwo(low, high) => write!(f, "a power of two from {low} to {high}"),
            Self::Range(low, high) => write!(f, "a number from {low} to {high}"),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
        }
    }
}
