//! The table of keys: what each means, where it is kept and which values it takes.

use std::fmt;

use systole_hdl::suggest::did_you_mean;

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
    /// One of these names.
    Name(&'static [&'static str]),
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
    /// A name.
    Name(&'static str),
    /// A number.
    Number(u32),
}

/// An enumeration that a file spells by names.
pub trait Choice: Copy + PartialEq + 'static {
    /// Its values and their names.
    const ALL: &'static [(&'static str, Self)];
}

/// A value that is chosen by name.
trait Named {
    fn name(&self) -> &'static str;
    /// Takes the value of this name; whether there is one.
    fn choose(&mut self, name: &str) -> bool;
}

impl<C: Choice> Named for C {
    fn name(&self) -> &'static str {
        C::ALL.iter().find(|(_, value)| value == self).map_or("", |(name, _)| *name)
    }

    fn choose(&mut self, name: &str) -> bool {
        let found = C::ALL.iter().find(|(known, _)| *known == name);
        found.is_some_and(|(_, value)| {
            *self = *value;
            true
        })
    }
}

enum Field<'a> {
    Bool(&'a mut bool),
    Name(&'a mut dyn Named),
    Number(&'a mut u32),
}

/// All keys, in the order of the presets.
pub const KEYS: &[Key] = &[
    Key {
        name: "core.pipeline",
        help: "which pipeline executes the instructions",
        allowed: Allowed::Name(&["compact", "fast"]),
        field: |config| Field::Name(&mut config.core.pipeline),
    },
    Key {
        name: "core.issue_width",
        help: "instructions that may start in a cycle, 2 only with the fast pipeline",
        allowed: Allowed::OneOf(&[1, 2]),
        field: |config| Field::Number(&mut config.core.issue_width),
    },
    Key {
        name: "core.fetch_depth",
        help: "words or pairs of words that the fetch unit may hold or have under way",
        allowed: Allowed::OneOf(&[2, 4, 8]),
        field: |config| Field::Number(&mut config.core.fetch_depth),
    },
    Key {
        name: "core.multiplier",
        help: "how products are computed",
        allowed: Allowed::Name(&["none", "iterative", "fast"]),
        field: |config| Field::Name(&mut config.core.multiplier),
    },
    Key {
        name: "core.atomics",
        help: "A extension: LR, SC and AMOs",
        allowed: Allowed::Bool,
        field: |config| Field::Bool(&mut config.core.atomics),
    },
    Key {
        name: "core.compressed",
        help: "C extension: compressed instructions",
        allowed: Allowed::Bool,
        field: |config| Field::Bool(&mut config.core.compressed),
    },
    Key {
        name: "core.zba",
        help: "Zba extension: address generation",
        allowed: Allowed::Bool,
        field: |config| Field::Bool(&mut config.core.zba),
    },
    Key {
        name: "core.zbb",
        help: "Zbb extension: basic bit manipulation",
        allowed: Allowed::Bool,
        field: |config| Field::Bool(&mut config.core.zbb),
    },
    Key {
        name: "core.zbs",
        help: "Zbs extension: single bits",
        allowed: Allowed::Bool,
        field: |config| Field::Bool(&mut config.core.zbs),
    },
    Key {
        name: "core.zicntr",
        help: "Zicntr extension: cycle, time and instret",
        allowed: Allowed::Bool,
        field: |config| Field::Bool(&mut config.core.zicntr),
    },
    Key {
        name: "core.hpm_counters",
        help: "event counters that count; Zihpm is there with 1 or more",
        allowed: Allowed::Range(0, 29),
        field: |config| Field::Number(&mut config.core.hpm_counters),
    },
    Key {
        name: "core.user_mode",
        help: "U mode",
        allowed: Allowed::Bool,
        field: |config| Field::Bool(&mut config.core.user_mode),
    },
    Key {
        name: "core.pmp_regions",
        help: "entries of physical memory protection",
        allowed: Allowed::Range(0, 16),
        field: |config| Field::Number(&mut config.core.pmp_regions),
    },
    Key {
        name: "core.branch_targets",
        help: "entries of the branch target buffer, 16 or more with the fast pipeline",
        allowed: Allowed::OneOf(&[0, 16, 32, 64, 128, 256, 512]),
        field: |config| Field::Number(&mut config.core.branch_targets),
    },
    Key {
        name: "core.return_stack",
        help: "entries of the return address stack, 0 without the fast pipeline",
        allowed: Allowed::OneOf(&[0, 2, 4, 8, 16]),
        field: |config| Field::Number(&mut config.core.return_stack),
    },
    Key {
        name: "npu.dim",
        help: "side of the array of multipliers, 0 for no NPU",
        allowed: Allowed::OneOf(&[0, 2, 4, 8, 16, 32]),
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
        name: "npu.double_rounding",
        help: "second mode of the requantiser: gemmlowp's double rounding",
        allowed: Allowed::Bool,
        field: |config| Field::Bool(&mut config.npu.double_rounding),
    },
    Key {
        name: "npu.int4_weights",
        help: "weights of 4 bits, two rows of a tile in a scratchpad row",
        allowed: Allowed::Bool,
        field: |config| Field::Bool(&mut config.npu.int4_weights),
    },
    Key {
        name: "npu.sequential",
        help: "one small unit does LOAD, EXEC and STORE one after the other",
        allowed: Allowed::Bool,
        field: |config| Field::Bool(&mut config.npu.sequential),
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
            Field::Name(value) => Value::Name(value.name()),
            Field::Number(value) => Value::Number(*value),
        }
    }

    /// Stores a value of the key's kind; whether it is of that kind.
    pub(super) fn put(&self, config: &mut ChipConfig, value: Value) -> bool {
        match ((self.field)(config), value) {
            (Field::Bool(field), Value::Bool(value)) => *field = value,
            (Field::Name(field), Value::Name(name)) => return field.choose(name),
            (Field::Number(field), Value::Number(value)) => *field = value,
            _ => return false,
        }
        true
    }
}

impl Allowed {
    /// A value of a file, if it is one of them.
    pub(super) fn value(self, given: &toml::Value) -> Option<Value> {
        let value = match (self, given) {
            (_, toml::Value::Boolean(value)) => Value::Bool(*value),
            (_, toml::Value::Integer(value)) => Value::Number(u32::try_from(*value).ok()?),
            (Self::Name(names), toml::Value::String(given)) => {
                Value::Name(names.iter().find(|name| *name == given)?)
            }
            _ => return None,
        };
        self.admits(value).then_some(value)
    }

    /// `: did you mean ..?` for a name that is not one of them.
    pub(super) fn suggestion(self, given: &str) -> String {
        match self {
            Self::Name(names) => did_you_mean(given, names.iter().copied()),
            _ => String::new(),
        }
    }

    /// Whether `value` is one of them.
    pub fn admits(self, value: Value) -> bool {
        match (self, value) {
            (Self::Bool, Value::Bool(_)) => true,
            (Self::Name(names), Value::Name(name)) => names.contains(&name),
            (Self::OneOf(values), Value::Number(n)) => values.contains(&n),
            (Self::PowerOfTwo(low, high), Value::Number(n)) => {
                n.is_power_of_two() && (low..=high).contains(&n)
            }
            (Self::Range(low, high), Value::Number(n)) => (low..=high).contains(&n),
            _ => false,
        }
    }
}

/// `a, b or c`.
fn either<T>(values: &[T], show: impl Fn(&T) -> String) -> String {
    let shown: Vec<String> = values.iter().map(show).collect();
    match &shown[..] {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => shown.concat(),
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("true or false"),
            Self::OneOf(values) => f.write_str(&either(values, u32::to_string)),
            Self::Name(names) => f.write_str(&either(names, |name| format!("\"{name}\""))),
            Self::PowerOfTwo(low, high) => write!(f, "a power of two from {low} to {high}"),
            Self::Range(low, high) => write!(f, "a number from {low} to {high}"),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Name(name) => write!(f, "\"{name}\""),
            Self::Number(value) => value.fmt(f),
        }
    }
}
