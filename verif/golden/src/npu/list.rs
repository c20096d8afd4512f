//! The front end: reads a list in order and checks each descriptor when it is due to be handed
//! out. All of this depends on the list alone, not on how far the units are.

use super::bus::Bus;
use super::cause;
use super::descriptor::{Descriptor, Unit};
use super::job::JobEnd;
use crate::machine::NpuConfig;

/// Bytes of a descriptor.
pub(crate) const DESCRIPTOR_BYTES: u32 = 32;
/// Index at which a list has to end.
const LAST_INDEX: u32 = 65_535;
/// Largest token count.
const MAX_TOKENS: u8 = 15;

/// The descriptors that a list hands out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct List {
    /// Byte address of the list.
    pub address: u32,
    /// Those before the one that is wrong, or all.
    pub descriptors: Vec<Descriptor>,
    /// Why the next one is not handed out; cause 0 when the list ended with `last`.
    pub end: JobEnd,
}

impl List {
    /// Reads the list at `address`.
    pub(super) fn read(bus: &Bus<'_>, config: &NpuConfig, address: u32) -> Self {
        let mut list = Self { address, ..Self::default() };
        if !address.is_multiple_of(DESCRIPTOR_BYTES) {
            list.end.cause = cause::MISALIGNED_LIST;
            return list;
        }
        let mut tokens = Tokens::default();
        for index in 0..=LAST_INDEX {
            let at = address.wrapping_add(index * DESCRIPTOR_BYTES);
            let Some(words) = read_words(bus, at) else {
                let fault_address = at & !(config.bus_bytes - 1);
                list.end = JobEnd { cause: cause::FETCH_ERROR, fault_index: index, fault_address };
                return list;
            };
            match check(&words, config, &mut tokens, index) {
                Ok(descriptor) => list.descriptors.push(descriptor),
                Err(cause) => {
                    list.end = JobEnd { cause, fault_index: index, fault_address: 0 };
                    return list;
                }
            }
            if list.descriptors.last().is_some_and(|descriptor| descriptor.last) {
                break;
            }
        }
        list
    }
}

fn read_words(bus: &Bus<'_>, address: u32) -> Option<[u32; 8]> {
    let mut words = [0; 8];
    for (word, offset) in words.iter_mut().zip((0..).step_by(4)) {
        *word = bus.load::<4>(address.wrapping_add(offset))?;
    }
    Some(words)
}

/// The checks in the order of their causes.
fn check(
    words: &[u32; 8],
    config: &NpuConfig,
    tokens: &mut Tokens,
    index: u32,
) -> Result<Descriptor, u32> {
    let descriptor = Descriptor::decode(words, config)?;
    tokens.apply(&descriptor)?;
    if index == LAST_INDEX && !descriptor.last {
        return Err(cause::LIST_TOO_LONG);
    }
    Ok(descriptor)
}

/// The six balances of tokens signalled and not yet taken, `[from][to]`.
#[derive(Default)]
struct Tokens([[u8; 3]; 3]);

impl Tokens {
    /// Waits first, then signals.
    fn apply(&mut self, descriptor: &Descriptor) -> Result<(), u32> {
        let unit = descriptor.unit() as usize;
        for other in Unit::ALL.map(|other| other as usize) {
            if descriptor.wait >> other & 1 == 1 {
                let balance = &mut self.0[other][unit];
                *balance = balance.checked_sub(1).ok_or(cause::TOKEN_UNDERFLOW)?;
            }
        }
        for other in Unit::ALL.map(|other| other as usize) {
            if descriptor.signal >> other & 1 == 1 {
                let balance = &mut self.0[unit][other];
                if *balance == MAX_TOKENS {
                    return Err(cause::TOKEN_OVERFLOW);
                }
                *balance += 1;
            }
        }
        Ok(())
    }
}
