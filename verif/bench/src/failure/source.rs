//! The way back from a difference, as the report tells it.

use std::sync::Arc;

use systole_chip::soc;
use systole_hdl::origin::{Action, Step};
use systole_hdl::{Bits, Design, fault};
use systole_sim::Library;

use super::report::model;
use super::suspect::suspect;
use super::{Failure, Origin, Recorded, diverges};
use crate::{chip, faults};

/// Cycles before the difference that are looked at.
const CYCLES: u64 = 5000;

/// Follows the difference of a failure back, by a wave of its program. `None` when the wave cannot be
/// had, or says nothing.
pub(super) fn find(
    failure: &Failure,
    origin: &Origin,
    library: &Arc<Library>,
) -> Option<model::Source> {
    let folder = tempfile::tempdir().ok()?;
    let path = folder.path().join("all.vcd");
    let mut pair = chip::lockstep(origin.config, library).ok()?;
    pair.select_fault(origin.fault);
    let cycle = failure.divergence.cycle;
    pair.trace(&path, cycle.saturating_sub(CYCLES), cycle + 1);
    let divergence = diverges(&mut pair, &failure.program)?;
    pair.dut().stop_trace();
    let design = design(origin)?;
    let wave = Recorded::read(&path, &design).ok()?;
    let steps = suspect(&design, &wave, &divergence);
    (!steps.is_empty()).then(|| model::Source { steps: told(&steps) })
}

/// The chip as it is, with its fault as if it had been written so.
fn design(origin: &Origin) -> Option<Design> {
    let good = systole_hdl::check(&soc::soc(origin.config, true)).ok()?;
    let Some(index) = usize::from(origin.fault).checked_sub(1) else { return Some(good) };
    fault::fixed(&good, faults::of(origin.config).get(index)?).ok()
}

/// The steps that a person wants to read: of the two sides of a port one.
fn told(steps: &[Step]) -> Vec<model::Step> {
    let flat = |step: &Step| step.signal.replace('.', "_");
    let is_port = |index: usize| {
        let next = steps.get(index + 1);
        index > 0 && next.is_some_and(|next| flat(next) == flat(&steps[index]))
    };
    let shown = (0..steps.len()).filter(|&index| !is_port(index));
    shown.map(|index| step(&steps[index])).collect()
}

fn step(step: &Step) -> model::Step {
    model::Step {
        file: step.location.file.to_owned(),
        line: step.location.line,
        signal: step.signal.clone(),
        cycle: step.cycle,
        value: step.value.as_ref().map_or_else(|| "not in the wave".to_owned(), hex),
        note: note(&step.action),
    }
}

fn note(action: &Action) -> String {
    match action {
        Action::Passed => "takes the next".to_owned(),
        Action::Stored => "stored from the next".to_owned(),
        Action::Chosen => "chosen by the next".to_owned(),
        Action::Computed(operands) => {
            let operand = |(name, value): &(String, Bits)| format!("{name} = {}", hex(value));
            let operands: Vec<String> = operands.iter().map(operand).collect();
            format!("computed from {}", operands.join(", "))
        }
        Action::Constant => "a constant, or the value of reset".to_owned(),
        Action::Input => "came in from outside".to_owned(),
        Action::Unknown => "given before the wave begins".to_owned(),
    }
}

fn hex(bits: &Bits) -> String {
    let mut digits = String::new();
    for position in (0..bits.width().div_ceil(4)).rev() {
        let (low, high) = (4 * position, (4 * position + 3).min(bits.width() - 1));
        let digit = char::from_digit(bits.slice(high, low).to_u64() as u32, 16);
        digits.push(digit.expect("four bits"));
    }
    format!("0x{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_all_their_digits() {
        assert_eq!(hex(&Bits::new(1, 1)), "0x1");
        assert_eq!(hex(&Bits::new(13, 0x1f05)), "0x1f05");
        assert_eq!(hex(&Bits::from_words(68, &[0xab, 0x3])), "0x300000000000000ab");
    }
}
