//! The way back from a difference, as the report tells it.

use systole_hdl::Bits;
use systole_hdl::origin::{Action, Step};

use super::report::model;
use crate::lockstep::Kind;

/// The way back of a difference of this kind, if there is one.
pub(super) fn of(steps: &[Step], kind: Kind) -> Option<model::Source> {
    let step = |step| self::step(step, kind);
    (!steps.is_empty())
        .then(|| model::Source { steps: shown(steps).into_iter().map(step).collect() })
}

/// The steps that a person wants to read: of the two sides of a port one.
pub(super) fn shown(steps: &[Step]) -> Vec<&Step> {
    let flat = |step: &Step| step.signal.replace('.', "_");
    let is_port = |index: usize| {
        let next = steps.get(index + 1);
        index > 0 && next.is_some_and(|next| flat(next) == flat(&steps[index]))
    };
    (0..steps.len()).filter(|&index| !is_port(index)).map(|index| &steps[index]).collect()
}

fn step(step: &Step, kind: Kind) -> model::Step {
    model::Step {
        file: step.location.file.to_owned(),
        line: step.location.line,
        signal: step.signal.clone(),
        cycle: step.cycle,
        value: step.value.as_ref().map_or_else(|| "not in the wave".to_owned(), short),
        note: note(&step.action, kind),
    }
}

fn note(action: &Action, kind: Kind) -> String {
    match action {
        Action::Stored | Action::Chosen if kind == Kind::Hang => "waits for the next".to_owned(),
        Action::Passed => "takes the next".to_owned(),
        Action::Stored => "stored from the next".to_owned(),
        Action::Chosen => "chosen by the next".to_owned(),
        Action::Computed(operands) => {
            let operand = |(name, value): &(String, Bits)| format!("{name} = {}", short(value));
            let operands: Vec<String> = operands.iter().map(operand).collect();
            format!("computed from {}", operands.join(", "))
        }
        Action::Constant => "a constant, or the value of reset".to_owned(),
        Action::Input => "came in from outside".to_owned(),
        Action::Unknown => "given before the wave begins".to_owned(),
    }
}

/// As [`hex`], but of wide values without the zeros in front.
fn short(bits: &Bits) -> String {
    let digits = hex(bits);
    if bits.width() <= 64 {
        return digits;
    }
    match digits.trim_start_matches("0x").trim_start_matches('0') {
        "" => "0x0".to_owned(),
        digits => format!("0x{digits}"),
    }
}

/// All digits of a value, with `0x`.
pub(super) fn hex(bits: &Bits) -> String {
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
        assert_eq!(short(&Bits::from_words(68, &[0xab, 0])), "0xab");
        assert_eq!(short(&Bits::new(68, 0)), "0x0");
        assert_eq!(hex(&Bits::from_words(68, &[0xab, 0x3])), "0x300000000000000ab");
    }
}
