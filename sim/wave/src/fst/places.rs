//! Where the changes of each signal lie in a block of values.

use super::bytes::{signed, varint};

/// Changes, of one signal or of several that change alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Distance from the start of all changes.
    pub offset: u64,
    /// Bytes in the file.
    pub length: u64,
    /// Number of signals that have these changes.
    pub signals: u64,
}

/// Reads the table of a block of type `kind`; the changes end at `end`. Nothing if a place lies
/// outside, or the table has more signals than there are.
pub fn places(table: &[u8], kind: u8, signals: u64, end: u64) -> Option<Vec<Place>> {
    let mut reader = Reader { places: Vec::new(), signals: 0, of_signal: Vec::new() };
    let mut rest = table;
    let mut aliases: Vec<usize> = Vec::new();
    let mut last_alias = 0;
    while let Some(&first) = rest.first() {
        if kind == 8 && first & 1 == 1 {
            match signed(&mut rest)? >> 1 {
                step @ 1.. => reader.place(step.unsigned_abs(), end)?,
                back => {
                    // 0 stands for the last one again.
                    if back < 0 {
                        last_alias = usize::try_from(-(back + 1)).ok()?;
                    }
                    aliases.push(last_alias);
                    reader.signals += 1;
                }
            }
        } else {
            match varint(&mut rest)? {
                0 if kind != 8 => {
                    aliases.push(usize::try_from(varint(&mut rest)?.checked_sub(1)?).ok()?);
                    reader.signals += 1;
                }
                step if step & 1 == 1 => reader.place(step >> 1, end)?,
                none => reader.signals = reader.signals.checked_add(none >> 1)?,
            }
        }
        if reader.signals > signals {
            return None;
        }
    }
    reader.aliased(&aliases)?;
    let Reader { mut places, .. } = reader;
    let ends: Vec<u64> = places.iter().skip(1).map(|place| place.offset).chain([end]).collect();
    for (place, end) in places.iter_mut().zip(ends) {
        place.length = end - place.offset;
    }
    Some(places)
}

struct Reader {
    places: Vec<Place>,
    /// Signals so far.
    signals: u64,
    /// Signals that have a place of their own, ascending.
    of_signal: Vec<u64>,
}

impl Reader {
    /// The next place, `step` bytes behind the last one.
    fn place(&mut self, step: u64, end: u64) -> Option<()> {
        let last = self.places.last().map_or(0, |place| place.offset);
        let offset = last.checked_add(step).filter(|&offset| offset > last && offset < end)?;
        self.places.push(Place { offset, length: 0, signals: 1 });
        self.of_signal.push(self.signals);
        self.signals += 1;
        Some(())
    }

    /// Counts the signals that share a place.
    fn aliased(&mut self, aliases: &[usize]) -> Option<()> {
        for &alias in aliases {
            let index = self.of_signal.binary_search(&(alias as u64)).ok()?;
            self.places[index].signals += 1;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(offset: u64, length: u64, signals: u64) -> Place {
        Place { offset, length, signals }
    }

    #[test]
    fn tables_of_both_kinds_are_read() {
        // A place at 1, two signals without changes, one at 1 + 4, aliases of signals 0, 0 and 3.
        let new = [3, 4, 9, 0x7f, 1, 0x79];
        assert_eq!(places(&new, 8, 7, 9), Some(vec![place(1, 4, 3), place(5, 4, 2)]));
        let old = [3, 4, 9, 0, 1, 0, 1, 0, 4];
        assert_eq!(places(&old, 5, 7, 9), Some(vec![place(1, 4, 3), place(5, 4, 2)]));
    }

    #[test]
    fn what_lies_outside_is_refused() {
        assert_eq!(places(&[3, 9], 8, 2, 5), None, "behind the end");
        assert_eq!(places(&[3, 9], 8, 1, 9), None, "too many signals");
        assert_eq!(places(&[0x7f], 8, 1, 9), None, "an alias of nothing");
        assert_eq!(places(&[0x80], 8, 1, 9), None, "a number without end");
        assert_eq!(places(&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], 8, 9, 9), None);
    }
}
