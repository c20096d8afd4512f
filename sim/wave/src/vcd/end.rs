//! The last time of a VCD file, found from its end: nobody has to read a gigabyte for it.

use std::io::{self, Read, Seek, SeekFrom};

/// Bytes that are looked at first; four times as many if no time is among them.
const TAIL: u64 = 1 << 16;

/// The last time in the values, which start at byte `start`; nothing if there is none.
///
/// # Errors
/// Those of the input.
pub fn last_time(input: &mut (impl Read + Seek), start: u64) -> io::Result<Option<u64>> {
    let end = input.seek(SeekFrom::End(0))?;
    let mut length = TAIL;
    loop {
        let from = end.saturating_sub(length).max(start);
        input.seek(SeekFrom::Start(from))?;
        let mut tail = Vec::new();
        input.take(end.saturating_sub(from)).read_to_end(&mut tail)?;
        let time = last_in(&tail, from == start);
        if time.is_some() || from == start {
            return Ok(time);
        }
        length = length.saturating_mul(4);
    }
}

/// The last time that stands at the start of a line.
fn last_in(text: &[u8], starts_line: bool) -> Option<u64> {
    let mut lines = text.split(|&byte| byte == b'\n');
    if !starts_line {
        lines.next();
    }
    lines.rev().find_map(|line| {
        let digits = line.trim_ascii().strip_prefix(b"#")?;
        let digits = digits.split(|byte| byte.is_ascii_whitespace()).next()?;
        std::str::from_utf8(digits).ok()?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn the_last_time_is_found_however_long_its_step_is() {
        let step = "1!\n".repeat(100_000);
        let text = format!("#5 $end\n#10\n{step}#20\n{step}0#\n");
        assert_eq!(last_time(&mut Cursor::new(&text), 0).expect("read"), Some(20));
        assert_eq!(last_time(&mut Cursor::new("1!\n"), 0).expect("read"), None);
        assert_eq!(last_time(&mut Cursor::new("#7"), 0).expect("read"), Some(7));
    }
}
