//! The hart's part of a configuration.

use serde::{Deserialize, Serialize};

use super::keys::Choice;

/// The hart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoreConfig {
    /// Pipeline.
    pub pipeline: Pipeline,
    /// Instructions that may start in a cycle: 1, or 2 with the fast pipeline.
    pub issue_width: u32,
    /// Groups of `fetch_bits` that the fetch unit may hold or have under way (2, 4 or 8).
    pub fetch_depth: u32,
    /// Multiplier.
    pub multiplier: Multiplier,
    /// A: LR, SC and AMOs.
    pub atomics: bool,
    /// C: compressed instructions.
    pub compressed: bool,
    /// Zba: address generation.
    pub zba: bool,
    /// Zbb: basic bit manipulation.
    pub zbb: bool,
    /// Zbs: single bits.
    pub zbs: bool,
    /// Zicntr: `cycle`, `time` and `instret`.
    pub zicntr: bool,
    /// Event counters that count: 0 to 29; Zihpm is there with 1 or more.
    pub hpm_counters: u32,
    /// U mode.
    pub user_mode: bool,
    /// Entries of physical memory protection: 0 to 16.
    pub pmp_regions: u32,
    /// Entries of the branch target buffer: a power of two from 16 to 512 with the fast pipeline,
    /// else 0.
    pub branch_targets: u32,
    /// Entries of the return address stack: 0, or 2, 4, 8 or 16 with the fast pipeline.
    pub return_stack: u32,
}

/// Which pipeline executes the instructions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pipeline {
    /// Four stages, small.
    #[default]
    Compact,
    /// Longer, with branch prediction, for one or two instructions a cycle.
    Fast,
}

/// How products are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Multiplier {
    /// Not at all: there is no M extension, thus no division either.
    #[default]
    None,
    /// Bit by bit.
    Iterative,
    /// One product a cycle.
    Fast,
}

impl Choice for Pipeline {
    const ALL: &'static [(&'static str, Self)] =
        &[("compact", Self::Compact), ("fast", Self::Fast)];
}

impl Choice for Multiplier {
    const ALL: &'static [(&'static str, Self)] =
        &[("none", Self::None), ("iterative", Self::Iterative), ("fast", Self::Fast)];
}

impl CoreConfig {
    /// Width of `ibus_rsp_rdata`: 64 with two instructions a cycle, else 32.
    pub fn fetch_bits(&self) -> u32 {
        32 * self.issue_width.max(1)
    }

    /// Channels of the retire port: instructions that may retire in a cycle.
    pub fn retire_channels(&self) -> u32 {
        self.issue_width
    }

    /// The M extension is there.
    pub fn has_multiply(&self) -> bool {
        self.multiplier != Multiplier::None
    }

    /// The instruction set as compilers spell it: `rv32imac_zicsr_zifencei_zba`.
    pub fn isa(&self) -> String {
        let letters = [(self.has_multiply(), "m"), (self.atomics, "a"), (self.compressed, "c")];
        let names = [
            (true, "_zicsr"),
            (true, "_zifencei"),
            (self.zicntr, "_zicntr"),
            (self.hpm_counters > 0, "_zihpm"),
            (self.zba, "_zba"),
            (self.zbb, "_zbb"),
            (self.zbs, "_zbs"),
        ];
        let parts = letters.into_iter().chain(names);
        let parts = parts.filter(|(there, _)| *there).map(|(_, name)| name);
        std::iter::once("rv32i").chain(parts).collect()
    }

    /// Values that are good by themselves but do not fit each other.
    pub(super) fn contradictions(&self) -> Vec<String> {
        if self.pipeline == Pipeline::Fast {
            return self.contradictions_of_fast();
        }
        let only_fast = [
            ("core.issue_width", self.issue_width, 1),
            ("core.return_stack", self.return_stack, 0),
        ];
        let wrong = only_fast.into_iter().filter(|(_, value, compact)| value != compact);
        let mut mistakes: Vec<String> = wrong
            .map(|(key, value, compact)| {
                format!("{key} = {value}: must be {compact} with core.pipeline = \"compact\"")
            })
            .collect();
        if self.compressed && self.branch_targets > 0 {
            mistakes.push(format!(
                "core.branch_targets = {}: must be 0 with core.pipeline = \"compact\" and \
                 core.compressed = true",
                self.branch_targets
            ));
        }
        mistakes
    }

    fn contradictions_of_fast(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        if self.issue_width != 2 {
            mistakes.push(format!(
                "core.issue_width = {}: must be 2 with core.pipeline = \"fast\"",
                self.issue_width
            ));
        }
        if self.multiplier == Multiplier::Iterative {
            mistakes.push(
                "core.multiplier: must be \"fast\" or \"none\" with core.pipeline = \"fast\""
                    .to_string(),
            );
        }
        if self.branch_targets == 0 {
            mistakes.push(
                "core.branch_targets = 0: must be 16 or more with core.pipeline = \"fast\""
                    .to_string(),
            );
        }
        mistakes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ChipConfig;

    fn nano() -> ChipConfig {
        ChipConfig::preset("nano").unwrap()
    }

    #[test]
    fn the_instruction_set_is_spelled_as_compilers_do() {
        let mut core = CoreConfig::default();
        assert_eq!(core.isa(), "rv32i_zicsr_zifencei");
        core = CoreConfig {
            multiplier: Multiplier::Iterative,
            atomics: true,
            compressed: true,
            zba: true,
            zbb: true,
            zbs: true,
            zicntr: true,
            hpm_counters: 2,
            ..core
        };
        assert_eq!(core.isa(), "rv32imac_zicsr_zifencei_zicntr_zihpm_zba_zbb_zbs");
    }

    #[test]
    fn names_are_taken_with_and_without_quotes_and_suggested() {
        for setting in ["core.multiplier=fast", "core.multiplier = \"fast\""] {
            let mut config = nano();
            config.set("core.multiplier=none").unwrap();
            assert!(!config.core.has_multiply());
            config.set(setting).unwrap();
            assert_eq!(config.core.multiplier, Multiplier::Fast);
        }
        let message = |setting| nano().set(setting).unwrap_err().to_string();
        assert_eq!(
            message("core.multiplier=itertive"),
            "core.multiplier = \"itertive\": must be \"none\", \"iterative\" or \"fast\" \
             (how products are computed): did you mean `iterative`?"
        );
        assert!(message("core.pipeline=3").contains("must be \"compact\" or \"fast\" ("));
    }

    #[test]
    fn the_compact_pipeline_has_no_predictors_and_starts_one_instruction_a_cycle() {
        for setting in ["core.issue_width=2", "core.branch_targets=64", "core.return_stack=4"] {
            let message = nano().with_settings(&[setting]).unwrap_err().to_string();
            let key = setting.split_once('=').unwrap().0;
            assert!(message.starts_with(key) && message.contains("compact"), "{message}");
        }
    }
}
