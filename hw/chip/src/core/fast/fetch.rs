//! Instruction fetch: groups of 64 bits, asked for along the predicted path.

use systole_hdl::prelude::*;

use crate::core::RESET_VECTOR;

/// What is known of a group when it is asked for; travels beside its words.
pub struct GroupForecast {
    /// Address of its first instruction.
    pub pc: Signal,
    /// The branch target buffer knows a jump or branch in it.
    pub hit: Signal,
    /// It is predicted taken: the next group is its target.
    pub taken: Signal,
    /// Its last halfword within the group.
    pub position: Signal,
    /// Its two-bit counter.
    pub counter: Signal,
    /// Its predicted target.
    pub target: Signal,
    /// Words that may not be executed, by PMP.
    pub denied: Signal,
}

impl GroupForecast {
    pub const WIDTH: u32 = 32 + 1 + 1 + 2 + 2 + 32 + 2;

    /// As one word.
    pub fn pack(&self) -> Signal {
        cat(&[self.pc, self.hit, self.taken, self.position, self.counter, self.target, self.denied])
    }

    /// From one word.
    pub fn unpack(word: Signal) -> Self {
        Self {
            pc: word.bits(71, 40),
            hit: word.bit(39),
            taken: word.bit(38),
            position: word.bits(37, 36),
            counter: word.bits(35, 34),
            target: word.bits(33, 2),
            denied: word.bits(1, 0),
        }
    }

    /// Inputs `forecast_*`, but for the pc.
    fn inputs(m: M, pc: Signal) -> Self {
        Self {
            pc,
            hit: m.input("forecast_hit", Bit),
            taken: m.input("forecast_taken", Bit),
            position: m.input("forecast_position", U(2)),
            counter: m.input("forecast_counter", U(2)),
            target: m.input("forecast_target", U(32)),
            denied: m.input("forecast_denied", U(2)).doc("words that PMP refuses"),
        }
    }
}

/// The fetch unit: asks for, and queues, up to `depth` groups (2, 4 or 8).
///
/// The request register is also what the predictor looks up: when the bus takes a request, it is
/// loaded with what was forecast for it. A redirect drops the queue and counts the responses still
/// to come as stale; a request that waits on the bus stays there, and is stale, while the address
/// to go on at waits in `pending_pc`.
pub fn fetch(depth: u32) -> Module {
    let count = U(depth.ilog2() + 1);
    let place = U(depth.ilog2());
    module("core_fetch", |m| {
        m.doc("Instruction fetch: groups of 64 bits along the predicted path.");
        let redirect = m.input("redirect", Bit).doc("go on at redirect_target");
        let redirect_target = m.input("redirect_target", U(32));
        let pop = m.input("pop", Bit).doc("the offered group is used up");
        let ibus_req_ready = m.input("ibus_req_ready", Bit);
        let ibus_rsp_valid = m.input("ibus_rsp_valid", Bit);
        let ibus_rsp_rdata = m.input("ibus_rsp_rdata", U(64));
        let ibus_rsp_error = m.input("ibus_rsp_error", Bit);
        let request_pc = m
            .output_reg("request_pc", U(32))
            .reset(RESET_VECTOR)
            .doc("what is asked for, and what the predictor looks up");
        let forecast = GroupForecast::inputs(m, request_pc);

        m.section("Responses: the stale ones are dropped");
        let in_flight = m.reg("in_flight", count).reset(0).doc("responses to come");
        let stale = m.reg("stale", count).reset(0).doc("of these, to be dropped");
        let response_fresh = (ibus_rsp_valid & !stale.any()).named("response_fresh");
        let response_stale = (ibus_rsp_valid & stale.any()).named("response_stale");

        m.section("Requests: as long as there is room for what they bring");
        let queued = m.reg("queued", count).reset(0).doc("groups in the queue");
        let running = m.reg("running", Bit).reset(0).doc("out of reset");
        let room = (in_flight + queued).lt(u64::from(depth)).named("room");
        let req_valid = (running & room).named("req_valid");
        let accept = (req_valid & ibus_req_ready).named("accept");
        let waits = (req_valid & !ibus_req_ready).named("request_waits");
        let request_stale = m.reg("request_stale", Bit).reset(0).doc("it waits, but is unwanted");
        let pending_pc = m.reg("pending_pc", U(32)).doc("to be asked for behind it");
        let sequential_group = (request_pc.bits(31, 3) + 1).named("sequential_group");
        let sequential_pc = cat(&[sequential_group, lit(0, U(3))]).named("sequential_pc");
        let behind = request_stale.mux(pending_pc, sequential_pc).named("unforecast_pc");
        let takes = (forecast.taken & !request_stale).named("takes_forecast");
        let next_pc = takes.mux(forecast.target, behind).named("next_pc");
        let in_flight_next = (in_flight + accept.ext(count.width())
            - ibus_rsp_valid.ext(count.width()))
        .named("in_flight_next");
        let accept_stale = (accept & request_stale).named("accept_stale");
        m.clocked(|| {
            running.set(1);
            in_flight.set(in_flight_next);
            when(redirect, || stale.set(in_flight_next)).otherwise(|| {
                stale.set(
                    stale + accept_stale.ext(count.width()) - response_stale.ext(count.width()),
                )
            });
            when(redirect & !waits, || request_pc.set(redirect_target))
                .or_when(accept, || request_pc.set(next_pc));
            when(redirect, || {
                request_stale.set(waits);
                pending_pc.set(redirect_target);
            })
            .or_when(accept, || request_stale.set(0));
        });
        m.output("ibus_req_valid", req_valid);
        m.output("ibus_req_address", cat(&[request_pc.bits(31, 3), lit(0, U(3))]));

        m.section("Queue: forecasts enter when asked for, words when they arrive");
        let forecasts = m.memory("forecasts", depth, U(GroupForecast::WIDTH));
        let groups = m.memory("groups", depth, U(65));
        let forecast_pointer = m.reg("forecast_pointer", place).reset(0);
        let write_pointer = m.reg("write_pointer", place).reset(0);
        let read_pointer = m.reg("read_pointer", place).reset(0);
        let response = cat(&[ibus_rsp_error, ibus_rsp_rdata]).named("response");
        let enter_forecast = (accept & !request_stale).named("enter_forecast");
        m.clocked(|| {
            when(enter_forecast, || {
                forecasts.write(forecast_pointer, forecast.pack());
                forecast_pointer.set(forecast_pointer + 1);
            });
            when(response_fresh, || {
                groups.write(write_pointer, response);
                write_pointer.set(write_pointer + 1);
            });
            when(pop, || read_pointer.set(read_pointer + 1));
            queued.set(queued + response_fresh.ext(count.width()) - pop.ext(count.width()));
            when(redirect, || {
                queued.set(0);
                forecast_pointer.set(0);
                write_pointer.set(0);
                read_pointer.set(0);
            });
        });

        m.section("To the aligner");
        let valid = queued.any().named("offer");
        let group = groups.read(read_pointer).named("offered_group");
        m.output("group_valid", valid);
        m.output("group_error", group.bit(64));
        m.output("group_words", group.bits(63, 0));
        m.output("group_forecast", forecasts.read(read_pointer));

        m.section("Properties");
        m.check("response_was_asked_for", !ibus_rsp_valid | in_flight.any());
        m.check("pop_only_valid", !pop | valid);
        m.cover("queue_full", queued.eq(u64::from(depth)));
        m.cover("redirect_while_request_waits", redirect & waits);
    })
}
