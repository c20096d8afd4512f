//! Those who ask for accesses: hart, hosts and the NPU.

mod bursts;
mod hosts;
mod native;

pub use bursts::BurstHost;
pub use hosts::{LiteHost, WishboneHost};
pub use native::Native;

use std::collections::VecDeque;

use systole_hdl::prelude::*;

use super::{Access, Answer, Performed, Random, Rates};

/// The side of a bridge where accesses are asked for.
pub trait Asker {
    /// Sets the inputs of a cycle.
    fn drive(&mut self, sim: &mut Interpreter, rates: &Rates, random: &mut Random);
    /// Looks at what moves in it, and compares answers with what was performed.
    fn observe(&mut self, sim: &Interpreter, performed: &mut Performed);
    /// Whether nothing is asked for that was not answered.
    fn is_done(&self) -> bool;
}

fn is(sim: &Interpreter, port: &str) -> bool {
    sim.get(port) == 1
}

/// An access to a word of `bytes`, below 2 to the power of `address_bits`.
fn access(random: &mut Random, address_bits: u32, bytes: u32, writes: bool) -> Access {
    let address = random.next() >> (64 - address_bits) & !u64::from(bytes - 1);
    let all = u64::MAX >> (64 - bytes);
    let strobe = if random.chance(50) { all } else { random.next() & all };
    let data = random.next() >> (64 - 8 * bytes);
    Access { address, write: (writes && random.chance(50)).then_some((data, strobe)) }
}

/// Takes the oldest access of a kind that was performed, which is the oldest that was asked for.
fn answer_to(asked: &mut VecDeque<Access>, performed: &mut Performed) -> Answer {
    let wanted = asked.pop_front().expect("an answer to nothing");
    let same_kind =
        |(access, _): &(Access, Answer)| access.write.is_some() == wanted.write.is_some();
    let first = performed.iter().position(same_kind).expect("an answer, and nothing was performed");
    let (access, answer) = performed.remove(first).expect("just found");
    assert_eq!(access, wanted);
    answer
}
