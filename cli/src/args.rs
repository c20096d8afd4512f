//! Arguments that several subcommands take: which chip, which engine, and how long.

use std::path::PathBuf;
use std::time::Duration;

use systole_chip::ChipConfig;
use systole_chip::config::keys::KEYS;
use systole_verif::run::Engine;

use crate::exit::{Error, Result};

/// Which chip.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct ChipArgs {
    /// Preset: nano, edge or apex [default: edge].
    #[arg(long, value_name = "NAME", conflicts_with = "config")]
    preset: Option<String>,
    /// Configuration file (TOML); the presets' files in hw/chip/presets are examples.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Change one key, as in npu.dim=4; may be given several times.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// What executes.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum EngineName {
    /// The golden model alone.
    Golden,
    /// The RTL alone.
    Rtl,
    /// Both, compared.
    Lockstep,
}

impl From<EngineName> for Engine {
    fn from(name: EngineName) -> Self {
        match name {
            EngineName::Golden => Self::Golden,
            EngineName::Rtl => Self::Rtl,
            EngineName::Lockstep => Self::Lockstep,
        }
    }
}

/// A chip that was asked for.
#[derive(Clone, Debug)]
pub struct Chip {
    /// Name of the preset, or of the file without its extension.
    pub name: String,
    /// Its configuration, validated.
    pub config: ChipConfig,
    /// The options that ask for it again.
    pub options: String,
}

impl ChipArgs {
    /// Reads the preset or file and applies the settings.
    pub fn chip(&self) -> Result<Chip> {
        self.chip_or(ChipConfig::DEFAULT_PRESET, &[])
    }

    /// As [`chip`](Self::chip), for what needs an NPU.
    pub fn chip_with_npu(&self) -> Result<Chip> {
        let chip = self.chip()?;
        if chip.config.has_npu() {
            return Ok(chip);
        }
        Err(Error::usage("this chip has no NPU: npu.dim is 0").help("give it one: --set npu.dim=4"))
    }

    /// As [`chip`](Self::chip); if neither a preset nor a file is asked for, the preset `default`
    /// with `settings`, which those that were asked for follow.
    pub fn chip_or(&self, default: &str, settings: &[&str]) -> Result<Chip> {
        let (name, config, mut options) = match &self.config {
            Some(file) => self.read(file)?,
            None => {
                let name = self.preset.as_deref().unwrap_or(default);
                let config = ChipConfig::preset(name)
                    .map_err(|error| Error::usage(format!("--preset: {error}")))?;
                (name.to_owned(), config, format!("--preset {name}"))
            }
        };
        let own = if self.preset.is_none() && self.config.is_none() { settings } else { &[] };
        let settings: Vec<&str> =
            own.iter().copied().chain(self.set.iter().map(String::as_str)).collect();
        let config = config.with_settings(&settings).map_err(|error| {
            Error::usage(format!("--set: {error}")).help("`systole gen --help` lists all keys")
        })?;
        for setting in settings {
            options += &format!(" --set {}", quoted(setting));
        }
        Ok(Chip { name, config, options })
    }

    fn read(&self, file: &std::path::Path) -> Result<(String, ChipConfig, String)> {
        let text = std::fs::read_to_string(file).map_err(|error| {
            Error::file("read", file, &error)
                .help("presets that need no file: --preset nano, edge or apex")
        })?;
        let config =
            ChipConfig::from_toml(&text, &file.display().to_string()).map_err(|error| {
                Error::usage(error).help("the presets' files in hw/chip/presets explain every key")
            })?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok((name, config, format!("--config {}", quoted(&file.to_string_lossy()))))
    }
}

/// Text as one word of a shell command.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,+%@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// All keys and what they take, for `--help`.
pub fn keys_help() -> String {
    let mut text = "Keys of a configuration:\n".to_owned();
    for key in KEYS {
        text += &format!("  {:<24} {} ({})\n", key.name, key.help, key.allowed);
    }
    text
}

/// Parses `30s`, `5m`, `2h` or `1m30s`.
pub fn duration(text: &str) -> std::result::Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time like 30s, 5m, 2h or 1m30s");
    let (mut seconds, mut number) = (0u64, None::<u64>);
    for c in text.chars() {
        let factor = match c {
            '0'..='9' => {
                let digit = u64::from(c) - u64::from('0');
                let value = number.unwrap_or(0).checked_mul(10).and_then(|n| n.checked_add(digit));
                number = Some(value.ok_or_else(wrong)?);
                continue;
            }
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => return Err(wrong()),
        };
        let value = number.take().ok_or_else(wrong)?.checked_mul(factor);
        seconds = value.and_then(|value| seconds.checked_add(value)).ok_or_else(wrong)?;
    }
    match (number, seconds) {
        (Some(_), _) => Err(format!("`{text}` has no unit; write {text}s or {text}m")),
        (None, 0) => Err(wrong()),
        (None, seconds) => Ok(Duration::from_secs(seconds)),
    }
}

/// Parses a number, decimal or hexadecimal with 0x.
pub fn number(text: &str) -> std::result::Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("`{text}` is not a number from 0 to 2^64 - 1"))
}

/// Parses a frequency in MHz, such as `12` or `12.288`; gives Hz.
pub fn megahertz(text: &str) -> std::result::Result<u64, String> {
    let parsed = text.parse::<f64>().ok().filter(|mhz| (0.001..=10_000.0).contains(mhz));
    let hz = parsed.map(|mhz| (mhz * 1e6).round() as u64);
    hz.ok_or_else(|| format!("`{text}` is not a frequency in MHz like 12 or 12.288"))
}

/// A part of a regression: number `part`, from 1, of `parts`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shard {
    /// Which part, from 1.
    pub part: u64,
    /// Number of parts.
    pub parts: u64,
}

/// Parses `2/4`.
pub fn shard(text: &str) -> std::result::Result<Shard, String> {
    let parsed = text.split_once('/').and_then(|(part, parts)| {
        let shard = Shard { part: part.parse().ok()?, parts: parts.parse().ok()? };
        (1..=shard.parts).contains(&shard.part).then_some(shard)
    });
    parsed.ok_or_else(|| format!("`{text}` is not a part like 1/4, 2/4, 3/4 or 4/4"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("1m30s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7200)));
        for bad in
            ["", "s", "5x", "0s", "1.5h", "-3s", "99999999999999999999s", "9999999999999999999h"]
        {
            assert!(duration(bad).is_err(), "{bad}");
        }
        assert_eq!(duration("30"), Err("`30` has no unit; write 30s or 30m".to_owned()));
    }

    #[test]
    fn numbers_are_read() {
        assert_eq!(number("0x1f"), Ok(31));
        assert_eq!(number("31"), Ok(31));
        for bad in ["", "0x", "-1", "1e3", "18446744073709551616"] {
            assert!(number(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn frequencies_are_read() {
        assert_eq!(megahertz("12.288"), Ok(12_288_000));
        for bad in ["", "0", "-1", "12MHz", "inf", "nan", "1e300"] {
            assert!(megahertz(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn shards_count_from_one() {
        assert_eq!(shard("4/4"), Ok(Shard { part: 4, parts: 4 }));
        for bad in ["0/4", "5/4", "1", "1/0", "a/b", "1/2/3", ""] {
            assert!(shard(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("npu.dim=4"), "npu.dim=4");
        assert_eq!(quoted("my chip.toml"), "'my chip.toml'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
