//! NPU jobs with one thing wrong: each cause of `docs/npu.md`.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use systole_isa::{Descriptor, Destination, Header, Kernel, Load, Source, Then, Unit};

use super::Target;
use super::jobs::{gemm, wait};
use super::layers::layers;
use super::windows::windows;
use crate::program::Job;
use crate::program::layout::CODE;

/// Where no memory is.
pub(super) const NOWHERE: u32 = 0x1000_0000;

/// A good list with one thing wrong.
pub(super) fn bad(target: Target, arena: u32, bytes: u32, bus_errors: bool) -> BoxedStrategy<Job> {
    let defect = prop_oneof![
        3 => any::<Index>().prop_map(Defect::ReservedBit),
        3 => any::<Index>().prop_map(Defect::BadValue),
        1 => select(&[0u8, 4, 5, 7, 8, 14, 15][..]).prop_map(Defect::Opcode),
        1 => any::<bool>().prop_map(|wait| Defect::OwnToken { wait }),
        1 => select(&[Unit::Exec, Unit::Store][..]).prop_map(|unit| Defect::EarlyWait { unit }),
        1 => (1..32u32).prop_map(Defect::MisalignedList),
        1 => Just(Defect::ManyTokens),
    ];
    let defect = if bus_errors {
        let end = CODE + target.ram_bytes;
        let last = || (1..64u32).prop_map(move |before| end - before);
        let read = prop_oneof![2 => select(&[NOWHERE, CODE - 8][..]), 3 => last()];
        let written = prop_oneof![2 => select(&[NOWHERE, 0xffff_f000][..]), 3 => last()];
        let outside = prop_oneof![
            read.prop_map(|address| Defect::OutsideMemory { write: false, address }),
            written.prop_map(|address| Defect::OutsideMemory { write: true, address }),
        ];
        prop_oneof![defect, outside].boxed()
    } else {
        defect.boxed()
    };
    let bytes = bytes - 0x800;
    let good = prop_oneof![
        2 => gemm(target, arena, bytes),
        2 => layers(target, arena, bytes),
        1 => windows(target, arena, bytes),
    ];
    (good, defect, any::<Index>())
        .prop_map(move |(mut job, defect, index)| {
            let index = defect.place(&job.descriptors, index);
            apply(defect, target, &mut job, index, arena + bytes + 0x100);
            job.description = format!("{} with {defect:?} at descriptor {index}", job.description);
            job
        })
        .boxed()
}

#[derive(Clone, Copy, Debug)]
enum Defect {
    /// A bit that has to be 0 for this kind of descriptor.
    ReservedBit(Index),
    /// A value that is bad for this kind of descriptor.
    BadValue(Index),
    /// Not an opcode.
    Opcode(u8),
    /// A unit waits for or signals itself.
    OwnToken {
        wait: bool,
    },
    /// The first descriptor, a LOAD, waits for a token that nobody has given.
    EarlyWait {
        unit: Unit,
    },
    MisalignedList(u32),
    /// A LOAD or a STORE, if there is one, is where no memory is, or goes on where it ends.
    OutsideMemory {
        write: bool,
        address: u32,
    },
    ManyTokens,
}

impl Defect {
    /// The descriptor that gets the defect.
    fn place(self, descriptors: &[Descriptor], index: Index) -> usize {
        let fits = |descriptor: &Descriptor| match (self, descriptor) {
            (Self::OutsideMemory { write: false, .. }, Descriptor::Load(..)) => true,
            (Self::OutsideMemory { write: true, .. }, Descriptor::Store(_, store)) => {
                matches!(store.destination, Destination::Memory { .. })
            }
            (Self::OutsideMemory { .. }, _) => false,
            _ => true,
        };
        let fitting: Vec<usize> =
            (0..descriptors.len()).filter(|&index| fits(&descriptors[index])).collect();
        if fitting.is_empty() { 0 } else { *index.get(&fitting) }
    }
}

fn apply(defect: Defect, target: Target, job: &mut Job, index: usize, spare: u32) {
    let descriptor = job.descriptors[index];
    let mut words = descriptor.encode();
    match defect {
        Defect::ReservedBit(which) => {
            let bit = *which.get(&reserved_bits(&descriptor, target));
            words[bit / 32] |= 1 << (bit % 32);
            job.descriptors[index] = Descriptor::Raw(words);
        }
        Defect::BadValue(which) => {
            let (word, clear, set) = *which.get(&bad_values(&descriptor, target));
            words[word] = words[word] & !clear | set;
            job.descriptors[index] = Descriptor::Raw(words);
        }
        Defect::Opcode(opcode) => {
            words[0] = words[0] & !15 | u32::from(opcode);
            job.descriptors[index] = Descriptor::Raw(words);
        }
        // Other token bits would make a race, not an error.
        Defect::OwnToken { wait } => {
            let own = job.descriptors[index].unit().map_or(0, |unit| 1 << unit as u8);
            if let Some(header) = job.descriptors[index].header_mut() {
                *(if wait { &mut header.wait } else { &mut header.signal }) |= own;
            }
        }
        Defect::EarlyWait { unit } => wait(&mut job.descriptors[0], unit),
        Defect::MisalignedList(offset) => job.list += offset,
        Defect::OutsideMemory { address: outside, .. } => match &mut job.descriptors[index] {
            Descriptor::Load(_, load) => load.address = outside,
            Descriptor::Store(_, store) => {
                if let Destination::Memory { address, .. } = &mut store.destination {
                    *address =
                        if store.source == Source::Accumulators { outside & !3 } else { outside };
                }
            }
            _ => {}
        },
        Defect::ManyTokens => {
            // 16 tokens that nobody takes: the last one is too many.
            let give = Load { address: spare, rows: 1, row_bytes: 1, row: 0, ..Load::default() };
            let header = Header::default().signal_to(Unit::Store);
            job.descriptors = vec![Descriptor::Load(header, give); 17];
            job.list = spare + 0x40;
            if let Some(header) = job.descriptors[16].header_mut() {
                header.last = true;
            }
        }
    }
}

/// The bits that have to be 0, word by word.
fn reserved(descriptor: &Descriptor, target: Target) -> [u32; 8] {
    const HIGH: u32 = 0xffff_0000;
    const ALL: u32 = u32::MAX;
    let exec = if target.int4_weights { 0xfff0_88e0 } else { 0xfff8_88e0 };
    match descriptor {
        Descriptor::Load(_, load) if load.windows.is_some() => {
            [0xfff8_88e0, 0, 0, 0, 0, 0, 0, 0xffff_ff00]
        }
        Descriptor::Load(..) => [0xfff8_88e0, 0, 0, 0, 0, HIGH, ALL, ALL],
        Descriptor::Exec(..) => [exec, 0, 0, 0, 0, 0, HIGH, ALL],
        Descriptor::Convolution(_, convolution) => {
            let kernel =
                if convolution.kernel == Kernel::Depthwise { 0xff00_0000 } else { 3 << 30 };
            [exec, 0, 0, 0, 0, 0xf000_0000, kernel, 0]
        }
        Descriptor::Store(_, store) => {
            let memory = matches!(store.destination, Destination::Memory { .. });
            let (parameters, rounding, lines) = match store.source {
                Source::Requantised { .. } if target.double_rounding => (0, 0xfe00_0000, ALL),
                Source::Requantised { .. } => (0, 0xff00_0000, ALL),
                Source::Accumulators | Source::Scratchpad => (HIGH, ALL, ALL),
                Source::MaxPool(_) => (0xf000_0000, 0xf000_0000, 0xffff_f000),
            };
            let adds = matches!(store.source, Source::Requantised { then: Then::Add { .. }, .. });
            let residual = if memory || adds { 0 } else { HIGH };
            // A pool has its `out_width` among the lines.
            let lines = match (memory, store.source) {
                (true, _) => lines,
                (false, Source::MaxPool(_)) => 0xf000,
                (false, _) => 0,
            };
            [0xffc0_88e0, residual, 0, 0, 0, parameters, rounding, lines]
        }
        Descriptor::Raw(_) => [0xffc0_88e0, 0, 0, 0, 0, 0, 0, 0],
    }
}

/// Numbers of the bits that have to be 0.
pub(super) fn reserved_bits(descriptor: &Descriptor, target: Target) -> Vec<usize> {
    let reserved = reserved(descriptor, target);
    (0..256).filter(|bit| reserved[bit / 32] >> (bit % 32) & 1 == 1).collect()
}

/// Values that make a descriptor bad: the word, the bits to clear, then those to set.
pub(super) fn bad_values(descriptor: &Descriptor, target: Target) -> Vec<(usize, u32, u32)> {
    const LOW: u32 = 0xffff;
    const HIGH: u32 = 0xffff_0000;
    let dim = target.npu.dim;
    match descriptor {
        Descriptor::Load(_, load) => {
            let mut values = vec![(0, 0, 3 << 16), (3, LOW, 0)];
            if dim == 2 && load.windows.is_none() {
                values.push((0, 3 << 16, 2 << 16));
            }
            if load.windows.is_none() {
                // Windows need a count.
                values.extend([(3, HIGH, 0), (0, 3 << 16, 1 << 18)]);
                return values;
            }
            let widest = dim.min(target.npu.bus_bytes);
            values.extend([
                (0, 3 << 16, 1 << 16),
                (0, 3 << 16, 2 << 16),
                (5, HIGH, 0),
                (6, 0xff, 0),
                (6, 0xff00, 0),
                (6, 0xff_ff00, (widest + 1) << 8),
                (6, 0xff_0000, dim << 16),
                (6, 0xff_ff00, 2 << 8 | (dim - 1) << 16),
                (7, 0xff, 1),
                (7, 0xff, 0x7f),
            ]);
            values
        }
        Descriptor::Exec(..) => {
            vec![(0, 0, 3 << 17), (3, HIGH, 0), (4, LOW, 0), (5, LOW, 0)]
        }
        Descriptor::Convolution(_, convolution) => {
            let mut values = vec![(0, 0, 3 << 17)];
            values.extend(
                [0xfff, 0xff_f000]
                    .into_iter()
                    .flat_map(|size| [4, 5, 6].map(|word| (word, size, 0))),
            );
            if convolution.kernel != Kernel::Depthwise {
                values.extend([(6, 7 << 24, 0), (6, 7 << 27, 0)]);
                return values;
            }
            values.extend([1u32, 0xfffc, 0x8000, 0x7fff].map(|first_x| (7, HIGH, first_x << 16)));
            if dim >= 8 {
                values.push((1, 1 << 16, 0));
            }
            values
        }
        Descriptor::Store(_, store) => bad_store_values(&store.source, &store.destination),
        Descriptor::Raw(_) => vec![(0, 0, 1 << 7)],
    }
}

fn bad_store_values(source: &Source, destination: &Destination) -> Vec<(usize, u32, u32)> {
    let (add, table, pool) = (1 << 19, 1 << 20, 1 << 21);
    let mut values = vec![(0, 0, 3 << 16), (3, 0xffff, 0), (3, 0xffff_0000, 0)];
    match source {
        Source::Requantised { .. } => values.extend([(0, 0, pool), (0, 0, add | table)]),
        Source::Accumulators => values.extend([
            (0, 0, 1 << 18),
            (0, 0, add),
            (0, 0, table),
            (0, 0, pool),
            (1, 0, 1),
            (1, 0, 2),
            (2, 0, 1),
            (2, 0, 2),
        ]),
        Source::Scratchpad => values.extend([(0, 0, add), (0, 0, table), (0, 0, pool)]),
        Source::MaxPool(_) => values.extend([
            (0, 0, add),
            (0, 0, table),
            (0, 1 << 17, 0),
            (5, 7 << 16, 0),
            (5, 7 << 19, 0),
            (6, 0xfff, 0),
            (6, 0xff_f000, 0),
            (7, 0xffff, 0),
            (7, 0xffff, 0x1000),
        ]),
    }
    let to_memory = matches!(destination, Destination::Memory { .. });
    if to_memory && matches!(source, Source::Requantised { .. }) {
        values.push((0, 0, add));
    }
    values
}
