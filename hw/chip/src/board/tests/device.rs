//! Accesses of a device's registers.

use systole_hdl::prelude::*;

/// A device under test.
pub struct Device(pub Interpreter);

impl Device {
    /// The device after reset; `inputs` are the values of its other inputs, from then on.
    pub fn new(module: &Module, inputs: &[(&str, u64)]) -> Self {
        let design = check(module).unwrap_or_else(|errors| panic!("{errors}"));
        let mut sim = Interpreter::new(&design);
        for (port, value) in inputs {
            sim.set(port, *value);
        }
        sim.reset();
        Self(sim)
    }

    /// One access in one cycle: data and whether it failed.
    pub fn access(&mut self, offset: u32, write: Option<(u32, u64)>) -> (u32, bool) {
        let sim = &mut self.0;
        let (data, strobes) = write.unwrap_or((0, 0));
        sim.set("bus_req_valid", 1);
        sim.set("bus_req_address", u64::from(offset));
        sim.set("bus_req_write", u64::from(write.is_some()));
        sim.set("bus_req_wdata", u64::from(data));
        sim.set("bus_req_wstrb", strobes);
        assert_eq!(sim.get("bus_req_ready"), 1);
        sim.step();
        sim.set("bus_req_valid", 0);
        assert_eq!(sim.get("bus_rsp_valid"), 1);
        (sim.get("bus_rsp_rdata") as u32, sim.get("bus_rsp_error") == 1)
    }

    pub fn write(&mut self, offset: u32, data: u32) {
        assert!(!self.access(offset, Some((data, 0xf))).1, "write at {offset:#x}");
    }

    pub fn read(&mut self, offset: u32) -> u32 {
        let (data, failed) = self.access(offset, None);
        assert!(!failed, "read at {offset:#x}");
        data
    }

    /// Asserts that other offsets than the first `registers` words, and writes of less than a word,
    /// are refused.
    pub fn refuses_the_rest(&mut self, registers: u32) {
        for offset in [4 * registers, 0x100, 0x800, 0xffc] {
            assert!(self.access(offset, None).1, "{offset:#x}");
            assert!(self.access(offset, Some((0, 0xf))).1, "{offset:#x}");
        }
        for offset in (0..registers).map(|register| 4 * register) {
            for strobes in [1, 3, 7, 0xc, 0xe] {
                assert!(self.access(offset, Some((0, strobes))).1, "{offset:#x}");
            }
        }
    }
}
