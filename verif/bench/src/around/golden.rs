//! The golden model's values in a failure's wave, as signals of the scope `golden`.

use systole_wave::{Result, SignalRef, Wave};

use crate::failure::golden_tracks::{FIELDS, PLACES};

/// The golden model's signals of a wave.
#[derive(Clone, Debug)]
pub struct Golden {
    mismatch: SignalRef,
    places: Vec<Place>,
}

#[derive(Clone, Debug)]
struct Place {
    valid: SignalRef,
    fields: [SignalRef; 8],
}

/// What the golden model did in a retirement: a field for each of [`FIELDS`], in their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Values {
    pub pc: u32,
    pub insn: u32,
    pub trap: bool,
    pub rd_addr: u32,
    pub rd_wdata: u32,
    pub mem_addr: u32,
    pub mem_wdata: u32,
    pub next_pc: u32,
}

impl Golden {
    /// Finds and loads the signals; nothing if the wave has none of a golden model.
    ///
    /// # Errors
    /// A broken wave.
    pub fn load(wave: &mut Wave) -> Result<Option<Self>> {
        let find = |name: &str| wave.find(&format!("golden.{name}")).ok();
        let Some(mismatch) = find("mismatch") else { return Ok(None) };
        let place = |suffix: &&str| {
            let valid = find(&format!("valid{suffix}"))?;
            let mut fields = [valid; 8];
            for (signal, name) in fields.iter_mut().zip(FIELDS.map(|(name, ..)| name)) {
                *signal = find(&format!("{name}{suffix}"))?;
            }
            Some(Place { valid, fields })
        };
        let places: Vec<Place> = PLACES.iter().map_while(place).collect();
        let mut signals = vec![mismatch];
        for place in &places {
            signals.push(place.valid);
            signals.extend(place.fields);
        }
        wave.load(&signals)?;
        Ok(Some(Self { mismatch, places }))
    }

    /// When the first difference was seen, in ticks.
    pub fn mismatch(&self, wave: &Wave) -> Option<u64> {
        wave.changes(self.mismatch)
            .find(|(_, value)| value.bits().and_then(|bits| bits.to_u64()) == Some(1))
            .map(|(time, _)| time)
    }

    /// The first or second (`place` 1) retirement of the cycle that begins at `time`, if the wave
    /// tells.
    pub(super) fn retire(&self, wave: &Wave, time: u64, place: usize) -> Option<Values> {
        let place = self.places.get(place)?;
        let number = |signal| wave.value_at(signal, time).bits()?.to_u64();
        if number(place.valid)? != 1 {
            return None;
        }
        let mut words = [0; 8];
        for (word, &signal) in words.iter_mut().zip(&place.fields) {
            *word = number(signal)? as u32;
        }
        let [pc, insn, trap, rd_addr, rd_wdata, mem_addr, mem_wdata, next_pc] = words;
        let trap = trap == 1;
        Some(Values { pc, insn, trap, rd_addr, rd_wdata, mem_addr, mem_wdata, next_pc })
    }
}

#[cfg(test)]
mod tests {
    use systole_wave::{Bits, Timescale, Track, TrackKind, Value};

    use super::*;

    fn track(name: &str, width: u32, changes: &[(u64, u64)]) -> Track {
        let value = |&(time, value)| (time, Value::Bits(Bits::from_u64(width, value)));
        Track {
            scope: vec!["golden".into()],
            name: name.into(),
            kind: TrackKind::Bits(width),
            changes: changes.iter().map(value).collect(),
        }
    }

    #[test]
    fn values_are_those_of_the_cycle() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.fst");
        let mut tracks = vec![track("mismatch", 1, &[(0, 0), (20, 1)])];
        tracks.push(track("valid", 1, &[(0, 0), (10, 1), (20, 0), (30, 1)]));
        for (index, name) in (1..).zip(FIELDS.map(|(name, ..)| name)) {
            tracks.push(track(name, 32, &[(10, index), (30, 0)]));
        }
        systole_wave::write_tracks(&path, Timescale::NANOSECOND, &tracks).expect("a wave");
        let mut wave = Wave::open(&path).expect("a wave");
        let golden = Golden::load(&mut wave).expect("a good wave").expect("golden values");
        assert_eq!(golden.mismatch(&wave), Some(20));
        let values = golden.retire(&wave, 10, 0).expect("a retirement");
        let [pc, insn, rd_addr, rd_wdata] = [1, 2, 4, 5];
        let [mem_addr, mem_wdata, next_pc] = [6, 7, 8];
        let trap = false;
        let expected = Values { pc, insn, trap, rd_addr, rd_wdata, mem_addr, mem_wdata, next_pc };
        assert_eq!(values, expected);
        assert_eq!(golden.retire(&wave, 20, 0), None, "nothing retires");
        assert_eq!(golden.retire(&wave, 10, 1), None, "no second one");
    }

    #[test]
    fn a_wave_without_a_golden_model_has_no_values() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.vcd");
        let tracks = [Track { scope: vec!["soc".into()], ..track("clk", 1, &[(0, 1)]) }];
        systole_wave::write_tracks(&path, Timescale::NANOSECOND, &tracks).expect("a wave");
        let mut wave = Wave::open(&path).expect("a wave");
        assert!(Golden::load(&mut wave).expect("a good wave").is_none());
    }
}
