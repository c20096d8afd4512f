//! Jobs of a few short descriptors, of which a program starts many: most of them are refused.

use systole_isa::{Descriptor, Destination, Exec, Header, Load, Pool, Source, Store};

use super::Target;
use super::defects::{NOWHERE, bad_values, reserved_bits};
use super::dice::Dice;
use super::jobs::{JOBS_BYTES, chain};
use super::legal::{Legal, SOURCE_BYTES};
use crate::program::layout::{NPU_ARENA, NPU_ARENA_BYTES};
use crate::program::{Job, random_bytes};

/// Bytes of a job's list, and of its results.
const LIST_BYTES: u32 = 4 * Descriptor::BYTES;
const RESULT_BYTES: u32 = 0x80;
/// Where the jobs lie, behind the others; then the bytes that they LOAD.
const ARENA: u32 = NPU_ARENA + JOBS_BYTES;
/// Most jobs of a program.
pub(super) const MOST: usize = 13;
/// The list of the long job.
const LONG_LIST: u32 = NPU_ARENA + NPU_ARENA_BYTES - Descriptor::BYTES;

/// One job for each seed.
pub(super) fn short_jobs(target: Target, seeds: &[u64]) -> Vec<Job> {
    let job_bytes = LIST_BYTES + RESULT_BYTES;
    let source = ARENA + job_bytes * MOST as u32;
    let mut at = ARENA;
    let mut jobs: Vec<Job> = seeds
        .iter()
        .map(|&seed| {
            let place = Place { target, source, results: at + LIST_BYTES };
            let (descriptors, list, description) = place.build(&mut Dice::new(seed));
            let list = list.unwrap_or(at);
            at += job_bytes;
            let results = (place.results, RESULT_BYTES);
            Job { list, descriptors, inputs: Vec::new(), results, description }
        })
        .collect();
    if let (Some(job), Some(seed)) = (jobs.first_mut(), seeds.first()) {
        job.inputs.push((source, random_bytes(seed | 1, SOURCE_BYTES as usize)));
    }
    jobs
}

/// A job that runs for longer than the hart needs to write a few registers meanwhile. It touches no
/// memory but its list, and has to be aborted.
pub(super) fn long_job(target: Target) -> Job {
    let dim = target.npu.dim;
    // The model executes it to its end, so larger arrays get fewer waves.
    let waves = ((1 << 21) / (dim * dim)).clamp(0x2000, 0x8000);
    let exec =
        Exec { m_rows: 0x800, k_tiles: (waves / 0x800) as u16, n_tiles: 1, ..Exec::default() };
    let header = Header { last: true, ..Header::default() };
    Job {
        list: LONG_LIST,
        descriptors: vec![Descriptor::Exec(header, exec)],
        inputs: Vec::new(),
        results: (LONG_LIST, Descriptor::BYTES),
        description: "a long product".to_owned(),
    }
}

struct Place {
    target: Target,
    source: u32,
    results: u32,
}

impl Place {
    /// Descriptors, where they lie if not in their place, and what is wrong with them.
    fn build(&self, dice: &mut Dice) -> (Vec<Descriptor>, Option<u32>, String) {
        let good = |descriptors, list| (descriptors, list, "a short list".to_owned());
        match dice.below(20) {
            0 => {
                let list = self.results - LIST_BYTES;
                let any = dice.between(1, 31);
                let offset = dice.pick(&[1, 2, 4, 8, 16, any]);
                let descriptors = self.executed(dice);
                (descriptors, Some(list + offset), "a short list with MisalignedList".to_owned())
            }
            1 if dice.chance(40) => {
                (Vec::new(), Some(NOWHERE), "a short list with NoMemory".to_owned())
            }
            1..4 => good(self.executed(dice), None),
            4..7 => good(self.stored(dice), None),
            _ => self.refused(dice),
        }
    }

    fn legal<'a>(&self, dice: &'a mut Dice, short: bool) -> Legal<'a> {
        Legal { target: self.target, dice, short, sparse: false, source: self.source }
    }

    /// One or two that are executed.
    fn executed(&self, dice: &mut Dice) -> Vec<Descriptor> {
        let count = dice.between(1, 2);
        let mut descriptors: Vec<_> = (0..count).map(|_| self.legal(dice, true).inside()).collect();
        chain(&mut descriptors);
        descriptors
    }

    /// A LOAD of rows and a STORE of them, as they are or through a pool.
    fn stored(&self, dice: &mut Dice) -> Vec<Descriptor> {
        let dim = self.target.npu.dim;
        let row = dice.bits() as u16;
        let pools = dice.chance(70);
        let (height, width) = (dice.between(1, 4) as u16, dice.between(1, 4) as u16);
        let chunks = dice.between(1, 2) as u16;
        let load = Load {
            address: self.source + dice.below(16),
            stride: dice.between(1, 9) as i32,
            rows: height * width * chunks,
            row_bytes: dim as u16,
            row,
            row_step: 1,
            ..Load::default()
        };
        let out_width = dice.between(1, 4) as u16;
        let pool = Pool {
            row_pitch: width,
            kernel_width: dice.between(1, 7) as u8,
            kernel_height: dice.between(1, 7) as u8,
            pad_left: dice.pick(&[0, 0, 1, 2, 3, 7]),
            pad_top: dice.pick(&[0, 0, 1, 2, 3, 7]),
            in_width: width,
            in_height: height,
            stride_x: dice.between(1, 4) as u8,
            stride_y: dice.between(1, 4) as u8,
            out_width,
        };
        let some = dice.between(1, dim);
        let columns = match chunks {
            1 => dice.pick(&[1, dim - 1, dim, some]),
            _ => dice.pick(&[dim + 1, 2 * dim - 1, 2 * dim]),
        };
        let most = (RESULT_BYTES - 8) / columns;
        let rows = dice.between(1, 6).min(most).max(1) as u16;
        let (rows, source) = match pools {
            true => (rows, Source::MaxPool(pool)),
            false => (rows.min(height * width), Source::Scratchpad),
        };
        let store = Store {
            source,
            destination: Destination::Memory {
                address: self.results + dice.below(8),
                stride: columns as i32,
            },
            rows,
            columns: columns as u16,
            source_row: row,
            source_chunk_step: height * width,
            source_row_step: u16::from(!pools),
        };
        let header = Header::default();
        let mut descriptors =
            vec![Descriptor::Load(header, load), Descriptor::Store(header, store)];
        chain(&mut descriptors);
        descriptors
    }

    /// One that is refused, alone, behind or before others.
    fn refused(&self, dice: &mut Dice) -> (Vec<Descriptor>, Option<u32>, String) {
        let mut descriptors: Vec<_> =
            (0..dice.pick(&[0, 0, 0, 1, 2])).map(|_| self.legal(dice, true).inside()).collect();
        chain(&mut descriptors);
        if let Some(header) = descriptors.last_mut().and_then(Descriptor::header_mut) {
            header.last = false;
        }
        let kind = dice.below(16);
        // Behind a count that is taken for 0 the wait is never seen.
        let sparse = (2..5).contains(&kind);
        let mut legal = Legal { sparse, ..self.legal(dice, false) }.any();
        let unit = legal.unit().map_or(0, |unit| unit as u8);
        if let Some(header) = legal.header_mut() {
            header.last = dice.chance(50);
        }
        let mut words = legal.encode();
        let defect = match kind {
            0 => {
                words[0] =
                    words[0] & !15 | dice.pick(&[0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
                "Opcode"
            }
            1 => {
                let own = 1 << unit;
                words[0] |= dice.pick(&[own << 8, own << 12]);
                "OwnToken"
            }
            2..5 => {
                let others = [1, 2, 3].map(|step| (unit + step) % 3);
                let wait = dice.pick(&[1 << others[0], 1 << others[1], 7 & !(1 << unit)]);
                words[0] |= u32::from(wait as u8) << 8;
                "EarlyWait"
            }
            5..10 => {
                let bit = dice.pick(&reserved_bits(&legal, self.target));
                words[bit / 32] |= 1 << (bit % 32);
                "ReservedBit"
            }
            _ => {
                let (word, clear, set) = dice.pick(&bad_values(&legal, self.target));
                words[word] = words[word] & !clear | set;
                "BadValue"
            }
        };
        descriptors.push(Descriptor::Raw(words));
        if dice.chance(50) {
            let mut last = self.legal(dice, true).inside();
            if let Some(header) = last.header_mut() {
                header.last = true;
            }
            descriptors.push(last);
        }
        (descriptors, None, format!("a short list with {defect}"))
    }
}
