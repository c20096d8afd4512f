//! Prediction of direct jumps and branches: branch target buffer and direction counters.

use systole_hdl::prelude::*;

use crate::core::record::record;

/// Address bits above the index that an entry compares. Fewer than all: what the buffer says is
/// only a guess, and every guess is verified.
const TAG_BITS: u32 = 8;

/// Low bits of the target's word address that an entry holds; the others are those of the jump. A
/// jump that goes further is not predicted.
const TARGET_BITS: u32 = 16;

/// Direction counters for each entry of the buffer. They are cheap, and a branch that the buffer
/// lost its target of is still taken in decode.
const COUNTERS: u32 = 8;

record! {
    /// What is forecast of a word.
    pub Forecast {
        /// It is a jump, or a branch that is taken, and fetch follows.
        taken: Bit;
        /// The two-bit counter: if it is a branch, the upper bit says that it is taken.
        counter: U(2);
    }
}

impl Forecast {
    /// Width of [`pack`](Self::pack).
    pub const WIDTH: u32 = 3;

    /// All in one value.
    pub fn pack(&self) -> Signal {
        cat(&[self.taken, self.counter])
    }

    /// Out of one value.
    pub fn unpack(packed: Signal) -> Self {
        Self { taken: packed.bit(2), counter: packed.bits(1, 0) }
    }
}

record! {
    /// A jump or branch that retires.
    pub Outcome {
        /// It is JAL or a branch.
        valid: Bit;
        /// JAL.
        is_jump: Bit;
        /// A branch that is taken.
        branches: Bit;
        /// Fetch followed a forecast.
        followed: Bit;
        /// And that was not the target.
        elsewhere: Bit;
        /// The counter that was forecast.
        counter: U(2);
        /// Word of its target.
        target: U(30);
    }
}

/// The predictor: `entries` branch targets and eight times as many direction counters (powers of
/// two), direct mapped by word address.
///
/// Lookup is combinational from `word`, an address without its low two bits. An entry is a jump, or
/// a branch for as long as its counter says that it is taken, so that the counter is not on the way
/// to the next address. At reset, and on `clear`, everything is forgotten, a word of each memory
/// a cycle, while nothing is predicted.
pub fn predictor(entries: u32) -> Module {
    module("core_predictor", |m| {
        m.doc("Branch target buffer and direction counters.");
        let word = m.input("word", U(30)).doc("of the address to look up");
        let clear = m.input("clear", Bit).doc("forget everything");
        let retire = m.input("retire", Bit);
        let retired_word = m.input("retired_word", U(30)).doc("of its address");
        let outcome = Outcome::inputs(m);
        let learn = (retire & outcome.valid).named("learn");

        m.section("Forgetting");
        let clearing = m.reg("clearing", Bit).reset(1);
        let cleared = m.reg("cleared", U((COUNTERS * entries).ilog2())).reset(0);
        m.clocked(|| {
            when(clearing, || cleared.set(cleared + 1));
            when(clear, || clearing.set(1)).or_when(cleared.all(), || clearing.set(0));
        });
        let ready = (!clearing).named("ready");

        let table = Table { m, ready, cleared, word, learned: retired_word };
        let likely = counters(&table, entries, learn, &outcome);
        targets(&table, entries, learn, &outcome, likely);
    })
}

/// What both memories share.
struct Table {
    m: M,
    ready: Signal,
    /// To be forgotten in this cycle, unless `ready`.
    cleared: Signal,
    /// To be looked up.
    word: Signal,
    /// What is learned is of this word.
    learned: Signal,
}

impl Table {
    /// A memory of `depth` entries of `width` bits, 0 if forgotten; gives what is looked up.
    fn memory(&self, name: &str, depth: u32, write: Signal, value: Signal) -> Signal {
        let index = |word: Signal| word.bits(depth.ilog2() - 1, 0);
        // In block RAM the lookup would begin with its slow output.
        let memory = self.m.memory(name, depth, U(value.width())).style(RamStyle::Distributed);
        let place = self.ready.mux(index(self.learned), index(self.cleared));
        let place = place.named(format!("{name}_written"));
        let value = one_hot_select(&[(self.ready, value)]).named(format!("{name}_value"));
        self.m.clocked(|| {
            when(write | !self.ready, || memory.write(place, value));
        });
        memory.read(index(self.word))
    }
}

/// The direction counters: up when a branch is taken, down when not. Gives whether that one is
/// predicted taken from now on.
fn counters(table: &Table, entries: u32, learn: Signal, outcome: &Outcome) -> Signal {
    let m = table.m;
    m.section("Direction counters");
    let counter = outcome.counter;
    let up = counter.all().mux(counter, counter + 1).named("counter_up");
    let down = counter.any().mux(counter - 1, counter).named("counter_down");
    let trained = outcome.branches.mux(up, down).named("counter_trained");
    let write = (learn & !outcome.is_jump).named("counter_learns");
    let found = table.memory("counters", COUNTERS * entries, write, trained);
    let found = one_hot_select(&[(table.ready, found)]);
    m.output("forecast_counter", found);
    trained.bit(1)
}

/// The branch target buffer.
fn targets(table: &Table, entries: u32, learn: Signal, outcome: &Outcome, likely: Signal) {
    let (m, index_bits) = (table.m, entries.ilog2());
    m.section("Branch targets");
    let tag = |word: Signal| word.bits(index_bits + TAG_BITS - 1, index_bits);
    let far = |word: Signal| word.bits(29, TARGET_BITS);
    let is_near = far(table.learned).eq(far(outcome.target)).named("target_is_near");
    let enters = outcome.is_jump | (outcome.branches & likely);
    let enters = (enters & is_near & !outcome.followed).named("target_enters");
    let leaves = outcome.followed & !outcome.is_jump & !likely;
    let leaves = leaves.named("target_leaves");
    outcome.elsewhere.unused();
    let near = outcome.target.bits(TARGET_BITS - 1, 0);
    let learned = cat(&[enters, tag(table.learned), near]);
    let write = (learn & (enters | leaves)).named("target_learns");
    let entry = table.memory("targets", entries, write, learned).named("entry");
    let valid = entry.bit(TAG_BITS + TARGET_BITS).named("entry_valid");
    let entry_tag = entry.bits(TAG_BITS + TARGET_BITS - 1, TARGET_BITS);
    let tag_matches = entry_tag.eq(tag(table.word)).named("tag_matches");
    m.output("forecast_taken", valid & tag_matches & table.ready);
    let near = entry.bits(TARGET_BITS - 1, 0);
    m.output("forecast_target", cat(&[far(table.word), near])).doc("word of the target");
}
