//! The NPU: bursts of AXI4.

use std::collections::VecDeque;

use systole_hdl::prelude::*;

use super::{Access, Asker, Performed, Random, Rates, access, answer_to, is};

/// Reads and writes bursts of up to 20 beats at the same time.
pub struct BurstHost {
    bytes: u32,
    /// Address and number of beats minus 1.
    read: Option<(u64, u64)>,
    write: Option<(u64, u64)>,
    beat: Option<(u64, u64, bool)>,
    beats: VecDeque<(u64, u64, bool)>,
    /// Beats that are not answered, and for reads which are the last ones.
    reads: VecDeque<Access>,
    lasts: VecDeque<bool>,
    writes: VecDeque<Access>,
    /// Beats of each burst that is not answered.
    lengths: VecDeque<u64>,
}

impl BurstHost {
    pub fn new(bits: u32) -> Self {
        Self {
            bytes: bits / 8,
            read: None,
            write: None,
            beat: None,
            beats: VecDeque::new(),
            reads: VecDeque::new(),
            lasts: VecDeque::new(),
            writes: VecDeque::new(),
            lengths: VecDeque::new(),
        }
    }

    /// An address and a length that end in the same 4 KiB.
    fn burst(&self, random: &mut Random) -> (u64, u64) {
        let bytes = self.bytes;
        let page = random.next() >> 44 << 12;
        let near_end = random.chance(50);
        let offset = if near_end { 0xf80 + random.below(128) } else { random.below(0x1000) };
        let offset = offset & !(bytes - 1);
        let room = (0x1000 - offset) / bytes;
        (page | u64::from(offset), u64::from(random.below(room.min(20))))
    }

    fn ask(&mut self, rates: &Rates, random: &mut Random) {
        let bytes = u64::from(self.bytes);
        if self.read.is_none() && random.chance(rates.ask) {
            let (address, length) = self.burst(random);
            self.read = Some((address, length));
            for n in 0..=length {
                self.reads.push_back(Access { address: address + n * bytes, write: None });
                self.lasts.push_back(n == length);
            }
        }
        if self.write.is_none() && self.beats.is_empty() && random.chance(rates.ask) {
            let (address, length) = self.burst(random);
            self.write = Some((address, length));
            self.lengths.push_back(length + 1);
            for n in 0..=length {
                let (data, strobe) = loop {
                    if let Some(write) = access(random, 32, self.bytes, true).write {
                        break write;
                    }
                };
                let address = address + n * bytes;
                self.writes.push_back(Access { address, write: Some((data, strobe)) });
                self.beats.push_back((data, strobe, n == length));
            }
        }
        if self.beat.is_none() && (rates.ask == 0 || random.chance(70)) {
            self.beat = self.beats.pop_front();
        }
    }
}

impl Asker for BurstHost {
    fn drive(&mut self, sim: &mut Interpreter, rates: &Rates, random: &mut Random) {
        self.ask(rates, random);
        for (channel, burst) in [("ar", self.read), ("aw", self.write)] {
            let (address, length) = burst.unwrap_or((0, 0));
            sim.set(&format!("s_axi_{channel}valid"), u64::from(burst.is_some()));
            sim.set(&format!("s_axi_{channel}addr"), address);
            sim.set(&format!("s_axi_{channel}len"), length);
        }
        let (data, strobe, last) = self.beat.unwrap_or((0, 0, false));
        sim.set("s_axi_wvalid", u64::from(self.beat.is_some()));
        sim.set("s_axi_wdata", data);
        sim.set("s_axi_wstrb", strobe);
        sim.set("s_axi_wlast", u64::from(last));
        for channel in ["r", "b"] {
            sim.set(&format!("s_axi_{channel}ready"), u64::from(random.chance(rates.accept)));
        }
    }

    fn observe(&mut self, sim: &Interpreter, performed: &mut Performed) {
        let moves = |channel: &str| {
            is(sim, &format!("s_axi_{channel}valid")) && is(sim, &format!("s_axi_{channel}ready"))
        };
        if moves("r") {
            let answer = answer_to(&mut self.reads, performed);
            assert_eq!(sim.get("s_axi_rresp"), if answer.failed { 2 } else { 0 });
            assert_eq!(sim.get("s_axi_rdata"), answer.data);
            assert_eq!(Some(is(sim, "s_axi_rlast")), self.lasts.pop_front());
        }
        if moves("b") {
            let beats = self.lengths.pop_front().expect("an answer to nothing");
            let mut failed = false;
            for _ in 0..beats {
                failed |= answer_to(&mut self.writes, performed).failed;
            }
            assert_eq!(sim.get("s_axi_bresp"), if failed { 2 } else { 0 });
        }
        if moves("ar") {
            self.read = None;
        }
        if moves("aw") {
            self.write = None;
        }
        if moves("w") {
            self.beat = None;
        }
    }

    fn is_done(&self) -> bool {
        self.reads.is_empty() && self.writes.is_empty() && self.lengths.is_empty()
    }
}
