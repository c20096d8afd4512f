//! Hosts: masters of AXI4-Lite and of Wishbone.

use std::collections::VecDeque;

use systole_hdl::prelude::*;

use super::super::SLAVE_BITS;
use super::{Access, Asker, Performed, Random, Rates, access, answer_to, is};

/// A master of AXI4-Lite that reads and writes at the same time.
#[derive(Default)]
pub struct LiteHost {
    read: Option<u64>,
    write_address: Option<u64>,
    write_data: Option<(u64, u64)>,
    reads: VecDeque<Access>,
    writes: VecDeque<Access>,
    /// Of a write of which one half was not offered yet.
    addresses: VecDeque<u64>,
    data: VecDeque<(u64, u64)>,
}

impl LiteHost {
    fn ask(&mut self, rates: &Rates, random: &mut Random) {
        if random.chance(rates.ask) && self.addresses.len() + self.data.len() < 4 {
            let asked = access(random, SLAVE_BITS, 4, true);
            match asked.write {
                Some(data) => {
                    self.addresses.push_back(asked.address);
                    self.data.push_back(data);
                    self.writes.push_back(asked);
                }
                None if self.read.is_none() => {
                    self.read = Some(asked.address);
                    self.reads.push_back(asked);
                }
                None => {}
            }
        }
        // Each half in its own time, and at last when nothing new is asked for.
        let late = |random: &mut Random| rates.ask == 0 || random.chance(50);
        if self.write_address.is_none() && late(random) {
            self.write_address = self.addresses.pop_front();
        }
        if self.write_data.is_none() && late(random) {
            self.write_data = self.data.pop_front();
        }
    }
}

impl Asker for LiteHost {
    fn drive(&mut self, sim: &mut Interpreter, rates: &Rates, random: &mut Random) {
        self.ask(rates, random);
        let mut offer = |channel: &str, fields: &[(&str, Option<u64>)]| {
            sim.set(&format!("s_axil_{channel}valid"), u64::from(fields[0].1.is_some()));
            for (name, value) in fields {
                sim.set(&format!("s_axil_{channel}{name}"), value.unwrap_or(0));
            }
        };
        offer("ar", &[("addr", self.read)]);
        offer("aw", &[("addr", self.write_address)]);
        let halves = [self.write_data.map(|word| word.0), self.write_data.map(|word| word.1)];
        offer("w", &[("data", halves[0]), ("strb", halves[1])]);
        for channel in ["r", "b"] {
            sim.set(&format!("s_axil_{channel}ready"), u64::from(random.chance(rates.accept)));
        }
    }

    fn observe(&mut self, sim: &Interpreter, performed: &mut Performed) {
        let moves = |channel: &str| {
            is(sim, &format!("s_axil_{channel}valid")) && is(sim, &format!("s_axil_{channel}ready"))
        };
        let resp = |failed: bool| if failed { 2 } else { 0 };
        if moves("r") {
            let answer = answer_to(&mut self.reads, performed);
            assert_eq!(sim.get("s_axil_rresp"), resp(answer.failed));
            assert_eq!(sim.get("s_axil_rdata"), answer.data);
        }
        if moves("b") {
            let answer = answer_to(&mut self.writes, performed);
            assert_eq!(sim.get("s_axil_bresp"), resp(answer.failed));
        }
        if moves("ar") {
            self.read = None;
        }
        if moves("aw") {
            self.write_address = None;
        }
        if moves("w") {
            self.write_data = None;
        }
    }

    fn is_done(&self) -> bool {
        self.reads.is_empty() && self.writes.is_empty()
    }
}

/// A master of Wishbone.
#[derive(Default)]
pub struct WishboneHost {
    asked: VecDeque<Access>,
}

impl Asker for WishboneHost {
    fn drive(&mut self, sim: &mut Interpreter, rates: &Rates, random: &mut Random) {
        if self.asked.is_empty() && random.chance(rates.ask) {
            self.asked.push_back(access(random, SLAVE_BITS, 4, true));
        }
        let asks = u64::from(!self.asked.is_empty());
        sim.set("wbs_cyc_i", asks);
        sim.set("wbs_stb_i", asks);
        let Some(Access { address, write }) = self.asked.front() else { return };
        let (data, strobe) = write.unwrap_or((0, 15));
        sim.set("wbs_adr_i", *address);
        sim.set("wbs_we_i", u64::from(write.is_some()));
        sim.set("wbs_dat_i", data);
        sim.set("wbs_sel_i", strobe);
    }

    fn observe(&mut self, sim: &Interpreter, performed: &mut Performed) {
        let (ack, err) = (is(sim, "wbs_ack_o"), is(sim, "wbs_err_o"));
        if ack || err {
            let read = self.asked.front().is_some_and(|access| access.write.is_none());
            let answer = answer_to(&mut self.asked, performed);
            assert_eq!(err, answer.failed);
            assert!(!read || sim.get("wbs_dat_o") == answer.data);
        }
    }

    fn is_done(&self) -> bool {
        self.asked.is_empty()
    }
}
