//! The rules of the buses, as properties around a bridge.

use std::collections::BTreeMap;

use systole_hdl::ir::Direction;
use systole_hdl::prelude::*;

/// Accesses or beats that the counters of this page hold.
const OWED: Ty = U(10);

/// Module `checked_<bridge>`: a bridge with all its ports, and the rules of each bus that it has.
/// What the bridge has to keep to is checked, what its neighbours have to is assumed.
///
/// Of the ports `bus_*` as many requests are taken and not answered as `most` says, at most.
pub fn checked(bridge: &Module, most: u32) -> Module {
    module(format!("checked_{}", bridge.name), |m| {
        m.doc(format!("`{}` between the rules of its buses.", bridge.name));
        let dut = m.instance("bridge", bridge);
        let wire = |port: &systole_hdl::ir::Signal| {
            let input = port.port == Some(Direction::Input);
            let signal = if input {
                let input = m.input(&port.name, port.ty);
                dut.pin(&port.name, input);
                input
            } else {
                m.output(&port.name, dut.out(&port.name))
            };
            (port.name.clone(), Wire { signal, input })
        };
        let ports = Ports { m, wires: bridge.ports().map(wire).collect() };
        ports.handshakes();
        ports.native(most);
        ports.axi();
        ports.wishbone();
    })
}

/// A port of the bridge.
#[derive(Clone, Copy)]
struct Wire {
    signal: Signal,
    /// Driven by the neighbour.
    input: bool,
}

/// All ports of the bridge, in the module around it.
struct Ports {
    m: M,
    wires: BTreeMap<String, Wire>,
}

impl Ports {
    fn get(&self, name: &str) -> Option<Signal> {
        self.wires.get(name).map(|wire| wire.signal)
    }

    /// A rule for whoever drives the port.
    fn rule(&self, driven: &str, name: String, holds: Signal) {
        if self.wires[driven].input {
            self.m.assume(name, holds);
        } else {
            self.m.check(name, holds);
        }
    }

    /// A transfer in this cycle; `None` where there is no such channel.
    fn transfer(&self, channel: &str) -> Option<Signal> {
        Some(self.get(&format!("{channel}valid"))? & self.get(&format!("{channel}ready"))?)
    }

    /// What is offered stays as it is until it is taken.
    fn handshakes(&self) {
        for (name, wire) in &self.wires {
            let Some(channel) = name.strip_suffix("valid") else { continue };
            let Some(ready) = self.get(&format!("{channel}ready")) else { continue };
            let with_it = self.wires.iter().filter(|(other, part)| {
                other.starts_with(channel) && part.input == wire.input && *other != name
            });
            let payload: Vec<Signal> =
                with_it.map(|(name, part)| self.matters(name, *part)).collect();
            let waits = wire.signal & !ready;
            let stays = self.stays(channel, waits, wire.signal, &cat(&payload));
            self.rule(name, format!("{channel}stays"), stays);
        }
    }

    /// What a port says; a read has no data.
    fn matters(&self, name: &str, wire: Wire) -> Signal {
        match self.get("bus_req_write") {
            Some(write) if name == "bus_req_wdata" => {
                wire.signal & write.repeat(wire.signal.width())
            }
            _ => wire.signal,
        }
    }

    /// Whether, after a cycle in which something waited, it is still there, and what it was.
    fn stays(&self, name: &str, waits: Signal, valid: Signal, payload: &Signal) -> Signal {
        let waited = self.m.reg(format!("{name}waited"), Bit).reset(0);
        let before = self.m.reg(format!("{name}before"), payload.ty());
        self.m.clocked(|| {
            waited.set(waits);
            before.set(*payload);
        });
        !waited | (valid & payload.eq(before))
    }

    /// A register with the number of answers that are due: each transfer `taken` adds so many, and
    /// each one `answered` takes one away.
    fn owed(&self, name: &str, (taken, added): (Signal, Signal), answered: Signal) -> Signal {
        let level = self.m.reg(format!("{name}_owed"), OWED).reset(0);
        let zero = zero(OWED);
        self.m.clocked(|| {
            level.set(level + taken.mux(added, zero) - answered.ext(OWED.width()));
        });
        level
    }

    /// Each request has one answer.
    fn native(&self, most: u32) {
        let Some(taken) = self.transfer("bus_req_") else { return };
        let answered = self.wires["bus_rsp_valid"].signal;
        let owed = self.owed("bus", (taken, lit(1, OWED)), answered);
        self.rule("bus_rsp_valid", "bus_rsp_is_asked_for".into(), !answered | owed.any());
        self.rule("bus_req_ready", "bus_req_has_room".into(), !taken | owed.lt(most));
    }

    /// As many beats as are asked for, one answer to a write.
    fn axi(&self) {
        for bus in ["m_axil", "s_axil", "s_axi"] {
            self.axi_reads(bus);
            self.axi_writes(bus);
        }
    }

    fn axi_reads(&self, bus: &str) {
        let Some(read) = self.transfer(&format!("{bus}_ar")) else { return };
        let beat = self.transfer(&format!("{bus}_r")).expect("AXI has R with AR");
        let beats = match self.get(&format!("{bus}_arlen")) {
            Some(length) => length.ext(OWED.width()) + 1,
            None => lit(1, OWED),
        };
        let owed = self.owed(&format!("{bus}_r"), (read, beats), beat);
        let valid = format!("{bus}_rvalid");
        let asked_for = !self.wires[&valid].signal | owed.any();
        self.rule(&valid, format!("{bus}_r_is_asked_for"), asked_for);
    }

    /// The answer comes behind the address and, where there are no bursts, behind the data; how many
    /// beats of a burst were written, traffic in tests has to count.
    fn axi_writes(&self, bus: &str) {
        let Some(write) = self.transfer(&format!("{bus}_aw")) else { return };
        let beat = self.transfer(&format!("{bus}_w")).expect("AXI has W with AW");
        let answer = self.transfer(&format!("{bus}_b")).expect("AXI has B with AW");
        let one = lit(1, OWED);
        let mut behind = self.owed(&format!("{bus}_aw"), (write, one), answer).any();
        if self.get(&format!("{bus}_wlast")).is_none() {
            behind = behind & self.owed(&format!("{bus}_w"), (beat, one), answer).any();
        }
        let valid = format!("{bus}_bvalid");
        let asked_for = !self.wires[&valid].signal | behind;
        self.rule(&valid, format!("{bus}_b_is_asked_for"), asked_for);
    }

    /// An access stays as it is until it ends, in one way; nothing ends that was not asked for.
    fn wishbone(&self) {
        for (bus, [to, from]) in [("wbm", ["o", "i"]), ("wbs", ["i", "o"])] {
            let wire = |name: &str, way: &str| self.get(&format!("{bus}_{name}_{way}"));
            let Some(cyc) = wire("cyc", to) else { continue };
            let [stb, adr, we, sel] = ["stb", "adr", "we", "sel"]
                .map(|name| wire(name, to).expect("Wishbone has it with CYC"));
            let [ack, err] =
                ["ack", "err"].map(|name| wire(name, from).expect("Wishbone has it with CYC"));
            let asks = cyc & stb;
            let data = wire("dat", to).map(|data| data & we.repeat(data.width()));
            let payload = cat(&[&[adr, we, sel][..], data.as_slice()].concat());
            let waits = asks & !(ack | err);
            let stays = self.stays(&format!("{bus}_"), waits, asks, &payload);
            let master = format!("{bus}_cyc_{to}");
            self.rule(&master, format!("{bus}_access_stays"), stays);
            self.rule(&master, format!("{bus}_stb_is_in_a_cycle"), !stb | cyc);
            let slave = format!("{bus}_ack_{from}");
            self.rule(&slave, format!("{bus}_end_is_asked_for"), !(ack | err) | asks);
            self.rule(&slave, format!("{bus}_ends_in_one_way"), !(ack & err));
        }
    }
}
