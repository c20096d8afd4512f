//! Coverage as a file, to be merged with others and shown later.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use systole_chip::ChipConfig;
use systole_chip::config::keys::{KEYS, Value};

use super::Coverage;
use crate::chip;

/// Number of the format, to be raised when it changes.
const FORMAT: u32 = 1;

/// The coverage of some programs on one chip.
#[derive(Clone)]
pub struct Record {
    /// Preset, or name of the configuration file.
    pub preset: String,
    /// The chip.
    pub config: ChipConfig,
    /// Programs run.
    pub programs: u64,
    /// Instructions retired.
    pub instructions: u64,
    /// What they have hit.
    pub coverage: Coverage,
}

/// What a file holds.
#[derive(Serialize, Deserialize)]
struct Text {
    systole_coverage: u32,
    preset: String,
    configuration: BTreeMap<String, serde_json::Value>,
    programs: u64,
    instructions: u64,
    points: BTreeMap<String, u64>,
}

impl Record {
    /// The text of a file.
    pub fn to_text(&self) -> String {
        let text = Text {
            systole_coverage: FORMAT,
            preset: self.preset.clone(),
            configuration: configuration(&self.config),
            programs: self.programs,
            instructions: self.instructions,
            points: self.coverage.hits(),
        };
        // Maps with keys of text and numbers have a text.
        serde_json::to_string_pretty(&text).unwrap_or_default() + "\n"
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_text(text: &str) -> Result<Self, String> {
        let text: Text = serde_json::from_str(text).map_err(|error| {
            format!("not a coverage file (`systole cosim --coverage FILE` writes them): {error}")
        })?;
        if text.systole_coverage != FORMAT {
            let format = text.systole_coverage;
            return Err(format!("it has format {format}, this systole reads format {FORMAT}"));
        }
        let settings: Vec<String> =
            text.configuration.iter().map(|(key, value)| setting(key, value)).collect();
        if let Some(key) = KEYS.iter().find(|key| !text.configuration.contains_key(key.name)) {
            return Err(format!("its configuration has no `{}`", key.name));
        }
        let config = ChipConfig::preset(ChipConfig::DEFAULT_PRESET)
            .and_then(|chip| chip.with_settings(&settings))
            .map_err(|error| format!("its configuration: {error}"))?;
        let mut coverage = Coverage::new(&chip::target(&config));
        coverage.set_hits(&text.points)?;
        let Text { preset, programs, instructions, .. } = text;
        Ok(Self { preset, config, programs, instructions, coverage })
    }

    /// Adds the hits of `other`.
    ///
    /// # Errors
    /// When it is of another chip: the first key that differs.
    pub fn merge(&mut self, other: &Self) -> Result<(), String> {
        let differs = KEYS.iter().find(|key| key.get(&self.config) != key.get(&other.config));
        if let Some(key) = differs {
            let [one, two] = [&self.config, &other.config].map(|config| key.get(config));
            return Err(format!(
                "it is of another chip: {} is {two} there and {one} here",
                key.name
            ));
        }
        self.programs += other.programs;
        self.instructions += other.instructions;
        self.coverage.add(&other.coverage);
        Ok(())
    }
}

/// Every key with its value.
pub(super) fn configuration(config: &ChipConfig) -> BTreeMap<String, serde_json::Value> {
    let json = |value: Value| match value {
        Value::Bool(value) => value.into(),
        Value::Name(name) => name.into(),
        Value::Number(number) => number.into(),
    };
    KEYS.iter().map(|key| (key.name.to_owned(), json(key.get(config)))).collect()
}

/// A setting as the command line takes it.
fn setting(key: &str, value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => format!("{key}={text}"),
        other => format!("{key}={other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(preset: &str) -> Record {
        let config = ChipConfig::preset(preset).expect("a preset");
        let coverage = Coverage::new(&chip::target(&config));
        Record { preset: preset.to_owned(), config, programs: 3, instructions: 100, coverage }
    }

    fn with_hits(preset: &str, hits: &[(&str, u64)]) -> Record {
        let mut record = record(preset);
        let mut all = record.coverage.hits();
        for (name, count) in hits {
            *all.get_mut(*name).expect("a point") = *count;
        }
        record.coverage.set_hits(&all).expect("its own points");
        record
    }

    #[test]
    fn a_file_tells_all_of_a_record() {
        for preset in ChipConfig::presets() {
            let one = with_hits(preset, &[("instruction/add/M", 7), ("npu.end/none", 2)]);
            let again = Record::from_text(&one.to_text()).expect("its own text");
            assert_eq!(again.config, one.config);
            assert_eq!((again.programs, again.instructions), (3, 100));
            assert_eq!(again.coverage.hits(), one.coverage.hits());
            assert_eq!(again.coverage.total().hit, 2);
        }
    }

    #[test]
    fn merging_adds_and_refuses_other_chips() {
        let mut one = with_hits("edge", &[("instruction/add/M", 7)]);
        one.merge(&with_hits("edge", &[("instruction/add/M", 1), ("instruction/sub/M", 2)]))
            .expect("the same chip");
        let hits = one.coverage.hits();
        assert_eq!((hits["instruction/add/M"], hits["instruction/sub/M"]), (8, 2));
        assert_eq!(one.programs, 6);
        let error = one.merge(&record("nano")).expect_err("another chip");
        assert!(error.contains("core.pipeline is \"compact\" there and \"fast\" here"), "{error}");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let text = record("nano").to_text();
        let error = |text: &str| Record::from_text(text).err().expect("an error");
        assert!(error("{}").contains("not a coverage file"));
        assert!(error(&text.replace("npu.dim", "npu.dimension")).contains("npu.dim"));
        let renamed = text.replace("instruction/add/M", "instruction/added/M");
        assert!(error(&renamed).contains("another version"), "{}", error(&renamed));
        let cut = text.replace("    \"instruction/add/M\": 0,\n", "");
        assert!(error(&cut).contains("instruction/add/M"), "{}", error(&cut));
        assert!(error(&text.replace("coverage\": 1", "coverage\": 2")).contains("format 2"));
    }
}
