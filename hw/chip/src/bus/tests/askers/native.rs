//! The hart's side: the ports `bus_*`.

use std::collections::VecDeque;

use systole_hdl::prelude::*;

use super::super::MOST;
use super::{Access, Answer, Asker, Performed, Random, Rates, access, is};

/// Asks without ever refusing an answer.
pub struct Native {
    bytes: u32,
    writes: bool,
    offered: Option<Access>,
    asked: VecDeque<Access>,
}

impl Native {
    pub fn data() -> Self {
        Self { bytes: 4, writes: true, offered: None, asked: VecDeque::new() }
    }

    pub fn fetch(bits: u32) -> Self {
        Self { bytes: bits / 8, writes: false, offered: None, asked: VecDeque::new() }
    }
}

impl Asker for Native {
    fn drive(&mut self, sim: &mut Interpreter, rates: &Rates, random: &mut Random) {
        let room = self.asked.len() < MOST as usize;
        if self.offered.is_none() && room && random.chance(rates.ask) {
            self.offered = Some(access(random, 32, self.bytes, self.writes));
        }
        sim.set("bus_req_valid", u64::from(self.offered.is_some()));
        let Some(Access { address, write }) = &self.offered else { return };
        sim.set("bus_req_address", *address);
        if self.writes {
            let (data, strobe) = write.unwrap_or((0, 0));
            sim.set("bus_req_write", u64::from(write.is_some()));
            sim.set("bus_req_wdata", data);
            sim.set("bus_req_wstrb", strobe);
        }
    }

    fn observe(&mut self, sim: &Interpreter, performed: &mut Performed) {
        if is(sim, "bus_rsp_valid") {
            let (access, Answer { data, failed }) =
                performed.pop_front().expect("an answer, and nothing was performed");
            assert_eq!(Some(&access), self.asked.pop_front().as_ref());
            assert_eq!(is(sim, "bus_rsp_error"), failed);
            assert!(access.write.is_some() || sim.get("bus_rsp_rdata") == data);
        }
        if is(sim, "bus_req_ready") {
            self.asked.extend(self.offered.take());
        }
    }

    fn is_done(&self) -> bool {
        self.offered.is_none() && self.asked.is_empty()
    }
}
