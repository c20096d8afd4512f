//! Finds missing tokens: pairs of descriptors in different units that touch the same rows or bytes,
//! one of them writing, with nothing that makes one wait for the other.
//!
//! What happens before what follows from the list alone. A unit executes its descriptors in list
//! order, and the k-th token that a unit takes from another is the k-th that the other gave. Each
//! descriptor gets a vector clock: how many descriptors of each unit are complete before it starts.

use super::descriptor::{Descriptor, Unit};
use super::footprint::{Access, Space, footprint};
use super::list::{DESCRIPTOR_BYTES, List};
use crate::machine::NpuConfig;
use std::fmt;
use std::ops::Range;

/// No more than this many are reported.
const MAX_HAZARDS: usize = 100;

/// Two accesses that nothing orders.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hazard {
    /// Index in the list of the later descriptor.
    pub later: usize,
    /// Index of the earlier one.
    pub earlier: usize,
    message: String,
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Checks a list; at most 100 hazards are returned.
pub fn check(config: &NpuConfig, list: &List) -> Vec<Hazard> {
    let descriptors = &list.descriptors;
    let clocks = clocks(descriptors);
    let mut checker = Checker { config, list, footprints: Vec::new(), hazards: Vec::new() };
    checker.footprints.resize_with(descriptors.len(), || None);
    // Indices of the descriptors of each unit so far.
    let mut handed_out: [Vec<usize>; 3] = Default::default();
    for (later, descriptor) in descriptors.iter().enumerate() {
        for other in Unit::ALL.into_iter().filter(|&other| other != descriptor.unit()) {
            let ordered = clocks[later][other as usize];
            for &earlier in &handed_out[other as usize][ordered..] {
                checker.compare(later, earlier);
            }
        }
        if descriptor.unit() == Unit::Store {
            checker.compare_with_list(later);
        }
        if checker.hazards.len() >= MAX_HAZARDS {
            break;
        }
        handed_out[descriptor.unit() as usize].push(later);
    }
    checker.hazards
}

/// For each descriptor the number of descriptors of each unit that are complete when it starts.
fn clocks(descriptors: &[Descriptor]) -> Vec<[usize; 3]> {
    // What a unit's next descriptor knows from the one before.
    let mut units = [[0; 3]; 3];
    // Clocks sent with the tokens `[from][to]`, in the order given; and how many were taken.
    let mut tokens: [[(Vec<[usize; 3]>, usize); 3]; 3] = Default::default();
    let mut clocks = Vec::with_capacity(descriptors.len());
    for descriptor in descriptors {
        let unit = descriptor.unit() as usize;
        let mut clock = units[unit];
        for other in Unit::ALL.map(|other| other as usize) {
            let (given, taken) = &mut tokens[other][unit];
            if descriptor.wait >> other & 1 == 1
                && let Some(sent) = given.get(*taken)
            {
                *taken += 1;
                clock = std::array::from_fn(|u| clock[u].max(sent[u]));
            }
        }
        clocks.push(clock);
        clock[unit] += 1;
        units[unit] = clock;
        for other in Unit::ALL.map(|other| other as usize) {
            if descriptor.signal >> other & 1 == 1 {
                tokens[unit][other].0.push(clock);
            }
        }
    }
    clocks
}

struct Checker<'a> {
    config: &'a NpuConfig,
    list: &'a List,
    /// Computed when first needed.
    footprints: Vec<Option<Vec<Access>>>,
    hazards: Vec<Hazard>,
}

impl Checker<'_> {
    /// Reports the first conflict of two descriptors that are not ordered.
    fn compare(&mut self, later: usize, earlier: usize) {
        self.touch(later);
        self.touch(earlier);
        let pairs = self
            .accesses(later)
            .iter()
            .flat_map(|new| self.accesses(earlier).iter().map(move |old| (new, old)));
        let conflict = pairs
            .filter(|(new, old)| new.space == old.space && (new.writes || old.writes))
            .find_map(|(new, old)| Some((new, old, new.overlap(old)?)));
        let Some((new, old, common)) = conflict else { return };
        let message = format!(
            "{} {} {} that {} {}, and no token orders them",
            self.name(later),
            verb(new),
            place(new.space, &common),
            self.name(earlier),
            verb(old),
        );
        self.hazards.push(Hazard { later, earlier, message });
    }

    /// The front end reads ahead, so a STORE must not write descriptors that follow it.
    fn compare_with_list(&mut self, store: usize) {
        self.touch(store);
        let at = |index: usize| {
            u64::from(self.list.address) + index as u64 * u64::from(DESCRIPTOR_BYTES)
        };
        let following = at(store + 1)..at(self.list.descriptors.len());
        let following =
            Access { space: Space::Memory, writes: false, intervals: Vec::from([following]) };
        let conflict = self
            .accesses(store)
            .iter()
            .filter(|access| access.space == Space::Memory && access.writes)
            .find_map(|access| access.overlap(&following));
        let Some(common) = conflict else { return };
        let target = ((common.start - at(0)) / u64::from(DESCRIPTOR_BYTES)) as usize;
        let message = format!(
            "{} writes {} that holds {} of its own list, which may have been read before",
            self.name(store),
            place(Space::Memory, &common),
            self.name(target),
        );
        self.hazards.push(Hazard { later: target, earlier: store, message });
    }

    fn touch(&mut self, index: usize) {
        let descriptor = &self.list.descriptors[index];
        self.footprints[index].get_or_insert_with(|| footprint(self.config, descriptor));
    }

    fn accesses(&self, index: usize) -> &[Access] {
        self.footprints[index].as_deref().unwrap_or_default()
    }

    fn name(&self, index: usize) -> String {
        format!("descriptor {index} ({})", self.list.descriptors[index].unit())
    }
}

fn verb(access: &Access) -> &'static str {
    if access.writes { "writes" } else { "reads" }
}

fn place(space: Space, interval: &Range<u64>) -> String {
    match space {
        Space::Memory => format!("memory {:#010x}..{:#010x}", interval.start, interval.end),
        _ => format!("{space} rows {}..{}", interval.start, interval.end),
    }
}
