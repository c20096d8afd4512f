//! The scratchpad: what is written is read, and who yields to whom.

use systole_hdl::fault::{Fault, Target};
use systole_hdl::prelude::*;

use super::free::any_constant;
use super::{Method, Proof};
use crate::config::NpuConfig;
use crate::npu::scratchpad::scratchpad;

pub const PROOFS: &[Proof] = &[Proof {
    name: "scratchpad",
    statement: "A client that is granted a row reads in the next cycle what was last written to \
                it, lane by lane; the activation is never refused, the others yield exactly to \
                those before them that want their bank, results always get in.",
    module: memory,
    method: Method::Bounded { cycles: 7 },
    faults: &[
        Fault {
            name: "two-readers-of-a-bank",
            description: "STORE is granted a bank that a weight reads",
            module: "npu_scratchpad",
            signal: "store_blocked",
            target: Target::Drive,
            bad: |c| c.original() & !c.signal("weight_1_valid"),
        },
        Fault {
            name: "wrong-data",
            description: "a bank writes LOAD's data for a result",
            module: "npu_scratchpad",
            signal: "write_data_1",
            target: Target::Drive,
            bad: |c| c.signal("load_write_data"),
        },
    ],
}];

/// Bits of a row's number: four banks of four rows.
const ROW_BITS: u32 = 4;
/// Read clients, the first in rank first.
const READERS: [&str; 4] = ["activation", "weight_0", "weight_1", "store"];

/// The scratchpad beside one of its rows, whichever.
fn memory() -> Module {
    let config = NpuConfig { dim: 2, scratchpad_rows: 1 << ROW_BITS, ..NpuConfig::default() };
    let under_proof = scratchpad(&config);
    module("proof_scratchpad", |m| {
        let dut = m.instance("scratchpad", &under_proof);
        let row = any_constant(m, "row", U(ROW_BITS));
        let lanes = written(m, dut, row);

        m.section("Reads of the row: as it was when they were granted");
        let known = cat(&[lanes[1].known, lanes[0].known]);
        let value = cat(&[lanes[1].value, lanes[0].value]);
        let known_before = m.reg("known_before", U(2));
        let value_before = m.reg("value_before", U(16));
        m.clocked(|| {
            known_before.set(known);
            value_before.set(value);
        });
        let mask = cat(&[known_before.bit(1).repeat(8), known_before.bit(0).repeat(8)]);
        let mask = mask.named("known_bits");
        let mut before: Vec<Client> = Vec::new();
        for name in READERS {
            let client = Client::new(m, dut, name);
            let blockers = before.iter().map(|other| other.blocks(&client));
            let granted = match blockers.reduce(|some, more| some | more) {
                Some(blocked) => {
                    let blocked = blocked.named(format!("{name}_has_to_yield"));
                    let ready = dut.out(format!("{name}_ready"));
                    m.check(format!("{name}_yields"), ready.eq(!blocked));
                    m.cover(format!("{name}_is_refused"), client.valid & blocked);
                    client.valid & ready
                }
                None => client.valid,
            };
            before.push(client);
            let reads = m.reg(format!("{name}_reads"), Bit).reset(0);
            m.clocked(|| reads.set(granted & client.row.eq(row)));
            let data = dut.out(format!("{name}_data"));
            let agrees = ((data ^ value_before) & mask).eq(0);
            m.check(format!("{name}_reads_what_was_written"), !reads | agrees);
            m.cover(format!("{name}_reads_both_lanes"), reads & known_before.all());
        }
    })
}

/// A client of the scratchpad, of any behaviour.
#[derive(Clone, Copy)]
struct Client {
    valid: Signal,
    row: Signal,
}

impl Client {
    fn new(m: M, dut: Instance, name: &str) -> Client {
        let valid = m.input(format!("{name}_valid"), Bit);
        let row = m.input(format!("{name}_row"), U(16));
        dut.pin(format!("{name}_valid"), valid).pin(format!("{name}_row"), row);
        Client { valid, row: row.bits(ROW_BITS - 1, 0) }
    }

    /// Whether it wants the bank that `other` wants.
    fn blocks(&self, other: &Client) -> Signal {
        self.valid & self.row.bits(1, 0).eq(other.row.bits(1, 0))
    }
}

/// What is known of a lane of the row: nothing, until it is written.
struct Lane {
    known: Signal,
    value: Signal,
}

/// The write clients, and what they leave in the row.
fn written(m: M, dut: Instance, row: Signal) -> [Lane; 2] {
    m.section("Writes to the row");
    let pinned = |port: &str, ty| {
        let input = m.input(port, ty);
        dut.pin(port, input);
        input
    };
    let result = Client::new(m, dut, "result_write");
    let result_data = pinned("result_write_data", U(16));
    let load = Client::new(m, dut, "load_write");
    let load_data = pinned("load_write_data", U(16));
    let load_lanes = pinned("load_write_lanes", U(2));
    let yields = result.blocks(&load).named("load_yields");
    m.check("results_get_in", dut.out("result_write_ready"));
    m.check("load_yields_to_results", dut.out("load_write_ready").eq(!yields));
    m.cover("load_is_refused", load.valid & yields);
    let by_result = (result.valid & result.row.eq(row)).named("by_result");
    let by_load = (load.valid & !yields & load.row.eq(row)).named("by_load");
    [0, 1].map(|lane| {
        let known = m.reg(format!("known_{lane}"), Bit).reset(0);
        let value = m.reg(format!("value_{lane}"), U(8));
        let of_lane = |data: Signal| data.bits(8 * lane + 7, 8 * lane);
        let loads = by_load & load_lanes.bit(lane);
        m.clocked(|| {
            when(by_result, || value.set(of_lane(result_data)))
                .or_when(loads, || value.set(of_lane(load_data)));
            when(by_result | loads, || known.set(1));
        });
        Lane { known, value }
    })
}
