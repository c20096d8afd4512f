//! Instruction fetch: requests ahead of use, a queue, and instructions out of words.

use systole_hdl::prelude::*;

use super::predictor::Forecast;
use crate::config::CoreConfig;
use crate::core::RESET_VECTOR;

/// The fetch unit.
///
/// It asks for consecutive words ahead of their use and queues them. At most `fetch_depth` words
/// are asked for, under way or queued together, so that a response always finds room. The target
/// of a redirect is asked for in the same cycle; the queue is dropped, an instruction taken in
/// that cycle too, and the responses still to come count as stale, also that of a request which
/// already waits on the bus and stays there. A word that arrives at an empty queue is offered in
/// the same cycle.
///
/// Where jumps are predicted, each word that was asked for is looked up in the cycle after, and
/// fetch goes on where the forecast says. The forecast comes along with the word.
///
/// There are two redirects because the one of a branch that went the other way is known late in
/// the cycle: it comes before the other and passes as little logic as possible.
///
/// `halves` are the halfword at `pc` and, above, the one behind it; a short instruction leaves the
/// upper one to others. Where there is PMP, `denied` says that fetching from `word_address` is not
/// allowed, which is as good as an error of the bus.
pub fn fetch(config: &CoreConfig) -> Module {
    module("core_fetch", |m| {
        m.doc("Instruction fetch: requests ahead of use, a queue, and instructions out of words.");
        let redirect = Redirect::inputs(m);
        let take = m.input("take", Bit).doc("the instruction is consumed");

        let pop = m.wire("pop", Bit).doc("the word in use is used up");
        let word = words(m, config, &redirect, pop);
        let word = match config.pmp_regions {
            0 => word,
            _ => word.checked(m, &redirect, pop),
        };
        if config.compressed {
            halfwords(m, &word, &redirect, take, pop);
        } else {
            pop.drive(take);
            whole_words(m, &word, &redirect, take);
        }
        redirect.unused_bit(0);
    })
}

/// Where fetch goes on.
struct Redirect {
    /// Either of the two.
    valid: Signal,
    early: Signal,
    early_target: Signal,
    late: Signal,
    late_target: Signal,
}

impl Redirect {
    fn inputs(m: M) -> Self {
        let early = m.input("redirect", Bit).doc("go on at redirect_target");
        let early_target = m.input("redirect_target", U(32));
        let late = m.input("late_redirect", Bit).doc("no, at late_target");
        let late_target = m.input("late_target", U(32));
        let valid = (early | late).named("any_redirect");
        Self { valid, early, early_target, late, late_target }
    }

    /// Bits `high` to `low` of where it goes on, or `otherwise`.
    fn or(&self, high: u32, low: u32, otherwise: Signal) -> Signal {
        let early = self.early.mux(self.early_target.bits(high, low), otherwise);
        self.late.mux(self.late_target.bits(high, low), early)
    }

    /// Bit `index` of the targets does not matter.
    fn unused_bit(&self, index: u32) {
        self.early_target.bit(index).unused();
        self.late_target.bit(index).unused();
    }
}

/// The oldest word that is not used up.
struct Word {
    valid: Signal,
    data: Signal,
    /// The bus answered with an error, or it must not be fetched.
    fault: Signal,
    /// What is forecast of it, where jumps are predicted.
    forecast: Option<Followed>,
}

/// A forecast, and where fetch went for it.
struct Followed {
    forecast: Forecast,
    /// Word of the target.
    target: Signal,
}

impl Followed {
    /// Width of [`pack`](Self::pack).
    const WIDTH: u32 = Forecast::WIDTH + 30;

    /// The lookup of `word`, which was asked for in the cycle before if `asked`.
    fn lookup(m: M, word: Signal, asked: Signal) -> Self {
        m.section("Forecast of the word asked for");
        m.output("lookup_word", word);
        let taken = (m.input("forecast_taken", Bit) & asked).named("lookup_taken");
        let counter = m.input("forecast_counter", U(2));
        let target = m.input("forecast_target", U(30));
        Self { forecast: Forecast { taken, counter }, target }
    }

    fn pack(&self) -> Signal {
        cat(&[self.forecast.pack(), self.target])
    }

    fn unpack(packed: Signal) -> Self {
        Self { forecast: Forecast::unpack(packed.bits(32, 30)), target: packed.bits(29, 0) }
    }

    /// The forecast of the word in use: that of this cycle, if no older one is queued.
    fn of_word(&self, m: M, depth: u32, asked: Signal, redirect: Signal, pop: Signal) -> Self {
        let pointer = |name: &str| m.reg(name, U(depth.ilog2())).reset(0);
        let forecasts = m.memory("forecasts", depth, U(Self::WIDTH));
        let (enter, leave) = (pointer("forecast_enter"), pointer("forecast_leave"));
        m.clocked(|| {
            when(asked, || {
                forecasts.write(enter, self.pack());
                enter.set(enter + 1);
            });
            when(pop, || leave.set(leave + 1));
            when(redirect, || {
                enter.set(0);
                leave.set(0);
            });
        });
        let newest = (asked & enter.eq(leave)).named("forecast_is_newest");
        Self::unpack(newest.mux(self.pack(), forecasts.read(leave)).named("forecast"))
    }
}

impl Word {
    /// Where the address `of` this word goes when it is used up: behind it, or where fetch went.
    fn behind(&self, of: Signal, pop: Signal) -> Signal {
        let sequential = of + pop.ext(30);
        match &self.forecast {
            Some(followed) => (pop & followed.forecast.taken).mux(followed.target, sequential),
            None => sequential,
        }
    }

    /// The word, with a fault if it must not be fetched.
    fn checked(self, m: M, redirect: &Redirect, pop: Signal) -> Self {
        m.section("Protection");
        let address = m.reg("word_bits", U(30)).reset(RESET_VECTOR >> 2);
        let next = self.behind(address, pop);
        m.clocked(|| address.set(redirect.or(31, 2, next)));
        m.output("word_address", cat(&[address, lit(0, U(2))])).doc("of the word in use");
        let denied = m.input("denied", Bit).doc("it must not be fetched");
        Self { fault: (self.fault | denied).named("word_fault"), ..self }
    }
}

/// The words, in order: what came from the bus, or is queued.
fn words(m: M, config: &CoreConfig, redirect: &Redirect, pop: Signal) -> Word {
    let depth = config.fetch_depth;
    let count_bits = depth.ilog2() + 1;
    let pointer_bits = depth.ilog2();
    let count = |bit: Signal| bit.ext(count_bits);
    let rsp_valid = m.input("ibus_rsp_valid", Bit);
    let rsp_rdata = m.input("ibus_rsp_rdata", U(32));
    let rsp_error = m.input("ibus_rsp_error", Bit);

    m.section("Responses");
    let in_flight = m.reg("in_flight", U(count_bits)).reset(0).doc("responses to come");
    let stale = m.reg("stale", U(count_bits)).reset(0).doc("of these, to be dropped");
    let response_stale = (rsp_valid & stale.any()).named("response_stale");
    let response_fresh = (rsp_valid & !stale.any()).named("response_fresh");
    let in_flight_left = (in_flight - count(rsp_valid)).named("in_flight_left");
    let flush_kill = redirect.valid.named("flush_kill");
    m.clocked(|| {
        when(flush_kill, || stale.set(in_flight_left))
            .or_when(response_stale, || stale.set(stale - 1));
    });

    m.section("Queue");
    let queue = m.memory("queue", depth, U(33));
    let queued = m.reg("queued", U(count_bits)).reset(0);
    let read_pointer = m.reg("read_pointer", U(pointer_bits)).reset(0);
    let write_pointer = m.reg("write_pointer", U(pointer_bits)).reset(0);
    let queue_empty = queued.eq(0).named("queue_empty");
    let response = cat(&[rsp_error, rsp_rdata]).named("response");
    let word = queue_empty.mux(response, queue.read(read_pointer)).named("word");
    let valid = (response_fresh | !queue_empty).named("word_valid");
    let queue_pop = (pop & !queue_empty).named("queue_pop");
    let passed_by = (pop & queue_empty).named("passed_by");
    let push = (response_fresh & !passed_by).named("push");
    m.clocked(|| {
        // A word that is passed by is written too, and written over: that is known too late.
        when(response_fresh, || queue.write(write_pointer, response));
        when(push, || write_pointer.set(write_pointer + 1));
        when(queue_pop, || read_pointer.set(read_pointer + 1));
        queued.set(queued + count(push) - count(queue_pop));
        when(redirect.valid, || {
            queued.set(0);
            read_pointer.set(0);
            write_pointer.set(0);
        });
    });

    let room_ahead = (in_flight + queued).lt(u64::from(depth)).named("room_ahead");
    let room_dropped = in_flight.lt(u64::from(depth)).named("room_if_dropped");
    let room = redirect.valid.mux(room_dropped, room_ahead).named("room");
    let predicts = config.branch_targets > 0;
    let (issue, lookup) = requests(m, redirect, room, predicts);
    m.clocked(|| in_flight.set(in_flight_left + count(issue)));

    m.check("response_was_asked_for", !rsp_valid | in_flight.any());
    m.check("pop_only_valid", !pop | valid);
    m.cover("queue_full", queued.eq(u64::from(depth)));
    let forecast =
        lookup.map(|(lookup, asked)| lookup.of_word(m, depth, asked, redirect.valid, pop));
    Word { valid, data: word.bits(31, 0), fault: word.bit(32), forecast }
}

/// The request channel; gives when a new request is made, and what is forecast of the last one if
/// it was made in the cycle before.
fn requests(
    m: M,
    redirect: &Redirect,
    room: Signal,
    predicts: bool,
) -> (Signal, Option<(Followed, Signal)>) {
    m.section("Requests");
    let req_ready = m.input("ibus_req_ready", Bit);
    let running = m.reg("running", Bit).reset(0).doc("not in the cycle of the reset");
    let fetch_word = m.reg("fetch_word", U(30)).reset(RESET_VECTOR >> 2);
    let asked = m.reg("asked", Bit).reset(0).doc("for fetch_word: the next is to be asked for");
    let waiting = m.reg("waiting", Bit).reset(0).doc("a request waits for the bus");
    let waiting_word = m.reg("waiting_word", U(30));
    let lookup = predicts.then(|| Followed::lookup(m, fetch_word, asked));
    let sequential = fetch_word + asked.ext(30);
    let ahead = lookup.as_ref().map_or(sequential, |l| l.forecast.taken.mux(l.target, sequential));
    let early = redirect.early.mux(redirect.early_target.bits(31, 2), ahead).named("early_word");
    let next = m
        .instance("next", &next_word())
        .pin("late_redirect", redirect.late)
        .pin("late_word", redirect.late_target.bits(31, 2))
        .pin("early_word", early);
    let next_word = next.out("word");
    let issue = (running & room & !waiting).named("issue");
    let req_valid = m.output_wire("ibus_req_valid", Bit);
    req_valid.drive(waiting | issue);
    let request_word = waiting.mux(waiting_word, next_word).named("request_word");
    m.output("ibus_req_address", cat(&[request_word, lit(0, U(2))]));
    m.clocked(|| {
        running.set(1);
        waiting.set(req_valid & !req_ready);
        when(!waiting, || waiting_word.set(next_word));
        fetch_word.set(next_word);
        asked.set(issue);
    });
    m.cover("flush_while_request_waits", redirect.valid & waiting);
    (issue, lookup.map(|lookup| (lookup, asked)))
}

/// The word to ask for next. The module stays one in synthesis, so that what is known late in the
/// cycle passes nothing else. Combinational.
fn next_word() -> Module {
    module("core_next_word", |m| {
        m.doc("The word to ask for next.");
        m.keep_hierarchy();
        let late = m.input("late_redirect", Bit);
        let late_word = m.input("late_word", U(30));
        let early_word = m.input("early_word", U(30));
        m.output("word", late.mux(late_word, early_word));
    })
}

/// Instructions of whole words.
fn whole_words(m: M, word: &Word, redirect: &Redirect, take: Signal) {
    m.section("Instruction");
    let pc = m.reg("pc_bits", U(30)).reset(RESET_VECTOR >> 2);
    let next = (pc + 1).named("next_pc_bits");
    let behind = word.behind(pc, take);
    m.clocked(|| pc.set(redirect.or(31, 2, behind)));
    if let Some(followed) = &word.forecast {
        let out = Forecast::outputs(m);
        out.taken.drive(followed.forecast.taken);
        out.counter.drive(followed.forecast.counter);
    }
    m.output("instruction_valid", word.valid);
    m.output("halves", word.data);
    m.output("fault", word.fault);
    m.output("pc", cat(&[pc, lit(0, U(2))]));
    m.output("next_pc", cat(&[next, lit(0, U(2))]));
    m.check("take_only_valid", !take | word.valid);
    redirect.unused_bit(1);
}

/// Instructions of one or two halfwords. What a word has above a used halfword is held.
fn halfwords(m: M, word: &Word, redirect: &Redirect, take: Signal, pop: Signal) {
    m.section("Halfwords");
    let pc = m.reg("pc_bits", U(31)).reset(RESET_VECTOR >> 1);
    let held = m.reg("held", U(16)).doc("halfword at the pc, of a word used up");
    let held_valid = m.reg("held_valid", Bit).reset(0);
    let held_fault = m.reg("held_fault", Bit);
    let at_upper = pc.bit(0).named("at_upper");
    let (lower, upper) = (word.data.bits(15, 0), word.data.bits(31, 16));
    let from_word = at_upper.mux(upper, lower).named("first_of_word");
    let first = held_valid.mux(held, from_word).named("first_half");
    let second = held_valid.mux(lower, upper).named("second_half");
    let is_short = first.bits(1, 0).ne(3).named("is_short");
    let first_fault = held_valid.mux(held_fault, word.fault).named("first_fault");

    m.section("Instruction");
    let held_enough = (is_short | held_fault).named("held_is_enough");
    let word_enough = (!at_upper | is_short | word.fault).named("word_is_enough");
    let of_held = held_enough | word.valid;
    let of_word = word.valid & word_enough;
    let valid = held_valid.mux(of_held, of_word).named("complete");
    let second_fault =
        (held_valid & !held_enough & word.valid & word.fault).named("only_second_fault");
    let uses_word = (!held_valid | !held_enough).named("uses_word");
    // A long instruction at the upper half, after a jump: its first half is held first.
    let fill = (!held_valid & word.valid & !word_enough).named("fill");
    pop.drive((take & uses_word) | fill);
    let leaves_half = held_valid.mux(uses_word, !at_upper & is_short).named("leaves_half");
    m.clocked(|| {
        when(pop, || {
            held.set(upper);
            held_fault.set(word.fault);
        });
        when(redirect.valid, || held_valid.set(0))
            .or_when(fill, || held_valid.set(1))
            .or_when(take, || held_valid.set(leaves_half));
    });

    // The address behind, or, of a fault in the second half alone, of that half.
    let one = (is_short | second_fault).named("next_is_one_half_on");
    let next = (pc + cat(&[!one, one]).ext(31)).named("next_pc_bits");
    m.clocked(|| pc.set(redirect.or(31, 1, take.mux(next, pc))));
    m.output("instruction_valid", valid);
    m.output("halves", cat(&[second, first]));
    m.output("fault", first_fault | second_fault).doc("instruction access fault");
    m.output("fault_second", second_fault).doc("and only in the second half");
    m.output("pc", cat(&[pc, lit(0, Bit)]));
    m.output("next_pc", cat(&[next, lit(0, Bit)]));
    m.check("take_only_valid", !take | valid);
    m.cover("crosses_words", take & held_valid & !is_short);
    m.cover("second_half_fault", take & second_fault);
}
