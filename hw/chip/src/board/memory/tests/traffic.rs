//! Random requests on all ports in every cycle, each answer compared with the model's.

mod offers;

use std::collections::VecDeque;

use systole_hdl::prelude::*;

use super::model::{Model, bits};
use super::random::Random;

/// How often each side offers or takes something when it can, in percent.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    pub fetch: u32,
    pub access: u32,
    pub read: u32,
    pub write: u32,
    pub take_read: u32,
    pub take_answer: u32,
    pub beat: u32,
}

/// A word to write.
struct Word {
    address: u32,
    data: Vec<u8>,
    strobe: u64,
    last: bool,
}

/// What the response of the hart must be: data unless it is a write, or an error.
type Response = Option<Option<Bits>>;

pub struct Traffic {
    pub sim: Interpreter,
    pub model: Model,
    rates: Rates,
    random: Random,
    fetch_bytes: u32,
    beat_bytes: u32,
    overlay: bool,
    /// The NPU moves single words, one after the other.
    pub single: bool,
    /// Offers that were not taken yet.
    fetch: Option<u32>,
    access: Option<(u32, Option<Word>)>,
    read: Option<(u32, u32)>,
    write: Option<(u32, u32)>,
    beat: Option<Word>,
    /// What is expected of the hart's responses in this cycle, and of beats and answers in order.
    fetched: Option<Option<Bits>>,
    accessed: Option<Response>,
    beats_to_read: VecDeque<(u32, bool)>,
    beat_read: Option<Option<Bits>>,
    beats_to_write: VecDeque<Word>,
    burst_good: bool,
    answers: VecDeque<bool>,
}

impl Traffic {
    pub fn new(
        sim: Interpreter,
        model: Model,
        (fetch_bits, beat_bits): (u32, u32),
        rates: Rates,
        seed: u64,
    ) -> Self {
        Self {
            sim,
            model,
            rates,
            random: Random::new(seed),
            fetch_bytes: fetch_bits / 8,
            beat_bytes: beat_bits / 8,
            overlay: false,
            single: false,
            fetch: None,
            access: None,
            read: None,
            write: None,
            beat: None,
            fetched: None,
            accessed: None,
            beats_to_read: VecDeque::new(),
            beat_read: None,
            beats_to_write: VecDeque::new(),
            burst_good: true,
            answers: VecDeque::new(),
        }
    }

    /// One cycle.
    pub fn cycle(&mut self) {
        if self.random.chance(2) {
            self.overlay = !self.overlay;
        }
        self.sim.set("overlay", u64::from(self.overlay));
        self.offer();
        self.drive_hart();
        if self.has_npu() {
            self.drive_axi();
        }
        self.check_hart();
        if self.has_npu() {
            self.check_beat_read();
            self.check_answer();
            self.take_beats();
        }
        self.take_writes();
        self.take_reads();
        self.sim.step();
        assert!(self.sim.failed().is_empty(), "{:?}", self.sim.failed());
    }

    fn has_npu(&self) -> bool {
        self.beat_bytes > 0
    }

    /// Offers nothing new and takes everything until all is quiet.
    pub fn drain(&mut self) {
        let none = Rates {
            fetch: 0,
            access: 0,
            read: 0,
            write: 0,
            take_read: 100,
            take_answer: 100,
            beat: 100,
        };
        self.rates = none;
        for _ in 0..2000 {
            self.cycle();
        }
        let quiet = self.fetch.is_none()
            && self.access.is_none()
            && self.read.is_none()
            && self.beats_to_read.is_empty()
            && self.beat.is_none()
            && self.answers.is_empty();
        assert!(quiet, "something hangs");
    }

    fn drive_hart(&mut self) {
        let sim = &mut self.sim;
        sim.set("ibus_req_valid", u64::from(self.fetch.is_some()));
        sim.set("ibus_req_address", u64::from(self.fetch.unwrap_or(0)));
        sim.set("dbus_req_valid", u64::from(self.access.is_some()));
        let Some((address, write)) = &self.access else { return };
        sim.set("dbus_req_address", u64::from(*address));
        sim.set("dbus_req_write", u64::from(write.is_some()));
        sim.set("dbus_req_wstrb", write.as_ref().map_or(0, |word| word.strobe));
        sim.set_bits("dbus_req_wdata", write.as_ref().map_or(Bits::zero(32), |w| bits(&w.data)));
    }

    fn drive_axi(&mut self) {
        let sim = &mut self.sim;
        for (channel, burst) in [("ar", self.read), ("aw", self.write)] {
            let (address, length) = burst.unwrap_or((0, 0));
            sim.set(&format!("m_axi_{channel}valid"), u64::from(burst.is_some()));
            sim.set(&format!("m_axi_{channel}addr"), u64::from(address));
            sim.set(&format!("m_axi_{channel}len"), u64::from(length));
        }
        sim.set("m_axi_rready", u64::from(self.random.chance(self.rates.take_read)));
        sim.set("m_axi_bready", u64::from(self.random.chance(self.rates.take_answer)));
        sim.set("m_axi_wvalid", u64::from(self.beat.is_some()));
        let Some(word) = &self.beat else { return };
        sim.set_bits("m_axi_wdata", bits(&word.data));
        sim.set("m_axi_wstrb", word.strobe);
        sim.set("m_axi_wlast", u64::from(word.last));
    }

    fn is(&self, port: &str) -> bool {
        self.sim.get(port) == 1
    }

    /// Compares the hart's responses to what was taken in the cycle before.
    fn check_hart(&mut self) {
        let fetched = self.fetched.take();
        assert_eq!(self.is("ibus_rsp_valid"), fetched.is_some());
        if let Some(word) = fetched {
            self.compare("ibus", word);
        }
        let accessed = self.accessed.take();
        assert_eq!(self.is("dbus_rsp_valid"), accessed.is_some());
        match accessed {
            Some(Some(word)) => self.compare("dbus", word),
            Some(None) => assert!(!self.is("dbus_rsp_error")),
            None => {}
        }
    }

    /// Compares a response of the hart with a word, or with an error.
    fn compare(&self, bus: &str, expected: Option<Bits>) {
        assert_eq!(self.is(&format!("{bus}_rsp_error")), expected.is_none(), "{bus}");
        if let Some(word) = expected {
            assert_eq!(self.sim.get_bits(&format!("{bus}_rsp_rdata")), word, "{bus}");
        }
    }

    /// A beat is on the bus in the cycle after it was read, and stays what it was.
    fn check_beat_read(&mut self) {
        if !self.is("m_axi_rvalid") {
            return;
        }
        let &(address, last) = self.beats_to_read.front().expect("a beat that nobody asked for");
        let now = self.model.npu_reads(address, self.beat_bytes);
        let expected = self.beat_read.take().unwrap_or(now);
        assert_eq!(self.sim.get("m_axi_rresp"), if expected.is_some() { 0 } else { 3 });
        assert_eq!(self.is("m_axi_rlast"), last);
        if let Some(word) = &expected {
            assert_eq!(self.sim.get_bits("m_axi_rdata"), *word);
        }
        if self.is("m_axi_rready") {
            self.beats_to_read.pop_front();
        } else {
            self.beat_read = Some(expected);
        }
    }

    fn check_answer(&mut self) {
        if self.is("m_axi_bvalid") {
            let good = *self.answers.front().expect("an answer to nothing");
            assert_eq!(self.sim.get("m_axi_bresp"), if good { 0 } else { 3 });
            if self.is("m_axi_bready") {
                self.answers.pop_front();
            }
        }
    }

    /// What is written in this cycle; reads of the same cycle see it.
    fn take_writes(&mut self) {
        if self.is("dbus_req_ready")
            && let Some((address, Some(word))) = self.access.take_if(|(_, write)| write.is_some())
        {
            let good = self.model.write(address, &word.data, word.strobe);
            // A good write has no data to compare.
            self.accessed = Some((!good).then_some(None));
        }
    }

    /// As [`take_writes`](Self::take_writes), of the NPU, and its bursts.
    fn take_beats(&mut self) {
        if self.is("m_axi_wready")
            && let Some(word) = self.beat.take()
        {
            self.burst_good &= self.model.write(word.address, &word.data, word.strobe);
            if word.last {
                self.answers.push_back(self.burst_good);
                self.burst_good = true;
            }
        }
        if self.is("m_axi_awready") {
            self.write = None;
        }
        if self.is("m_axi_arready")
            && let Some((address, length)) = self.read.take()
        {
            let beats = (0..=length).map(|n| (address + n * self.beat_bytes, n == length));
            self.beats_to_read.extend(beats);
        }
    }

    fn take_reads(&mut self) {
        if self.is("ibus_req_ready")
            && let Some(address) = self.fetch.take()
        {
            self.fetched = Some(self.model.hart_reads(address, self.fetch_bytes, self.overlay));
        }
        if self.is("dbus_req_ready")
            && let Some((address, None)) = self.access.take_if(|(_, write)| write.is_none())
        {
            self.accessed = Some(Some(self.model.hart_reads(address, 4, self.overlay)));
        }
    }
}
