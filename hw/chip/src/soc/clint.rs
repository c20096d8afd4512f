//! The core-local interruptor: machine timer and software interrupt (privileged manual 3.2.1).

use systole_hdl::prelude::*;

use super::bus::DataBus;
use super::map::CLINT_ADDRESS_BITS;

const MSIP: u32 = 0x0000;
const MTIMECMP: u32 = 0x4000;
const MTIME: u32 = 0xbff8;

/// Module `clint`: takes a request in every cycle and answers it in the next one. `mtime` counts
/// clock cycles, and is an output. Only writes of whole words are allowed.
pub fn clint() -> Module {
    module("clint", |m| {
        m.doc("Core-local interruptor: machine timer and software interrupt.");
        let bus = DataBus::sink(m, "bus", CLINT_ADDRESS_BITS);
        let timer_interrupt = m.output_reg("timer_interrupt", Bit).reset(0);
        let msip = m.reg("msip", Bit).reset(0);
        m.output("software_interrupt", msip);
        bus.req_ready.drive(1);

        m.section("Address decode");
        let at = |offset: u32, name: &str| bus.req_address.eq(offset).named(name);
        let at_msip = at(MSIP, "at_msip");
        let at_compare_low = at(MTIMECMP, "at_compare_low");
        let at_compare_high = at(MTIMECMP + 4, "at_compare_high");
        let at_time_low = at(MTIME, "at_time_low");
        let at_time_high = at(MTIME + 4, "at_time_high");
        let at_compare = (at_compare_low | at_compare_high).named("at_compare");
        let at_time = (at_time_low | at_time_high).named("at_time");
        let mapped = (at_msip | at_compare | at_time).named("mapped");
        let part_of_word = (bus.req_write & !bus.req_wstrb.all()).named("part_of_word");
        let refused = (!mapped | part_of_word).named("refused");
        let write = (bus.req_valid & bus.req_write & !refused).named("write");

        m.section("Registers");
        let mtime = m.output_reg("mtime", U(64)).reset(0);
        let mtimecmp = m.reg("mtimecmp", U(64)).reset(u64::MAX);
        let next_time = (mtime + 1).named("next_time");
        m.clocked(|| {
            mtime.set(next_time);
            when(write & at_msip, || msip.set(bus.req_wdata.bit(0)));
            when(write & at_compare_low, || {
                mtimecmp.set(cat(&[mtimecmp.bits(63, 32), bus.req_wdata]));
            });
            when(write & at_compare_high, || {
                mtimecmp.set(cat(&[bus.req_wdata, mtimecmp.bits(31, 0)]));
            });
            when(write & at_time_low, || {
                mtime.set(cat(&[next_time.bits(63, 32), bus.req_wdata]));
            });
            when(write & at_time_high, || {
                mtime.set(cat(&[bus.req_wdata, next_time.bits(31, 0)]));
            });
            timer_interrupt.set(mtime.ge(mtimecmp));
        });

        m.section("Response");
        let response = m.reg("response", Bit).reset(0);
        let data = m.reg("data", U(32));
        let failed = m.reg("failed", Bit);
        m.clocked(|| {
            response.set(bus.req_valid);
            failed.set(refused);
            data.set(msip.ext(32));
            when(at_compare_low, || data.set(mtimecmp.bits(31, 0)));
            when(at_compare_high, || data.set(mtimecmp.bits(63, 32)));
            when(at_time_low, || data.set(mtime.bits(31, 0)));
            when(at_time_high, || data.set(mtime.bits(63, 32)));
        });
        bus.rsp_valid.drive(response);
        bus.rsp_rdata.drive(data);
        bus.rsp_error.drive(failed);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bench(Interpreter);

    impl Bench {
        fn new() -> Self {
            let mut sim = Interpreter::new(&check(&clint()).unwrap());
            sim.reset();
            Self(sim)
        }

        /// One access: data and whether it failed.
        fn access(&mut self, offset: u32, write: Option<(u64, u64)>) -> (u64, bool) {
            let sim = &mut self.0;
            let (data, strobes) = write.unwrap_or((0, 0));
            sim.set("bus_req_valid", 1);
            sim.set("bus_req_address", u64::from(offset));
            sim.set("bus_req_write", u64::from(write.is_some()));
            sim.set("bus_req_wdata", data);
            sim.set("bus_req_wstrb", strobes);
            assert_eq!(sim.get("bus_req_ready"), 1);
            sim.step();
            sim.set("bus_req_valid", 0);
            assert_eq!(sim.get("bus_rsp_valid"), 1);
            (sim.get("bus_rsp_rdata"), sim.get("bus_rsp_error") == 1)
        }

        fn write(&mut self, offset: u32, value: u64) {
            assert!(!self.access(offset, Some((value, 0xf))).1);
        }

        fn read(&mut self, offset: u32) -> u64 {
            let (value, failed) = self.access(offset, None);
            assert!(!failed);
            value
        }
    }

    #[test]
    fn answers_once_in_the_next_cycle() {
        let mut bench = Bench::new();
        assert_eq!(bench.0.get("bus_rsp_valid"), 0);
        bench.read(MSIP);
        bench.0.step();
        assert_eq!(bench.0.get("bus_rsp_valid"), 0);
    }

    #[test]
    fn msip_keeps_one_bit_and_raises_the_software_interrupt() {
        let mut bench = Bench::new();
        assert_eq!((bench.read(MSIP), bench.0.get("software_interrupt")), (0, 0));
        bench.write(MSIP, 0xffff_ffff);
        assert_eq!((bench.read(MSIP), bench.0.get("software_interrupt")), (1, 1));
        bench.write(MSIP, 0xffff_fffe);
        assert_eq!((bench.read(MSIP), bench.0.get("software_interrupt")), (0, 0));
    }

    #[test]
    fn time_counts_cycles_and_a_write_replaces_one_half() {
        let mut bench = Bench::new();
        let first = bench.read(MTIME);
        assert_eq!(bench.read(MTIME), first + 1);
        bench.write(MTIME, 0xffff_ffff);
        assert_eq!(bench.read(MTIME), 0xffff_ffff);
        assert_eq!(bench.read(MTIME + 4), 1, "carried into the upper half");
        bench.write(MTIME + 4, 0x1234);
        assert_eq!(bench.read(MTIME + 4), 0x1234);
        assert!(bench.read(MTIME) < 16, "the lower half goes on");
    }

    #[test]
    fn the_timer_interrupt_compares_64_bits() {
        let mut bench = Bench::new();
        assert_eq!((bench.read(MTIMECMP), bench.read(MTIMECMP + 4)), (0xffff_ffff, 0xffff_ffff));
        bench.write(MTIMECMP, 0);
        bench.0.step();
        assert_eq!(bench.0.get("timer_interrupt"), 0, "the upper half is all ones");
        bench.write(MTIMECMP + 4, 0);
        bench.0.step();
        assert_eq!(bench.0.get("timer_interrupt"), 1);
        let later = bench.read(MTIME) + 10;
        bench.write(MTIMECMP, later);
        bench.0.step();
        let mut waited = 0;
        while bench.0.get("timer_interrupt") == 0 {
            bench.0.step();
            waited += 1;
        }
        assert!((7..=10).contains(&waited), "{waited}");
    }

    #[test]
    fn other_offsets_and_parts_of_words_are_bus_errors_without_effect() {
        let mut bench = Bench::new();
        for offset in [0x0004, 0x3ffc, 0x4008, 0xbff4, 0xc000, 0xfffc] {
            assert!(bench.access(offset, None).1, "{offset:#x}");
            assert!(bench.access(offset, Some((1, 0xf))).1, "{offset:#x}");
        }
        for strobes in [1, 3, 0xc, 7] {
            assert!(bench.access(MSIP, Some((1, strobes))).1);
        }
        assert_eq!(bench.read(MSIP), 0);
    }
}
