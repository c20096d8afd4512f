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

/// The steps that a person wants to read: of the two sides of a port one, and of what a line of the
/// source makes in a row, such as the stages of a shifter, the last.
pub(super) fn shown(steps: &[Step]) -> Vec<&Step> {
    let flat = |step: &Step| step.signal.replace('.', "_");
    let is_passed = |index: usize| {
        let (step, next) = (&steps[index], steps.get(index + 1));
        let is_port = |next: &Step| flat(next) == flat(step);
        let same_line = |next: &Step| {
            (next.location, next.cycle) == (step.location, step.cycle)
                && step.action == Action::Passed
        };
        index > 0 && next.is_some_and(|next| is_port(next) || same_line(next))
    };
    (0..steps.len()).filter(|&index| !is_passed(index)).map(|index| &steps[index]).collect()
}

fn step(step: &Step, kind: Kind) -> model::Step {
    let (range, value) = match &step.value {
        Some(value) => part(value, step.part),
        None => (String::new(), "not in the wave".to_owned()),
    };
    model::Step {
        file: step.location.file.to_owned(),
        line: step.location.line,
        signal: format!("{}{range}", step.signal),
        cycle: step.cycle,
        value,
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

/// A value; of one that is wider than a word only what the way is about, with its range.
fn part(value: &Bits, (high, low): (u32, u32)) -> (String, String) {
    const WORD: u32 = 32;
    if value.width() <= WORD || high - low + 1 == value.width() {
        return (String::new(), short(value));
    }
    let range = if high == low { format!("[{low}]") } else { format!("[{high}:{low}]") };
    (range, short(&value.slice(high, low)))
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
    fn of_wide_values_the_part_in_question_is_shown() {
        let lanes = Bits::new(64, 0x8000_1000_0000_e2cf);
        assert_eq!(part(&lanes, (31, 0)), ("[31:0]".into(), "0x0000e2cf".into()));
        assert_eq!(part(&lanes, (9, 9)), ("[9]".into(), "0x1".into()));
        assert_eq!(part(&lanes, (63, 0)), (String::new(), "0x800010000000e2cf".into()));
        assert_eq!(part(&Bits::new(32, 0x10), (4, 4)), (String::new(), "0x00000010".into()));
    }

    #[test]
    fn values_have_all_their_digits() {
        assert_eq!(hex(&Bits::new(1, 1)), "0x1");
        assert_eq!(hex(&Bits::new(13, 0x1f05)), "0x1f05");
        assert_eq!(short(&Bits::from_words(68, &[0xab, 0])), "0xab");
        assert_eq!(short(&Bits::new(68, 0)), "0x0");
        assert_eq!(hex(&Bits::from_words(68, &[0xab, 0x3])), "0x300000000000000ab");
    }
}
