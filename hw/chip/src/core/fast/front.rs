//! The front end: fetch, prediction and alignment, up to the window.

use systole_hdl::prelude::*;

use super::align::align;
use super::entry::Entry;
use super::fetch::fetch;
use super::pipeline::Stages;
use super::predictor::{Outcome, predictor};
use super::window::window;
use crate::core::RESET_VECTOR;
use crate::core::pmp::pmp_check;

/// The instructions that may issue next, in order, and what answers to them.
pub struct Front {
    pub first_valid: Signal,
    pub first: Entry,
    pub second_valid: Signal,
    pub second: Entry,
    /// Predicted target of the next of them that is predicted taken.
    pub predicted_target: Signal,
    /// To drive: the first, or both of them, issue.
    pub leave_first: Signal,
    pub leave_second: Signal,
    /// To drive: one that issues is predicted taken.
    pub take_target: Signal,
    /// To drive: address of the first, and whether it has to be fetched again.
    pub issue_pc: Signal,
    pub restart: Signal,
    /// Everything in front of issue is dropped, and where it goes on.
    pub redirect: Signal,
    pub redirect_target: Signal,
}

/// Builds the front end inside `core`.
pub fn build(m: M, stages: &Stages) -> Front {
    let (control, config) = (&stages.control, &stages.config);
    let traced = stages.main.trace.is_some();
    m.section("Redirects");
    let restart = m.reg("restart", Bit).reset(0).doc("a prediction was bogus: fetch again");
    let issue_pc = m.reg("issue_pc", U(32)).reset(RESET_VECTOR);
    let redirect = (control.drops_issued() | restart).named("redirect");
    let younger = control.branch_redirect.mux(control.branch_target, issue_pc);
    let younger = younger.named("restart_or_branch");
    let redirect_target = control.flush.mux(control.flush_target, younger);
    let redirect_target = redirect_target.named("redirect_target");

    m.section("Fetch");
    let fetch = m
        .instance("fetch", &fetch(config.fetch_depth))
        .pin("ibus_req_ready", m.input("ibus_req_ready", Bit))
        .pin("ibus_rsp_valid", m.input("ibus_rsp_valid", Bit))
        .pin("ibus_rsp_rdata", m.input("ibus_rsp_rdata", U(64)))
        .pin("ibus_rsp_error", m.input("ibus_rsp_error", Bit));
    m.output("ibus_req_valid", fetch.out("ibus_req_valid"));
    m.output("ibus_req_address", fetch.out("ibus_req_address"));

    m.section("Alignment");
    let align = m
        .instance("align", &align(config, traced))
        .pin("group_valid", fetch.out("group_valid"))
        .pin("group_error", fetch.out("group_error"))
        .pin("group_words", fetch.out("group_words"))
        .pin("group_forecast", fetch.out("group_forecast"));
    let fetch = fetch
        .pin("redirect", redirect)
        .pin("redirect_target", redirect_target)
        .pin("pop", align.out("pop"))
        .pin("forecast_denied", denied(m, stages, fetch.out("request_pc")));
    let align = align.pin("redirect", redirect);

    m.section("Prediction");
    let forget = stages.main_done.completion.refetches & control.flush;
    let clear = (restart | forget).named("predictor_clear");
    predict(m, stages, &fetch, clear);

    m.section("Window");
    let leave_first = m.wire("leave_first", Bit);
    let leave_second = m.wire("leave_second", Bit);
    let window = m
        .instance("window", &window(Entry::width(traced)))
        .pin("flush", redirect)
        .pin("enter_first", align.out("first_valid"))
        .pin("first_in", align.out("first"))
        .pin("enter_second", align.out("second_valid"))
        .pin("second_in", align.out("second"))
        .pin("leave_first", leave_first)
        .pin("leave_second", leave_second);
    align.pin("window_ready", window.out("ready"));
    let take_target = m.wire("take_target", Bit);
    let targets = [align.out("target_valid"), align.out("target")];
    Front {
        first_valid: window.out("first_valid"),
        first: Entry::unpack("first", window.out_as("first", "first_entry"), traced),
        second_valid: window.out("second_valid"),
        second: Entry::unpack("second", window.out_as("second", "second_entry"), traced),
        predicted_target: predicted_targets(m, targets, take_target, redirect),
        leave_first,
        leave_second,
        take_target,
        issue_pc,
        restart,
        redirect,
        redirect_target,
    }
}

/// Targets of the instructions in the window that are predicted taken, in order.
fn predicted_targets(m: M, [enter, target]: [Signal; 2], take: Signal, flush: Signal) -> Signal {
    m.section("Predicted targets of the instructions in the window");
    let targets = m.memory("predicted_targets", 4, U(32));
    let tail = m.reg("targets_tail", U(2)).reset(0);
    let head = m.reg("targets_head", U(2)).reset(0);
    m.clocked(|| {
        when(enter, || {
            targets.write(tail, target);
            tail.set(tail + 1);
        });
        when(take, || head.set(head + 1));
        when(flush, || {
            tail.set(0);
            head.set(0);
        });
    });
    targets.read(head).named("predicted_target")
}

/// The words of the group asked for that PMP refuses.
fn denied(m: M, stages: &Stages, request_pc: Signal) -> Signal {
    let control = &stages.control;
    let Some(configuration) = control.protection else { return lit(0, U(2)) };
    m.instance("fetch_protection", &pmp_check(stages.config.pmp_regions, 2))
        .pin("address", request_pc)
        .pin("configuration", configuration)
        .pin("machine", control.user.map_or(lit(1, Bit), |user| !user.user))
        .out("denied")
}

/// The predictor, or forecasts of nothing without one.
fn predict(m: M, stages: &Stages, fetch: &Instance, clear: Signal) {
    let config = &stages.config;
    let request_pc = fetch.out("request_pc");
    if config.branch_targets == 0 {
        for (name, ty) in FORECAST {
            fetch.pin(name, lit(0, ty));
        }
        return;
    }
    let done = &stages.branch_done.completion;
    let prediction = &stages.branch_done.prediction;
    let last_half = (done.link - 2).named("outcome_pc");
    let outcome = Outcome {
        valid: (stages.control.branch_retire & done.is_control).named("outcome_valid"),
        pc: last_half,
        is_branch: done.is_branch,
        is_call: done.is_call,
        is_return: done.is_return,
        taken: done.taken,
        target: done.target,
        link: done.link,
        hit: prediction.hit,
        counter: prediction.counter,
    };
    let predictor = m
        .instance("predictor", &predictor(config.branch_targets, config.return_stack))
        .pin("pc", request_pc)
        .pin("clear", clear);
    let predictor = outcome.connect(predictor);
    for (name, _) in FORECAST {
        fetch.pin(name, predictor.out(name.trim_start_matches("forecast_")));
    }
}

/// Inputs of fetch that come from the predictor.
const FORECAST: [(&str, Ty); 5] = [
    ("forecast_hit", Bit),
    ("forecast_taken", Bit),
    ("forecast_position", U(2)),
    ("forecast_counter", U(2)),
    ("forecast_target", U(32)),
];
