//! Those who perform accesses: slaves, with random words and errors, when they like.

use std::collections::VecDeque;

use systole_hdl::prelude::*;

use super::{Access, Answer, Performed, Random, Rates};

/// The side of a bridge where accesses are performed.
pub trait Performer {
    /// Sets the inputs of a cycle.
    fn drive(&mut self, sim: &mut Interpreter, rates: &Rates, random: &mut Random);
    /// Looks at what moves in it.
    fn observe(&mut self, sim: &Interpreter, random: &mut Random, performed: &mut Performed);
}

fn is(sim: &Interpreter, port: &str) -> bool {
    sim.get(port) == 1
}

/// The answer to an access to a bus whose words have so many bits.
fn answer(access: &Access, bits: u32, random: &mut Random, fail: u32) -> Answer {
    let data = if access.write.is_some() { 0 } else { random.next() >> (64 - bits) };
    Answer { data, failed: random.chance(fail) }
}

/// The ports `bus_*` of a device.
#[derive(Default)]
pub struct Device {
    taken: VecDeque<Access>,
    given: Option<Answer>,
}

impl Performer for Device {
    fn drive(&mut self, sim: &mut Interpreter, rates: &Rates, random: &mut Random) {
        sim.set("bus_req_ready", u64::from(random.chance(rates.take)));
        let due = self.taken.front().filter(|_| random.chance(rates.answer));
        self.given = due.map(|access| answer(access, 32, random, rates.fail));
        sim.set("bus_rsp_valid", u64::from(self.given.is_some()));
        let Answer { data, failed } = self.given.unwrap_or(Answer { data: 0, failed: false });
        sim.set("bus_rsp_rdata", data);
        sim.set("bus_rsp_error", u64::from(failed));
    }

    fn observe(&mut self, sim: &Interpreter, _: &mut Random, performed: &mut Performed) {
        if let Some(answer) = self.given.take() {
            performed.push_back((self.taken.pop_front().expect("it is due"), answer));
        }
        if is(sim, "bus_req_valid") && is(sim, "bus_req_ready") {
            let [write, data] = ["write", "wdata"].map(|n| sim.get(&format!("bus_req_{n}")));
            let strobe = sim.get("bus_req_wstrb");
            assert!(write == 1 || strobe == 0);
            let write = (write == 1).then_some((data, strobe));
            self.taken.push_back(Access { address: sim.get("bus_req_address"), write });
        }
    }
}

/// A slave of AXI4-Lite, which takes addresses and data in any order, and performs an access when it
/// answers: reads before older writes, as the standard allows.
pub struct LiteSlave {
    writes: bool,
    reads: VecDeque<u64>,
    addresses: VecDeque<u64>,
    data: VecDeque<(u64, u64)>,
    word: Option<Answer>,
    written: Option<Answer>,
}

impl LiteSlave {
    /// With write channels or without.
    pub fn new(writes: bool) -> Self {
        let (reads, addresses, data) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        Self { writes, reads, addresses, data, word: None, written: None }
    }
}

/// OKAY or one of the two errors.
fn resp(answer: Option<Answer>, random: &mut Random) -> u64 {
    match answer {
        Some(Answer { failed: true, .. }) => 2 + u64::from(random.chance(50)),
        _ => 0,
    }
}

impl Performer for LiteSlave {
    fn drive(&mut self, sim: &mut Interpreter, rates: &Rates, random: &mut Random) {
        sim.set("m_axil_arready", u64::from(random.chance(rates.take)));
        let bits = sim.get_bits("bus_rsp_rdata").width();
        let read = self.reads.front().filter(|_| random.chance(rates.answer));
        self.word =
            read.map(|&address| answer(&Access { address, write: None }, bits, random, rates.fail));
        sim.set("m_axil_rvalid", u64::from(self.word.is_some()));
        sim.set("m_axil_rdata", self.word.map_or(0, |word| word.data));
        sim.set("m_axil_rresp", resp(self.word, random));
        if !self.writes {
            return;
        }
        for channel in ["aw", "w"] {
            sim.set(&format!("m_axil_{channel}ready"), u64::from(random.chance(rates.take)));
        }
        let both = !self.addresses.is_empty() && !self.data.is_empty();
        let failed = random.chance(rates.fail);
        self.written = (both && random.chance(rates.answer)).then_some(Answer { data: 0, failed });
        sim.set("m_axil_bvalid", u64::from(self.written.is_some()));
        sim.set("m_axil_bresp", resp(self.written, random));
    }

    fn observe(&mut self, sim: &Interpreter, _: &mut Random, performed: &mut Performed) {
        let moves = |channel: &str| {
            is(sim, &format!("m_axil_{channel}valid")) && is(sim, &format!("m_axil_{channel}ready"))
        };
        if let Some(answer) = self.word.take() {
            assert!(moves("r"), "the hart takes every answer at once");
            let address = self.reads.pop_front().expect("it is answered");
            performed.push_back((Access { address, write: None }, answer));
        }
        if let Some(answer) = self.written.take() {
            assert!(moves("b"), "the hart takes every answer at once");
            let address = self.addresses.pop_front().expect("it is answered");
            performed.push_back((Access { address, write: self.data.pop_front() }, answer));
        }
        if moves("ar") {
            self.reads.push_back(sim.get("m_axil_araddr"));
        }
        if self.writes && moves("aw") {
            self.addresses.push_back(sim.get("m_axil_awaddr"));
        }
        if self.writes && moves("w") {
            self.data.push_back((sim.get("m_axil_wdata"), sim.get("m_axil_wstrb")));
        }
    }
}

/// A slave of Wishbone, which may answer in the cycle in which it is asked.
pub struct WishboneSlave {
    writes: bool,
    given: Option<(Access, Answer)>,
}

impl WishboneSlave {
    /// For a master that writes or for one that only reads.
    pub fn new(writes: bool) -> Self {
        Self { writes, given: None }
    }
}

impl Performer for WishboneSlave {
    fn drive(&mut self, sim: &mut Interpreter, rates: &Rates, random: &mut Random) {
        let asked = is(sim, "wbm_cyc_o") && is(sim, "wbm_stb_o");
        self.given = (asked && random.chance(rates.answer)).then(|| {
            let all = u64::MAX >> (64 - sim.get_bits("wbm_sel_o").width());
            let strobe = sim.get("wbm_sel_o");
            let write = is(sim, "wbm_we_o");
            assert!(self.writes || !write);
            assert!(write || strobe == all, "a read is one of whole words");
            let write = write.then(|| (sim.get("wbm_dat_o"), strobe));
            let access = Access { address: sim.get("wbm_adr_o"), write };
            let bits = sim.get_bits("wbm_sel_o").width() * 8;
            let answer = answer(&access, bits, random, rates.fail);
            (access, answer)
        });
        let answer = self.given.as_ref().map(|(_, answer)| *answer);
        let failed = answer.is_some_and(|answer| answer.failed);
        sim.set("wbm_ack_i", u64::from(answer.is_some() && !failed));
        sim.set("wbm_err_i", u64::from(failed));
        sim.set("wbm_dat_i", answer.map_or(0, |answer| answer.data));
    }

    fn observe(&mut self, _: &Interpreter, _: &mut Random, performed: &mut Performed) {
        performed.extend(self.given.take());
    }
}
