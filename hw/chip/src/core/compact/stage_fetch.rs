//! Fetch, up to the registers before decode, and the register file.

use systole_hdl::prelude::*;

use super::fetch::fetch;
use super::pipeline::{Fetched, Pipeline, predicts};
use super::predictor::predictor;
use super::registers::registers;
use crate::core::decode::register_reads;
use crate::core::expand::expand;
use crate::core::pmp::pmp_check;

/// Builds fetch inside `core`; returns the register file, which is read at the clock edge that
/// moves an instruction to decode.
pub fn build(p: &Pipeline) -> Instance {
    let (m, control, decode) = (p.m, &p.control, &p.decode);
    m.section("Fetch");
    let fetch = fetch_instance(p);
    let valid = fetch.out("instruction_valid");
    let halves = fetch.out("halves");
    let fault = fetch.out("fault");

    let (instruction, is_short) = if p.config.compressed {
        let expand = m.instance("expand", &expand()).pin("word", halves);
        expand.unused("illegal");
        let told = decode.raw.is_some() || decode.fetched.compressed.is_some();
        let is_short = told.then(|| expand.out("compressed"));
        if is_short.is_none() {
            expand.unused("compressed");
        }
        (expand.out("instruction"), is_short)
    } else {
        (halves, None)
    };
    // What could not be fetched is no instruction: its low bits are not 11.
    let no_fault = (!fault).repeat(2);
    let opcode = cat(&[instruction.bits(31, 2), instruction.bits(1, 0) & no_fault]);
    let opcode = opcode.named("fetched_instruction");

    m.section("To decode");
    let older_redirect = (control.flush | control.execute_redirect).named("older_redirect");
    let decode_free = (!decode.valid | control.decode_moves).named("decode_free");
    let take = (valid & decode_free).named("fetch_take");
    fetch.pin("take", take);
    let (rs1_read, rs2_read) = register_reads(&p.config, instruction);
    let fetched = Fetched {
        pc: fetch.out("pc"),
        instruction: opcode,
        next_pc: fetch.out("next_pc"),
        rs1_read,
        rs2_read,
        followed: predicts(&p.config).then(|| fetch.out("taken")),
        counter: predicts(&p.config).then(|| fetch.out("counter")),
        fault,
        fault_second: p.config.compressed.then(|| fetch.out("fault_second")),
        compressed: is_short,
    };
    let raw = decode.raw.map(|register| (register, raw_instruction(halves, is_short, fault)));
    m.clocked(|| {
        when(older_redirect, || decode.valid.set(0))
            .or_when(decode_free, || decode.valid.set(valid & !control.decode_redirect));
        when(decode_free, || {
            decode.fetched.set(&fetched);
            if let Some((register, raw)) = raw {
                register.set(raw);
            }
        });
    });
    if let Some(pc_behind) = control.pc_behind {
        pc_behind.drive(fetch.out("pc"));
    }
    register_file(p, decode_free, opcode)
}

/// What the retire port shows: the halfword of a compressed instruction, 0 on a fetch fault.
fn raw_instruction(halves: Signal, is_short: Option<Signal>, fault: Signal) -> Signal {
    let is_long = is_short.map_or(lit(1, Bit), |short| !short);
    let upper = halves.bits(31, 16) & is_long.repeat(16);
    (cat(&[upper, halves.bits(15, 0)]) & (!fault).repeat(32)).named("raw_instruction")
}

/// The predictor: looks up what fetch asked for, learns from what retires.
fn predict(p: &Pipeline, fetch: &Instance) {
    let (Some(outcome), Some(misled)) = (&p.writeback.outcome, p.execute.misled) else { return };
    let predictor = p
        .m
        .instance("predictor", &predictor(p.config.branch_targets))
        .pin("word", fetch.out("lookup_word"))
        .pin("clear", (p.control.execute_fire & misled) | (p.control.retire & outcome.elsewhere))
        .pin("retire", p.control.retire)
        .pin("retired_word", p.writeback.completion.pc.bits(31, 2));
    let predictor = outcome.connect(predictor);
    fetch
        .pin("forecast_taken", predictor.out("forecast_taken"))
        .pin("forecast_counter", predictor.out("forecast_counter"))
        .pin("forecast_target", predictor.out("forecast_target"));
}

/// The fetch unit, the instruction port, and the protection of fetches.
fn fetch_instance(p: &Pipeline) -> Instance {
    let (m, control) = (p.m, &p.control);
    let older = (control.flush | control.indirect_redirect).named("early_redirect");
    let younger = control.indirect_redirect.mux(control.indirect_target, control.decode_target);
    let target = control.flush.mux(control.flush_target, younger);
    let fetch = m
        .instance("fetch", &fetch(&p.config))
        .pin("redirect", older | control.decode_redirect)
        .pin("redirect_target", target.named("redirect_target"))
        .pin("late_redirect", control.branch_redirect)
        .pin("late_target", p.execute.alternative)
        .pin("ibus_req_ready", m.input("ibus_req_ready", Bit))
        .pin("ibus_rsp_valid", m.input("ibus_rsp_valid", Bit))
        .pin("ibus_rsp_rdata", m.input("ibus_rsp_rdata", U(32)))
        .pin("ibus_rsp_error", m.input("ibus_rsp_error", Bit));
    predict(p, &fetch);
    m.output("ibus_req_valid", fetch.out("ibus_req_valid"));
    m.output("ibus_req_address", fetch.out("ibus_req_address"));
    if let Some(configuration) = control.protection {
        let check = m
            .instance("fetch_protection", &pmp_check(p.config.pmp_regions, 1))
            .pin("address", fetch.out("word_address"))
            .pin("configuration", configuration)
            .pin("machine", control.user.map_or(lit(1, Bit), |user| !user.user))
            .pin("need", lit(0b100, U(3)));
        fetch.pin("denied", check.out("denied"));
    }
    fetch
}

/// The register file: reads the registers of the instruction that will be in decode.
fn register_file(p: &Pipeline, decode_free: Signal, fetched: Signal) -> Instance {
    let (m, control, completion) = (p.m, &p.control, &p.writeback.completion);
    let now = p.decode.fetched.instruction;
    let source =
        |high: u32, low: u32| decode_free.mux(fetched.bits(high, low), now.bits(high, low));
    m.instance("registers", &registers())
        .pin("rs1", source(19, 15).named("next_rs1"))
        .pin("rs2", source(24, 20).named("next_rs2"))
        .pin("rd_write", control.rd_write)
        .pin("rd", completion.rd)
        .pin("rd_value", control.writeback_value)
}
