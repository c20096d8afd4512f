//! An AXI memory with random stalls that checks the protocol and logs what is read and written.

use std::collections::{HashSet, VecDeque};

use systole_hdl::prelude::*;

use super::random::Random;

pub const BASE: u32 = 0x8000_0000;
pub const SIZE: u32 = 0x1_0000;

struct Beat {
    data: Vec<u8>,
    error: bool,
    last: bool,
    not_before: u64,
}

struct WriteBurst {
    address: u32,
    beats_left: u32,
}

/// How often the memory stalls.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Chance of `ready` or of a next answer, in percent.
    pub go: u32,
    /// Longest extra latency of an answer in cycles.
    pub latency: u32,
}

/// Never stalls, answers in the next cycle.
pub const FAST: Timing = Timing { go: 100, latency: 0 };

/// The memory and the state of its five channels.
pub struct AxiMemory {
    pub bytes: Vec<u8>,
    /// Bus words (addresses) that answer reads with an error.
    pub bad_reads: HashSet<u32>,
    /// Bus words (addresses) whose bursts are answered with an error.
    pub bad_writes: HashSet<u32>,
    /// Every byte written: address and value, in order.
    pub written: Vec<(u32, u8)>,
    /// Every bus word read, in order.
    pub read_words: Vec<u32>,
    /// Beats moved on the read data channel.
    pub read_beats: u64,
    /// Beats moved on the write data channel.
    pub write_beats: u64,
    bus: u32,
    timing: Timing,
    random: Random,
    cycle: u64,
    answers: VecDeque<Beat>,
    bursts: VecDeque<WriteBurst>,
    beats: VecDeque<(Vec<u8>, u64, bool)>,
    responses: VecDeque<(bool, u64)>,
    burst_bad: bool,
    waiting: [Option<Vec<u64>>; 3],
    r_valid: bool,
    b_valid: bool,
}

impl AxiMemory {
    pub fn new(bus: u32, timing: Timing, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let bytes = (0..SIZE).map(|_| random.next() as u8).collect();
        Self {
            bytes,
            bad_reads: HashSet::new(),
            bad_writes: HashSet::new(),
            written: Vec::new(),
            read_words: Vec::new(),
            read_beats: 0,
            write_beats: 0,
            bus,
            timing,
            random,
            cycle: 0,
            answers: VecDeque::new(),
            bursts: VecDeque::new(),
            beats: VecDeque::new(),
            responses: VecDeque::new(),
            burst_bad: false,
            waiting: [const { None }; 3],
            r_valid: false,
            b_valid: false,
        }
    }

    pub fn write(&mut self, address: u32, bytes: &[u8]) {
        let at = (address - BASE) as usize;
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Nothing is under way.
    pub fn quiet(&self) -> bool {
        self.answers.is_empty()
            && self.bursts.is_empty()
            && self.beats.is_empty()
            && self.responses.is_empty()
    }

    /// One cycle: drives the channels' inputs, looks at the outputs, does the transfers. The caller
    /// steps the simulation afterwards.
    pub fn cycle(&mut self, sim: &mut Interpreter) {
        self.cycle += 1;
        let ready = [(); 3].map(|()| self.random.chance(self.timing.go));
        for (port, ready) in ["arready", "awready", "wready"].iter().zip(ready) {
            sim.set(&format!("m_axi_{port}"), u64::from(ready));
        }
        self.drive_r(sim);
        self.drive_b(sim);

        self.check_stable(sim, 0, "m_axi_arvalid", &["m_axi_araddr", "m_axi_arlen"], ready[0]);
        self.check_stable(sim, 1, "m_axi_awvalid", &["m_axi_awaddr", "m_axi_awlen"], ready[1]);
        let w = ["m_axi_wdata", "m_axi_wstrb", "m_axi_wlast"];
        self.check_stable(sim, 2, "m_axi_wvalid", &w, ready[2]);

        if self.r_valid && sim.get("m_axi_rready") == 1 {
            self.answers.pop_front();
            self.read_beats += 1;
            self.r_valid = false;
        }
        if self.b_valid && sim.get("m_axi_bready") == 1 {
            self.responses.pop_front();
            self.b_valid = false;
        }
        if ready[0] && sim.get("m_axi_arvalid") == 1 {
            self.accept_read(sim.get("m_axi_araddr") as u32, sim.get("m_axi_arlen") as u32);
        }
        if ready[1] && sim.get("m_axi_awvalid") == 1 {
            let (address, length) = (sim.get("m_axi_awaddr") as u32, sim.get("m_axi_awlen") as u32);
            self.check_burst(address, length);
            self.bursts.push_back(WriteBurst { address, beats_left: length + 1 });
        }
        if ready[2] && sim.get("m_axi_wvalid") == 1 {
            let data = to_bytes(&sim.get_bits("m_axi_wdata"), self.bus);
            let last = sim.get("m_axi_wlast") == 1;
            self.write_beats += 1;
            self.beats.push_back((data, sim.get("m_axi_wstrb"), last));
        }
        self.write_beats();
    }

    fn drive_r(&mut self, sim: &mut Interpreter) {
        let due = self.answers.front().is_some_and(|beat| beat.not_before <= self.cycle);
        self.r_valid = due && (self.r_valid || self.random.chance(self.timing.go));
        sim.set("m_axi_rvalid", u64::from(self.r_valid));
        let Some(beat) = self.answers.front().filter(|_| self.r_valid) else { return };
        sim.set_bits("m_axi_rdata", from_bytes(&beat.data));
        sim.set("m_axi_rresp", if beat.error { 2 } else { 0 });
        sim.set("m_axi_rlast", u64::from(beat.last));
    }

    fn drive_b(&mut self, sim: &mut Interpreter) {
        let due = self.responses.front().is_some_and(|&(_, not_before)| not_before <= self.cycle);
        self.b_valid = due && (self.b_valid || self.random.chance(self.timing.go));
        sim.set("m_axi_bvalid", u64::from(self.b_valid));
        let bad = self.responses.front().is_some_and(|&(bad, _)| bad);
        sim.set("m_axi_bresp", if bad { 2 } else { 0 });
    }

    /// A channel's payload must not change while it waits.
    fn check_stable(
        &mut self,
        sim: &Interpreter,
        channel: usize,
        valid: &str,
        payload: &[&str],
        ready: bool,
    ) {
        let now = (sim.get(valid) == 1).then(|| {
            payload.iter().flat_map(|port| sim.get_bits(port).words().to_vec()).collect::<Vec<_>>()
        });
        if let Some(before) = self.waiting[channel].take() {
            assert_eq!(now.as_ref(), Some(&before), "{valid}: payload changed while waiting");
        }
        self.waiting[channel] = now.filter(|_| !ready);
    }

    fn check_burst(&self, address: u32, length: u32) {
        assert_eq!(address % self.bus, 0, "burst at {address:#x} is not aligned");
        assert!(length < 16, "burst of {} beats", length + 1);
        let end = u64::from(address) + u64::from((length + 1) * self.bus) - 1;
        assert_eq!(u64::from(address) >> 12, end >> 12, "burst at {address:#x} crosses 4 KiB");
    }

    fn due(&mut self) -> u64 {
        self.cycle + 1 + u64::from(self.random.below(self.timing.latency + 1))
    }

    fn mapped(&self, address: u32) -> bool {
        (BASE..BASE + SIZE).contains(&address)
    }

    fn accept_read(&mut self, address: u32, length: u32) {
        self.check_burst(address, length);
        let not_before = self.due();
        for beat in 0..=length {
            let word = address + beat * self.bus;
            let error = !self.mapped(word) || self.bad_reads.contains(&word);
            let data = if error {
                vec![0xee; self.bus as usize]
            } else {
                let at = (word - BASE) as usize;
                self.bytes[at..at + self.bus as usize].to_vec()
            };
            self.read_words.push(word);
            self.answers.push_back(Beat { data, error, last: beat == length, not_before });
        }
    }

    fn write_beats(&mut self) {
        while let (Some(burst), Some(_)) = (self.bursts.front_mut(), self.beats.front()) {
            let (data, strobe, last) = self.beats.pop_front().expect("there is one");
            burst.beats_left -= 1;
            assert_eq!(last, burst.beats_left == 0, "wlast at {:#x}", burst.address);
            let word = burst.address;
            burst.address = word.wrapping_add(self.bus);
            let bad = !(BASE..BASE + SIZE).contains(&word) || self.bad_writes.contains(&word);
            self.burst_bad |= bad;
            for (lane, &byte) in data.iter().enumerate() {
                if strobe >> lane & 1 == 1 && !bad {
                    self.bytes[(word - BASE) as usize + lane] = byte;
                    self.written.push((word + lane as u32, byte));
                }
            }
            if last {
                self.bursts.pop_front();
                let response = (self.burst_bad, self.due());
                self.responses.push_back(response);
                self.burst_bad = false;
            }
        }
    }
}

fn to_bytes(bits: &Bits, count: u32) -> Vec<u8> {
    (0..count).map(|n| (bits.words()[n as usize / 8] >> (n % 8 * 8)) as u8).collect()
}

fn from_bytes(bytes: &[u8]) -> Bits {
    let words: Vec<u64> = bytes
        .chunks(8)
        .map(|chunk| chunk.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)))
        .collect();
    Bits::from_words(8 * bytes.len() as u32, &words)
}
