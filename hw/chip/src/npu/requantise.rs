//! The requantiser: rows of int32 accumulators to rows of int8.

use systole_hdl::prelude::*;

use super::pe::{element, pack};
use super::requantise_lane::{LANE_STAGES, requantise_lane};
use crate::config::NpuConfig;

/// The requantiser: rows of `dim` accumulators in, rows of `dim` int8 out, `requantise_lanes`
/// elements a cycle.
///
/// `in_*` is a stream whose payload stays until `in_ready`, which comes with the last elements of
/// the row. A row with another zero point or other clamps than the one before waits until the
/// lanes are empty, so that one copy of them serves all stages.
pub fn requantiser(config: &NpuConfig) -> Module {
    let dim = config.dim;
    let lanes = config.requantise_lanes;
    let lane_module = requantise_lane(config.double_rounding);
    module("npu_requantiser", |m| {
        m.doc("Requantiser: rows of int32 accumulators to rows of int8.");
        let in_valid = m.input("in_valid", Bit);
        let rows = ["accumulators", "bias", "multiplier"].map(|name| m.input(name, U(32 * dim)));
        let mut rows = rows.map(|row| (row, 32)).to_vec();
        let zero_point = m.input("zero_point", S(8));
        let clamp_min = m.input("clamp_min", S(8));
        let clamp_max = m.input("clamp_max", S(8));
        let double_rounding = config.double_rounding.then(|| {
            rows.push((m.input("shift", U(8 * dim)), 8));
            m.input("double_rounding", Bit).doc("else float32")
        });
        let out_ready = m.input("out_ready", Bit);
        let out_valid = m.output_reg("out_valid", Bit).reset(0);
        let out_data = m.output_reg("out_data", U(8 * dim));

        m.section("Flow control");
        let advance = (!out_valid | out_ready).named("advance");
        let valid_stages = m.reg("valid_stages", U(LANE_STAGES)).reset(0);
        let last_stages = m.reg("last_stages", U(LANE_STAGES)).reset(0);
        let held = m.reg("held_constants", U(24)).doc("zero point, minimum, maximum");
        let constants =
            cat(&[zero_point.as_unsigned(), clamp_min.as_unsigned(), clamp_max.as_unsigned()])
                .named("constants");
        let empty = (!valid_stages.any()).named("empty");
        let same_constants = constants.eq(held).named("same_constants");
        let may_enter = (advance & (same_constants | empty)).named("may_enter");
        let enter = (in_valid & may_enter).named("enter");
        let (operands, last_beat) = choose_elements(m, &rows, dim / lanes, lanes, enter);
        m.output("in_ready", may_enter & last_beat);
        m.clocked(|| {
            when(enter, || held.set(constants));
            when(advance, || {
                valid_stages.set(shift_in(valid_stages, enter));
                last_stages.set(shift_in(last_stages, enter & last_beat));
            });
        });

        m.section("Lanes");
        let mut results = Vec::new();
        for (lane, operand) in operands.iter().enumerate() {
            let mut lane = m
                .instance(format!("lane_{lane}"), &lane_module)
                .pin("advance", advance)
                .pin("accumulator", operand[0].as_signed())
                .pin("bias", operand[1].as_signed())
                .pin("multiplier", operand[2])
                .pin("zero_point", held.bits(23, 16).as_signed())
                .pin("clamp_min", held.bits(15, 8).as_signed())
                .pin("clamp_max", held.bits(7, 0).as_signed());
            if let Some(mode) = double_rounding {
                lane = lane.pin("double_rounding", mode).pin("shift", operand[3].as_signed());
            }
            results.push(lane.out("result").as_unsigned());
        }

        m.section("Row under assembly");
        let arrives = valid_stages.bit(LANE_STAGES - 1).named("arrives");
        let completes = last_stages.bit(LANE_STAGES - 1).named("completes");
        let kept = (dim > lanes).then(|| out_data.bits(8 * dim - 1, 8 * lanes));
        let fresh = pack(&results);
        let assembled = kept.map_or(fresh, |kept| cat(&[fresh, kept]));
        m.clocked(|| {
            when(advance, || {
                out_valid.set(completes);
                when(arrives, || out_data.set(assembled));
            });
        });
        m.cover("stalls", arrives & !advance);
        m.cover("waits_for_constants", in_valid & advance & !may_enter);
    })
}

/// `register` moved up by one bit, with `bit` below.
pub(super) fn shift_in(register: Signal, bit: Signal) -> Signal {
    cat(&[register.bits(register.width() - 2, 0), bit])
}

/// The operands of each lane in this beat (one of each packed row, with the width of its elements),
/// and whether it is the row's last beat.
pub(super) fn choose_elements(
    m: M,
    rows: &[(Signal, u32)],
    beats: u32,
    lanes: u32,
    enter: Signal,
) -> (Vec<Vec<Signal>>, Signal) {
    if beats == 1 {
        let of_lane = |lane| rows.iter().map(|&(row, width)| element(row, lane, width)).collect();
        return ((0..lanes).map(of_lane).collect(), lit(1, Bit));
    }
    let beat = m.reg("beat", U(beats.ilog2())).reset(0);
    m.clocked(|| {
        when(enter, || beat.set(beat + 1));
    });
    let operands = (0..lanes)
        .map(|lane| {
            let chosen = rows.iter().map(|&(row, width)| {
                let choices: Vec<Signal> =
                    (0..beats).map(|beat| element(row, beat * lanes + lane, width)).collect();
                select(beat, &choices)
            });
            chosen.collect()
        })
        .collect();
    (operands, beat.eq(beats as u64 - 1).named("last_beat"))
}
