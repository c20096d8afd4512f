//! The NPU's top level: instances and the wires between them.

use systole_hdl::prelude::*;

use super::compute::compute;
use super::descriptor::{DESCRIPTOR_BITS, UNITS};
use super::exec::tap_lines;
use super::fetch::fetch;
use super::frontend::frontend;
use super::load::load;
use super::parameters::parameters;
use super::reads::reads;
use super::registers::registers;
use super::requantise::requantiser;
use super::scratchpad::scratchpad;
use super::sequential::sequential_npu;
use super::shape::Shape;
use super::store::store;
use super::table::table;
use super::tokens::{gate, tokens};
use crate::config::NpuConfig;

/// The NPU (docs/npu.md): register port `reg_*`, bus master `m_axi_*`, `interrupt`, and with `rvfi`
/// the outputs `npu_job_*` and `npu_unit_*` (docs/soc.md).
pub fn npu(config: &NpuConfig, rvfi: bool) -> Module {
    if config.sequential {
        return sequential_npu(config, rvfi);
    }
    let registers = registers(config, rvfi);
    let (fetch, frontend) = (fetch(config), frontend(config));
    let (tokens, gate) = (tokens(), gate(Shape::of(config).queue_depth()));
    let (reads, load, store) = (reads(config), load(config), store(config));
    let (compute, requantiser) = (compute(config), requantiser(config));
    let (scratchpad, parameters) = (scratchpad(config), parameters(config));
    let table = (config.dim > 2).then(|| table(config));
    module("npu", |m| {
        m.doc("Inference unit. Its programmer's manual is docs/npu.md.");
        m.section("Job");
        let registers = m.instance("registers", &registers);
        let fetch = m.instance("fetch", &fetch);
        let frontend = m.instance("frontend", &frontend);
        m.section("Order of the units");
        let tokens = m.instance("tokens", &tokens);
        let gates = UNITS.map(|unit| m.instance(format!("{unit}_gate"), &gate));
        m.section("Units");
        let load = m.instance("load", &load);
        let compute = m.instance("compute", &compute);
        let requantiser = m.instance("requantiser", &requantiser);
        let store = m.instance("store", &store);
        m.section("Memories and bus");
        let scratchpad = m.instance("scratchpad", &scratchpad);
        let parameters = m.instance("parameters", &parameters);
        let table = table.map(|table| m.instance("lookup_table", &table));
        let reads = m.instance("reads", &reads);

        job(m, registers, fetch, frontend, rvfi);
        for master in [reads, store] {
            let window = ["window_base", "window_limit"];
            join(registers, master, &window.map(|port| (port, port)));
        }
        order(tokens, gates, frontend);
        load_unit(load, gates[0], frontend);
        exec_unit(config.dim, compute, gates[1], scratchpad);
        join(frontend, compute, &[("abort", "abort")]);
        store_unit(store, gates[2], frontend);
        store_sources(store, compute, scratchpad, parameters, requantiser);
        if config.double_rounding {
            let mode = ["shift", "double_rounding"];
            join(store, requantiser, &mode.map(|port| (port, port)));
        }
        memory_writes(load, store, scratchpad, parameters);
        match table {
            Some(table) => lookups(load, store, table),
            None => drop(load.unused("table_write_valid")),
        }
        read_clients(reads, fetch, load);
        bus(m, config, reads, store);

        m.section("Counted events");
        for (unit, gate) in UNITS.iter().zip(gates) {
            registers.pin(format!("{unit}_wait_token"), gate.out("waits_for_token"));
        }
        events(registers, compute, [load, store], reads);

        if rvfi {
            m.section("Retire port of the units");
            unit_trace(m, gates, [load, compute, store]);
        }

        m.section("End of a job");
        let gates_idle = cat(&gates.map(|gate| gate.out("idle"))).all().named("gates_idle");
        let units_idle = (load.out("idle") & store.out("idle")).named("units_idle");
        frontend.pin("drained", gates_idle & units_idle & fetch.out("idle"));
    })
}

/// Pins inputs of `to` with outputs of `from`; each pair is (output, input).
#[track_caller]
fn join(from: Instance, to: Instance, ports: &[(&str, &str)]) {
    for (output, input) in ports {
        to.pin(input, from.out(output));
    }
}

/// Register port, fetch and front end.
fn job(m: M, registers: Instance, fetch: Instance, frontend: Instance, rvfi: bool) {
    let inputs = [
        ("reg_req_valid", Bit),
        ("reg_req_address", U(13)),
        ("reg_req_write", Bit),
        ("reg_req_wdata", U(32)),
        ("reg_req_wstrb", U(4)),
    ];
    for (port, ty) in inputs {
        registers.pin(port, m.input(port, ty));
    }
    for port in ["reg_req_ready", "reg_rsp_valid", "reg_rsp_rdata", "reg_rsp_error", "interrupt"] {
        m.output(port, registers.out(port));
    }
    if rvfi {
        for field in ["start", "end", "cause", "fault_index", "fault_address"] {
            let port = format!("npu_job_{field}");
            m.output(&port, registers.out(&port));
        }
    }
    let status = ["job_end", "job_cause", "job_fault_index", "job_fault_address"];
    join(frontend, registers, &status.map(|port| (port, port)));
    let start = ["job_start", "job_address", "job_abort"];
    join(registers, frontend, &start.map(|port| (port, port)));
    join(registers, fetch, &[("job_address", "list_address")]);
    let control = [
        ("fetch_start", "start"),
        ("fetch_stop", "stop"),
        ("job_end", "clear"),
        ("fetched_ready", "fetched_ready"),
    ];
    join(frontend, fetch, &control);
    join(fetch, frontend, &[("fetched_valid", "fetched_valid"), ("fetched", "fetched")]);
}

/// Gates between the front end and the units, and the token counters.
fn order(tokens: Instance, gates: [Instance; 3], frontend: Instance) {
    join(frontend, tokens, &[("job_end", "clear")]);
    for (unit, gate) in UNITS.iter().zip(gates) {
        let control = [("command", "command"), ("drop", "drop"), ("job_end", "clear")];
        join(frontend, gate, &control);
        gate.pin("command_valid", frontend.out(format!("{unit}_command_valid")));
        frontend.pin(format!("{unit}_command_ready"), gate.out("command_ready"));
        for port in ["waits_for", "take", "signal", "give"] {
            tokens.pin(format!("{unit}_{port}"), gate.out(port));
        }
        for port in ["token_available", "signal_ready"] {
            gate.pin(port, tokens.out(format!("{unit}_{port}")));
        }
    }
}

/// What LOAD and STORE share: start, completion, errors.
fn bus_unit(unit: Instance, gate: Instance, frontend: Instance, name: &str) {
    join(gate, unit, &[("start_valid", "command_valid"), ("start_command", "command")]);
    let status = [("command_ready", "start_ready"), ("done", "done"), ("aborted", "aborted")];
    join(unit, gate, &status);
    join(frontend, unit, &[("job_end", "clear"), ("abort", "abort")]);
    for port in ["error", "error_index", "error_address"] {
        frontend.pin(format!("{name}_{port}"), unit.out(port));
    }
}

fn load_unit(load: Instance, gate: Instance, frontend: Instance) {
    bus_unit(load, gate, frontend, "load");
}

fn store_unit(store: Instance, gate: Instance, frontend: Instance) {
    bus_unit(store, gate, frontend, "store");
}

fn exec_unit(dim: u32, compute: Instance, gate: Instance, scratchpad: Instance) {
    let command = gate.out("start_command");
    compute
        .pin("command_valid", gate.out("start_valid"))
        .pin("command_descriptor", command.bits(DESCRIPTOR_BITS - 1, 0));
    gate.pin("aborted", 0);
    join(compute, gate, &[("command_ready", "start_ready"), ("done", "done")]);
    let taps = (1..tap_lines(dim)).map(|line| format!("tap_{line}"));
    let clients = ["activation", "weight_0", "weight_1"].map(str::to_owned);
    for client in clients.into_iter().chain(taps) {
        for port in ["valid", "row"] {
            let port = format!("{client}_{port}");
            scratchpad.pin(&port, compute.out(&port));
        }
        let data = format!("{client}_data");
        compute.pin(&data, scratchpad.out(&data));
    }
    join(scratchpad, compute, &["weight_0_ready", "weight_1_ready"].map(|port| (port, port)));
}

/// What STORE reads, and the requantiser between its two sides.
fn store_sources(
    store: Instance,
    compute: Instance,
    scratchpad: Instance,
    parameters: Instance,
    requantiser: Instance,
) {
    join(store, compute, &[("accumulator_valid", "store_valid"), ("accumulator_row", "store_row")]);
    join(
        compute,
        store,
        &[("store_ready", "accumulator_ready"), ("store_data", "accumulator_data")],
    );
    join(
        store,
        scratchpad,
        &[("scratchpad_valid", "store_valid"), ("scratchpad_row", "store_row")],
    );
    join(
        scratchpad,
        store,
        &[("store_ready", "scratchpad_ready"), ("store_data", "scratchpad_data")],
    );
    join(
        store,
        parameters,
        &[("parameter_read_valid", "read_valid"), ("parameter_read_row", "read_row")],
    );
    join(parameters, store, &[("read_data", "parameter_data")]);
    join(
        store,
        requantiser,
        &[
            ("requantiser_valid", "in_valid"),
            ("accumulators", "accumulators"),
            ("bias", "bias"),
            ("multiplier", "multiplier"),
            ("zero_point", "zero_point"),
            ("clamp_min", "clamp_min"),
            ("clamp_max", "clamp_max"),
            ("requantised_ready", "out_ready"),
        ],
    );
    join(
        requantiser,
        store,
        &[
            ("in_ready", "requantiser_ready"),
            ("out_valid", "requantised_valid"),
            ("out_data", "requantised"),
        ],
    );
}

fn memory_writes(load: Instance, store: Instance, scratchpad: Instance, parameters: Instance) {
    let result = ["result_write_valid", "result_write_row", "result_write_data"];
    join(store, scratchpad, &result.map(|port| (port, port)));
    join(scratchpad, store, &[("result_write_ready", "result_write_ready")]);
    join(
        load,
        scratchpad,
        &[
            ("load_write_valid", "load_write_valid"),
            ("write_row", "load_write_row"),
            ("write_data", "load_write_data"),
            ("write_lanes", "load_write_lanes"),
        ],
    );
    join(scratchpad, load, &[("load_write_ready", "load_write_ready")]);
    join(
        load,
        parameters,
        &[
            ("parameter_write_valid", "write_valid"),
            ("write_row", "write_row"),
            ("write_data", "write_data"),
        ],
    );
}

/// The table memory, between LOAD and STORE.
fn lookups(load: Instance, store: Instance, table: Instance) {
    let write = [
        ("table_write_valid", "write_valid"),
        ("write_row", "write_row"),
        ("write_data", "write_data"),
    ];
    join(load, table, &write);
    join(store, table, &[("table_lookup", "read_valid"), ("table_indices", "indices")]);
    join(table, store, &[("entries", "table_entries"), ("scale", "table_scale")]);
}

/// What the units report to the counters.
fn events(registers: Instance, compute: Instance, [load, store]: [Instance; 2], reads: Instance) {
    let exec = [
        ("wave_enters", "exec_busy"),
        ("waits_for_weights", "exec_wait_weights"),
        ("matrix_wave_enters", "matrix_wave"),
    ];
    join(compute, registers, &exec);
    registers.pin("load_busy", !load.out("idle")).pin("store_busy", !store.out("idle"));
    join(
        store,
        registers,
        &[("requantise_waits", "store_wait_requantise"), ("beat_moves", "write_beat")],
    );
    join(reads, registers, &[("beat_moves", "read_beat")]);
}

/// When descriptors begin and are complete, a bit for each unit. A unit completes its descriptors in
/// the order in which it began them, so that pulses are enough to tell which. They come a cycle late,
/// from registers: a simulator then looks at them once a cycle, not whenever an input changes.
fn unit_trace(m: M, gates: [Instance; 3], units: [Instance; 3]) {
    let pulses = |name: &str, port: &str, [load, exec, store]: [Instance; 3]| {
        let late = m.output_reg(name, U(3)).reset(0);
        let now = cat(&[store.out(port), exec.out(port), load.out(port)]);
        m.clocked(|| late.set(now));
        late
    };
    pulses("npu_unit_started", "take", gates)
        .doc("pulses: LOAD, EXEC, STORE has begun in the cycle before");
    pulses("npu_unit_completed", "done", units)
        .doc("pulses: LOAD, EXEC, STORE has completed in the cycle before");
}

fn read_clients(reads: Instance, fetch: Instance, load: Instance) {
    join(
        fetch,
        reads,
        &[("request_valid", "fetch_request_valid"), ("request_address", "fetch_request_address")],
    );
    join(
        reads,
        fetch,
        &[
            ("fetch_request_ready", "request_ready"),
            ("fetch_beat_valid", "beat_valid"),
            ("beat_data", "beat_data"),
            ("beat_error", "beat_error"),
        ],
    );
    join(
        load,
        reads,
        &[
            ("request_valid", "load_request_valid"),
            ("request_address", "load_request_address"),
            ("request_length", "load_request_length"),
            ("beat_ready", "load_beat_ready"),
        ],
    );
    join(
        reads,
        load,
        &[
            ("load_request_ready", "request_ready"),
            ("load_beat_valid", "beat_valid"),
            ("beat_last", "beat_last"),
            ("beat_data", "beat_data"),
            ("beat_error", "beat_error"),
        ],
    );
}

/// The `m_axi_*` ports.
fn bus(m: M, config: &NpuConfig, reads: Instance, store: Instance) {
    let read_inputs = [
        ("m_axi_arready", Bit),
        ("m_axi_rvalid", Bit),
        ("m_axi_rdata", U(config.bus_bits)),
        ("m_axi_rresp", U(2)),
        ("m_axi_rlast", Bit),
    ];
    for (port, ty) in read_inputs {
        reads.pin(port, m.input(port, ty));
    }
    for port in ["m_axi_arvalid", "m_axi_araddr", "m_axi_arlen", "m_axi_rready"] {
        m.output(port, reads.out(port));
    }
    let write_inputs = [
        ("m_axi_awready", Bit),
        ("m_axi_wready", Bit),
        ("m_axi_bvalid", Bit),
        ("m_axi_bresp", U(2)),
    ];
    for (port, ty) in write_inputs {
        store.pin(port, m.input(port, ty));
    }
    for port in ["m_axi_awvalid", "m_axi_awaddr", "m_axi_awlen", "m_axi_bready"] {
        m.output(port, store.out(port));
    }
    for port in ["m_axi_wvalid", "m_axi_wdata", "m_axi_wstrb", "m_axi_wlast", "writing"] {
        m.output(port, store.out(port));
    }
}
