//! Configuration of a chip: presets, files, single settings, and their validation.

mod core;
pub mod keys;

use std::fmt;

use serde::{Deserialize, Serialize};
use systole_hdl::suggest::did_you_mean;

pub use self::core::{CoreConfig, Multiplier, Pipeline};
use keys::{KEYS, Key};

/// Everything that distinguishes one chip from another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChipConfig {
    /// The hart.
    pub core: CoreConfig,
    /// The inference unit.
    pub npu: NpuConfig,
    /// The memory.
    pub memory: MemoryConfig,
}

/// The inference unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NpuConfig {
    /// Side of the array, D: 2, 4, 8, 16 or 32; 0 for a chip without an NPU, whose other settings then
    /// mean nothing.
    pub dim: u32,
    /// Data width of the external bus in bits: 32, 64, 128 or 256.
    pub bus_bits: u32,
    /// Scratchpad rows of D bytes; a power of two, 64 to 32768.
    pub scratchpad_rows: u32,
    /// Accumulator rows of D int32; a power of two, 16 to 32768.
    pub accumulator_rows: u32,
    /// Parameter memory rows of D bytes; a power of two, 16 to 32768.
    pub parameter_rows: u32,
    /// Requantiser lanes (results a cycle): a power of two, 1 to `dim`.
    pub requantise_lanes: u32,
    /// The requantiser knows gemmlowp's double rounding, too.
    pub double_rounding: bool,
    /// EXEC takes weights of 4 bits, too.
    pub int4_weights: bool,
    /// One small unit does LOAD, EXEC and STORE one after the other, by a program in ROM.
    pub sequential: bool,
    /// Read bursts in flight: 1 to 16.
    pub outstanding_bursts: u32,
}

/// The memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryConfig {
    /// RAM from 0x8000_0000, in bytes; a power of two, 64 KiB to 1 GiB.
    pub ram_bytes: u32,
}

/// What is wrong with a configuration: one line for each mistake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError(Vec<String>);

impl ConfigError {
    fn one(message: String) -> Self {
        Self(vec![message])
    }

    /// The mistakes, without their place.
    pub fn messages(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for ConfigError {}

/// Names and files of the presets.
const PRESETS: [(&str, &str); 3] = [
    ("nano", include_str!("../presets/nano.toml")),
    ("edge", include_str!("../presets/edge.toml")),
    ("apex", include_str!("../presets/apex.toml")),
];

impl ChipConfig {
    /// The preset used when none is asked for.
    pub const DEFAULT_PRESET: &'static str = "edge";

    /// Names of the presets, the smallest chip first.
    pub fn presets() -> impl Iterator<Item = &'static str> {
        PRESETS.iter().map(|(name, _)| *name)
    }

    /// The text of a preset's file.
    pub fn preset_text(name: &str) -> Option<&'static str> {
        PRESETS.iter().find(|(preset, _)| *preset == name).map(|(_, text)| *text)
    }

    /// A preset.
    ///
    /// # Errors
    /// When there is no such preset; the message lists those there are.
    pub fn preset(name: &str) -> Result<Self, ConfigError> {
        let Some(text) = Self::preset_text(name) else {
            let names: Vec<&str> = Self::presets().collect();
            let hint = did_you_mean(name, names.iter().copied());
            let names = names.join(", ");
            return Err(ConfigError::one(format!("no preset `{name}`{hint} (presets: {names})")));
        };
        Self::from_toml(text, &format!("{name}.toml"))
    }

    /// Reads a configuration file; `file` is its name for messages. Every key must be given.
    ///
    /// # Errors
    /// Bad TOML, unknown or missing keys, values that a key does not take: all of them together.
    pub fn from_toml(text: &str, file: &str) -> Result<Self, ConfigError> {
        let located = |message: String| format!("{file}: {message}");
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => {
                return Err(ConfigError::one(located(error.to_string().trim_end().to_string())));
            }
        };
        let mut config = Self {
            core: CoreConfig::default(),
            npu: NpuConfig::default(),
            memory: MemoryConfig::default(),
        };
        let mut mistakes = unknown_keys(&table);
        for key in KEYS {
            let (section, name) = key.parts();
            let given = table.get(section).and_then(|section| section.get(name));
            let result = match given {
                Some(value) => config.put(key, value),
                None => Err(format!("{} is missing ({}: {})", key.name, key.help, key.allowed)),
            };
            mistakes.extend(result.err());
        }
        if mistakes.is_empty() {
            mistakes = config.contradictions();
        }
        if mistakes.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError(mistakes.into_iter().map(located).collect()))
        }
    }

    /// Changes one key: `npu.dim=4`. Keys that must fit each other are compared by
    /// [`validate`](Self::validate), so that several settings may be given in any order.
    ///
    /// # Errors
    /// Not of the form `key=value`, an unknown key, or a value that the key does not take.
    pub fn set(&mut self, setting: &str) -> Result<(), ConfigError> {
        let Some((name, text)) = setting.split_once('=') else {
            return Err(ConfigError::one(format!("`{setting}` is not of the form key=value")));
        };
        let (name, text) = (name.trim(), text.trim());
        let Some(key) = Key::find(name) else {
            return Err(ConfigError::one(unknown_key(name)));
        };
        let parsed: Option<toml::Table> = format!("value = {text}").parse().ok();
        let value = parsed.and_then(|mut table| table.remove("value"));
        let value = value.unwrap_or_else(|| toml::Value::String(text.to_string()));
        self.put(key, &value).map_err(ConfigError::one)
    }

    /// Changes several keys, in order, and validates the result.
    ///
    /// # Errors
    /// Those of [`set`](Self::set) and [`validate`](Self::validate).
    pub fn with_settings<S: AsRef<str>>(mut self, settings: &[S]) -> Result<Self, ConfigError> {
        for setting in settings {
            self.set(setting.as_ref())?;
        }
        self.validate()?;
        Ok(self)
    }

    /// Checks every value, for configurations that were not read by [`from_toml`](Self::from_toml).
    ///
    /// # Errors
    /// All values that a key does not take or that do not fit each other.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let refused = KEYS.iter().filter(|key| !key.allowed.admits(key.get(self)));
        let mut mistakes: Vec<String> =
            refused.map(|key| refusal(key, &key.get(self).to_string())).collect();
        mistakes.extend(self.contradictions());
        if mistakes.is_empty() { Ok(()) } else { Err(ConfigError(mistakes)) }
    }

    /// The configuration as a TOML file.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let mut last_section = "";
        for key in KEYS {
            let (section, name) = key.parts();
            if section != last_section {
                let gap = if last_section.is_empty() { "" } else { "\n" };
                text += &format!("{gap}[{section}]\n");
                last_section = section;
            }
            text += &format!("{name} = {}\n", key.get(self));
        }
        text
    }

    fn put(&mut self, key: &Key, value: &toml::Value) -> Result<(), String> {
        let refusal = || refusal(key, &value.to_string());
        let value = key.allowed.value(value).ok_or_else(refusal)?;
        if key.put(self, value) { Ok(()) } else { Err(refusal()) }
    }

    /// Whether the chip has an inference unit.
    pub fn has_npu(&self) -> bool {
        self.npu.dim > 0
    }

    /// Values that are good by themselves but do not fit each other.
    fn contradictions(&self) -> Vec<String> {
        let (dim, lanes) = (self.npu.dim, self.npu.requantise_lanes);
        let mut mistakes = self.core.contradictions();
        if self.has_npu() && lanes > dim {
            mistakes.push(format!(
                "npu.requantise_lanes = {lanes}: must be at most npu.dim = {dim}; set both"
            ));
        }
        mistakes.extend(self.npu.contradictions_of_sequential());
        mistakes
    }
}

impl NpuConfig {
    /// What the sequential unit is not there for: its words are rows of an array of 4, and words of the
    /// bus.
    fn contradictions_of_sequential(&self) -> Vec<String> {
        if self.dim == 0 || !self.sequential {
            return Vec::new();
        }
        let wanted = [("npu.dim", self.dim, 4), ("npu.bus_bits", self.bus_bits, 32)];
        let numbers = wanted.into_iter().filter(|(_, value, wanted)| value != wanted);
        let mut mistakes: Vec<String> = numbers
            .map(|(key, value, wanted)| {
                format!("{key} = {value}: must be {wanted} with npu.sequential; set both")
            })
            .collect();
        if self.int4_weights {
            mistakes.push("npu.int4_weights = true: not with npu.sequential; set one".to_string());
        }
        mistakes
    }
}

fn refusal(key: &Key, value: &str) -> String {
    let hint = key.allowed.suggestion(value.trim_matches('"'));
    format!("{} = {value}: must be {} ({}){hint}", key.name, key.allowed, key.help)
}

fn unknown_key(name: &str) -> String {
    let names = || KEYS.iter().map(|key| key.name);
    // The right name in the wrong section, or in none, comes before a similar one.
    let short = name.rsplit('.').next().unwrap_or(name);
    let moved = KEYS.iter().find(|key| key.parts().1 == short);
    let mut hint = match moved {
        Some(key) => format!(": did you mean `{}`?", key.name),
        None => did_you_mean(name, names()),
    };
    if hint.is_empty() {
        hint = format!(" (keys: {})", names().collect::<Vec<_>>().join(", "));
    }
    format!("unknown key `{name}`{hint}")
}

/// A message for each key and section of a file that is not in the table.
fn unknown_keys(table: &toml::Table) -> Vec<String> {
    let mut mistakes = Vec::new();
    for (section, content) in table {
        let known = KEYS.iter().any(|key| key.parts().0 == section);
        match content {
            toml::Value::Table(content) if known => {
                let full = content.keys().map(|name| format!("{section}.{name}"));
                mistakes.extend(full.filter(|n| Key::find(n).is_none()).map(|n| unknown_key(&n)));
            }
            toml::Value::Table(_) => {
                let mut sections: Vec<&str> = KEYS.iter().map(|key| key.parts().0).collect();
                sections.dedup();
                let hint = did_you_mean(section, sections.iter().copied());
                mistakes.push(format!("unknown section `[{section}]`{hint}"));
            }
            _ => mistakes.push(unknown_key(section)),
        }
    }
    mistakes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        ChipConfig::from_toml(text, "my.toml").unwrap_err().to_string()
    }

    fn nano_with(from: &str, to: &str) -> String {
        let text = ChipConfig::preset_text("nano").unwrap();
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    }

    #[test]
    fn presets_are_valid_and_survive_being_written() {
        for name in ChipConfig::presets() {
            let config = ChipConfig::preset(name).unwrap();
            config.validate().unwrap();
            assert_eq!(ChipConfig::from_toml(&config.to_toml(), "written").unwrap(), config);
        }
        assert_eq!(ChipConfig::preset("edge").unwrap().npu.dim, 8);
    }

    #[test]
    fn each_key_of_each_preset_stands_below_a_comment() {
        for name in ChipConfig::presets() {
            let lines: Vec<&str> = ChipConfig::preset_text(name).unwrap().lines().collect();
            for key in KEYS {
                let start = format!("{} = ", key.parts().1);
                let at = lines.iter().position(|line| line.starts_with(&start));
                let at = at.unwrap_or_else(|| panic!("{name}: {}", key.name));
                assert!(lines[at - 1].starts_with("# "), "{name}: {} has no comment", key.name);
            }
        }
    }

    #[test]
    fn an_unknown_preset_is_refused_with_a_suggestion() {
        let message = ChipConfig::preset("egde").unwrap_err().to_string();
        assert!(message.contains("no preset `egde`: did you mean `edge`?"), "{message}");
        assert!(message.contains("nano, edge, apex"), "{message}");
    }

    #[test]
    fn unknown_keys_are_refused_with_a_suggestion() {
        let message = message(&nano_with("dim = ", "dmi = 4\ndim = "));
        assert_eq!(message, "my.toml: unknown key `npu.dmi`: did you mean `npu.dim`?");
        let mut config = ChipConfig::preset("nano").unwrap();
        let message = config.set("dim=4").unwrap_err().to_string();
        assert_eq!(message, "unknown key `dim`: did you mean `npu.dim`?");
        let message = config.set("npu.ram_bytes=65536").unwrap_err().to_string();
        assert_eq!(message, "unknown key `npu.ram_bytes`: did you mean `memory.ram_bytes`?");
        let message = config.set("wheels=4").unwrap_err().to_string();
        assert!(message.contains("unknown key `wheels` (keys: core.pipeline,"), "{message}");
    }

    #[test]
    fn all_mistakes_of_a_file_are_reported_together() {
        let text = nano_with("dim = 4", "dim = 3").replace("[memory]", "[memroy]");
        let message = message(&text);
        assert!(message.contains("npu.dim = 3: must be 0, 2, 4, 8, 16 or 32 ("), "{message}");
        assert!(message.contains("`[memroy]`: did you mean `memory`?"), "{message}");
        assert!(message.contains("memory.ram_bytes is missing"), "{message}");
    }

    #[test]
    fn impossible_values_are_refused() {
        let bad = [
            "core.fetch_depth=0",
            "core.fetch_depth=3",
            "core.pipeline=1",
            "core.pipeline=slow",
            "core.issue_width=0",
            "core.issue_width=3",
            "core.multiplier=true",
            "core.multiplier=",
            "core.atomics=1",
            "core.hpm_counters=30",
            "core.pmp_regions=17",
            "core.branch_targets=8",
            "core.return_stack=3",
            "npu.dim=1",
            "npu.dim=3",
            "npu.dim=64",
            "npu.dim=-4",
            "npu.dim=8589934596",
            "npu.dim=4.0",
            "npu.dim=\"4\"",
            "npu.dim=",
            "npu.bus_bits=0",
            "npu.bus_bits=512",
            "npu.scratchpad_rows=100",
            "npu.scratchpad_rows=65536",
            "npu.accumulator_rows=8",
            "npu.parameter_rows=24",
            "npu.requantise_lanes=0",
            "npu.outstanding_bursts=17",
            "memory.ram_bytes=100000",
            "memory.ram_bytes=2147483648",
        ];
        for setting in bad {
            let mut config = ChipConfig::preset("edge").unwrap();
            let before = config.clone();
            let message = config.set(setting).unwrap_err().to_string();
            let key = setting.split_once('=').unwrap().0;
            assert!(message.starts_with(key) && message.contains("must be"), "{message}");
            assert_eq!(config, before, "a refused setting changes nothing");
        }
    }

    #[test]
    fn settings_are_applied_in_order_and_compared_at_the_end() {
        let edge = || ChipConfig::preset("edge").unwrap();
        let config = edge().with_settings(&["npu.dim = 4", "npu.requantise_lanes=2"]).unwrap();
        assert_eq!((config.npu.dim, config.npu.requantise_lanes), (4, 2));
        let config = edge().with_settings(&["memory.ram_bytes=0x10_0000"]).unwrap();
        assert_eq!(config.memory.ram_bytes, 1 << 20);
        assert!(!edge().with_settings(&["npu.dim=0"]).unwrap().has_npu(), "whatever its lanes");
        let message = edge().with_settings(&["npu.dim=4"]).unwrap_err().to_string();
        assert!(message.contains("npu.requantise_lanes = 8: must be at most npu.dim = 4"));
        assert!(edge().set("npu.dim").unwrap_err().to_string().contains("key=value"));
    }

    #[test]
    fn bad_toml_is_reported_with_its_place() {
        let message = message("[npu]\ndim = = 4\n");
        assert!(message.contains("my.toml") && message.contains("line 2"), "{message}");
    }
}
