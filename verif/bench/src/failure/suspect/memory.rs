//! What is wrong in memory: back to the hart's store to it.

use systole_hdl::Bits;
use systole_hdl::origin::{Action, Expected, Step};

use super::Search;

impl Search<'_> {
    /// What came from memory was stored there before: on to the hart's last store to that word.
    pub(super) fn beyond_memory(&self, mut steps: Vec<Step>) -> Vec<Step> {
        let from_memory =
            |step: &Step| step.action == Action::Input && step.signal == "dbus_rsp_rdata";
        let Some(last) = steps.last().filter(|step| from_memory(step)) else { return steps };
        let Some(pair) = self.divergence.history.last() else { return steps };
        let at = self.store_before(last.cycle, pair.golden.mem_addr);
        let Some(at) = at else { return steps };
        let read = pair.golden.mem_rdata;
        let lanes = (0..4).filter(|lane| pair.golden.mem_rmask >> lane & 1 == 1);
        let wrong = |lane: &u32| {
            let byte = |word: u64| word >> (8 * lane) & 0xff;
            byte(self.number("dbus_req_wdata", at)) != byte(read.into())
        };
        if let Some(lane) = lanes.clone().find(wrong) {
            let expected = Bits::new(8, u64::from(read >> (8 * lane) & 0xff));
            steps.extend(self.follow("dbus_req_wdata", 8 * lane, at, Expected::Value(expected)));
        } else if lanes.clone().any(|lane| self.number("dbus_req_wstrb", at) >> lane & 1 == 0) {
            let expected = Bits::new(4, pair.golden.mem_rmask.into());
            steps.extend(self.follow("dbus_req_wstrb", 0, at, Expected::Value(expected)));
        }
        steps
    }

    /// A byte of memory that is wrong at the end: the last store to its word, or where that went.
    pub(super) fn memory_byte(&self, address: u32, golden: u8) -> Vec<Step> {
        let (word, lane) = (address & !3, address & 3);
        let Some(at) = self.store_before(self.divergence.cycle, word) else { return Vec::new() };
        if self.number("dbus_req_wstrb", at) >> lane & 1 == 0 {
            let expected = Expected::Value(Bits::new(1, 1));
            return self.follow("dbus_req_wstrb", lane, at, expected);
        }
        let expected = Expected::Value(Bits::new(8, golden.into()));
        self.follow("dbus_req_wdata", 8 * lane, at, expected)
    }

    /// The last cycle before `cycle` in which the hart stored something in a word of memory.
    fn store_before(&self, cycle: u64, word: u32) -> Option<u64> {
        let number = |name, cycle| self.number(name, cycle);
        let stores = |&at: &u64| {
            number("dbus_req_valid", at) & number("dbus_req_ready", at) == 1
                && number("dbus_req_write", at) == 1
                && number("dbus_req_address", at) as u32 & !3 == word
        };
        (0..cycle).rev().find(stores)
    }
}
