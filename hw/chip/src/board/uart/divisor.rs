//! How long a bit lasts.

/// Fewer cycles a bit leave no room to take it at its middle.
pub const SHORTEST: u32 = 4;

/// The rate may be wrong by 1 / `TOLERANCE`: with both sides at this limit, the stop bit, whose
/// middle comes 9.5 bits after the start, is still taken inside it.
const TOLERANCE: u64 = 50;

/// Clock cycles of a bit, rounded to the nearest whole number.
///
/// # Errors
/// A bit of less than 4 cycles, or a rate that is wrong by 2 % or more; as a message.
pub fn divisor(clock_hz: u32, baud: u32) -> Result<u32, String> {
    if baud == 0 {
        return Err("a UART of 0 baud sends nothing; give a baud rate".to_owned());
    }
    let (clock, rate) = (u64::from(clock_hz), u64::from(baud));
    let cycles = (clock + rate / 2) / rate;
    if cycles < u64::from(SHORTEST) {
        return Err(format!(
            "{baud} baud are too fast for a clock of {clock_hz} Hz: a bit needs {SHORTEST} cycles; \
             choose at most {} baud",
            clock_hz / SHORTEST
        ));
    }
    let nominal = rate * cycles;
    if clock.abs_diff(nominal) * TOLERANCE >= nominal {
        let best = clock / cycles;
        return Err(format!(
            "a clock of {clock_hz} Hz makes {best} baud of {baud}, wrong by 2 % or more; choose \
             another baud rate"
        ));
    }
    Ok(cycles as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_the_boards_are_rounded() {
        let rates = [
            (12_000_000, 115_200, 104),
            (25_000_000, 115_200, 217),
            (48_000_000, 921_600, 52),
            (27_000_000, 115_200, 234),
            (100_000_000, 115_200, 868),
            (400, 100, 4),
        ];
        for (clock, baud, cycles) in rates {
            assert_eq!(divisor(clock, baud), Ok(cycles));
        }
    }

    #[test]
    fn rates_that_cannot_be_made_are_refused_with_what_can() {
        assert!(divisor(12_000_000, 0).unwrap_err().contains("0 baud"));
        let message = divisor(12_000_000, 4_000_000).unwrap_err();
        assert!(message.contains("at most 3000000 baud"), "{message}");
        let message = divisor(1_000_000, 115_200).unwrap_err();
        assert!(message.contains("makes 111111 baud of 115200"), "{message}");
        assert!(divisor(u32::MAX, 1).is_ok() && divisor(0, 1).is_err());
    }

    #[test]
    fn two_percent_is_the_first_rate_refused() {
        assert_eq!(divisor(10_199, 1_000), Ok(10));
        assert!(divisor(10_200, 1_000).is_err());
        assert_eq!(divisor(9_801, 1_000), Ok(10));
        assert!(divisor(9_800, 1_000).is_err());
    }
}
