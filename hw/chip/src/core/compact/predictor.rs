//! Prediction of direct jumps and branches: branch target buffer with two-bit counters.

use systole_hdl::prelude::*;

use crate::core::record::record;

/// Address bits above the index that an entry compares. Fewer than all: what the buffer says is
/// only a guess, and every guess is verified.
const TAG_BITS: u32 = 8;

record! {
    /// What the buffer says about a word.
    pub Forecast {
        /// It knows a jump or branch there.
        known: Bit;
        /// The two-bit counter; the upper bit says that it is taken.
        counter: U(2);
    }
}

impl Forecast {
    /// Width of [`pack`](Self::pack).
    pub const WIDTH: u32 = 3;

    /// It is predicted taken.
    pub fn taken(&self) -> Signal {
        self.known & self.counter.bit(1)
    }

    /// All in one value.
    pub fn pack(&self) -> Signal {
        cat(&[self.known, self.counter])
    }

    /// Out of one value.
    pub fn unpack(packed: Signal) -> Self {
        Self { known: packed.bit(2), counter: packed.bits(1, 0) }
    }
}

/// The buffer: `entries` of them (a power of two), direct mapped by word address.
///
/// Lookup is combinational from `word`, an address without its low two bits. An entry is one jump
/// or branch that was taken: its target and a counter, trained when it retires. At reset, and on
/// `clear`, all entries are forgotten, one a cycle, while nothing is known.
pub fn predictor(entries: u32) -> Module {
    let index_bits = entries.ilog2();
    module("core_predictor", |m| {
        m.doc("Branch target buffer with two-bit counters.");
        let word = m.input("word", U(30)).doc("of the address to look up");
        let clear = m.input("clear", Bit).doc("forget everything");
        let index = |word: Signal| word.bits(index_bits - 1, 0);
        let tag = |word: Signal| word.bits(index_bits + TAG_BITS - 1, index_bits);

        m.section("Forgetting");
        let clearing = m.reg("clearing", Bit).reset(1);
        let cleared = m.reg("cleared", U(index_bits)).reset(0).doc("entries so far");
        m.clocked(|| {
            when(clearing, || cleared.set(cleared + 1));
            when(clear, || clearing.set(1)).or_when(cleared.all(), || clearing.set(0));
        });

        m.section("Lookup");
        // In block RAM the lookup would begin with its slow output.
        let targets = m.memory("targets", entries, U(TAG_BITS + 33)).style(RamStyle::Distributed);
        let entry = targets.read(index(word)).named("entry");
        let valid = entry.bit(TAG_BITS + 32).named("entry_valid");
        let tag_matches = entry.bits(TAG_BITS + 31, 32).eq(tag(word)).named("tag_matches");
        let forecast = Forecast::outputs(m);
        forecast.known.drive(valid & tag_matches & !clearing);
        forecast.counter.drive(entry.bits(31, 30));
        m.output("target", entry.bits(29, 0)).doc("word of the target");

        m.section("Training");
        let learn = m.input("learn", Bit).doc("a jump or branch, taken or known, retires");
        let learn_word = m.input("learn_word", U(30)).doc("where it is");
        let learn_target = m.input("learn_target", U(30)).doc("word of its target");
        let learn_counter = m.input("learn_counter", U(2));
        let learned = cat(&[lit(1, Bit), tag(learn_word), learn_counter, learn_target]);
        let written_index = clearing.mux(cleared, index(learn_word)).named("written_index");
        let written = one_hot_select(&[((!clearing).named("learns"), learned)]).named("written");
        m.clocked(|| {
            when(learn | clearing, || targets.write(written_index, written));
        });
        for unused in [word, learn_word] {
            unused.bits(29, index_bits + TAG_BITS).unused();
        }
    })
}

/// The counter after an outcome: up when taken, down when not; of a jump always the highest, and a
/// new branch is weakly taken.
pub fn trained(forecast: &Forecast, is_jump: Signal, taken: Signal) -> Signal {
    let counter = forecast.counter;
    let up = counter.all().mux(counter, counter + 1).named("counter_up");
    let down = counter.any().mux(counter - 1, counter).named("counter_down");
    let known = taken.mux(up, down).named("counter_of_known");
    let branch = forecast.known.mux(known, lit(2, U(2))).named("counter_of_branch");
    branch | is_jump.repeat(2)
}
