//! Random accesses of hart and host to both devices at the same time.

use std::collections::VecDeque;

use super::*;
#[allow(dead_code, clippy::duplicate_mod, reason = "private to other tests, which need all of it")]
#[path = "../../npu/tests/random.rs"]
mod random;

use random::Random;

/// Who asks, by the prefix of the ports.
const ASKERS: [&str; 2] = ["hart", "host"];

#[test]
fn each_gets_the_answer_to_what_it_asked_and_none_waits_long() {
    let mut sim = Interpreter::new(&check(&device_arbiter("arbiter", 13)).unwrap());
    sim.set("device_req_ready", 1);
    sim.reset();
    let mut random = Random::new(1);
    let mut offered: [Option<u64>; 2] = [None; 2];
    let mut waited = [0; 2];
    let mut taken: Option<(usize, u64)> = None;
    for cycle in 0..5000 {
        let busy = if cycle < 2500 { 100 } else { 40 };
        for (asker, address) in ASKERS.iter().zip(&mut offered) {
            if address.is_none() && random.chance(busy) {
                *address = Some(random.next() >> 51 & !3);
            }
            sim.set(&format!("{asker}_req_valid"), u64::from(address.is_some()));
            sim.set(&format!("{asker}_req_address"), address.unwrap_or(0));
        }
        // The device answers with the address.
        sim.set("device_rsp_valid", u64::from(taken.is_some()));
        sim.set("device_rsp_rdata", taken.map_or(0, |(_, address)| address));
        for (number, asker) in ASKERS.iter().enumerate() {
            let expected = taken.filter(|(of, _)| *of == number);
            assert_eq!(sim.get(&format!("{asker}_rsp_valid")) == 1, expected.is_some());
            let data = sim.get(&format!("{asker}_rsp_rdata"));
            assert!(expected.is_none_or(|(_, address)| address == data));
        }
        taken = None;
        for (number, asker) in ASKERS.iter().enumerate() {
            let ready = sim.get(&format!("{asker}_req_ready")) == 1;
            waited[number] =
                if offered[number].is_some() && !ready { waited[number] + 1 } else { 0 };
            assert!(waited[number] <= 1, "{asker}");
            if ready && let Some(address) = offered[number].take() {
                assert!(taken.is_none(), "two at once");
                assert_eq!(sim.get("device_req_address"), address);
                taken = Some((number, address));
            }
        }
        assert_eq!(sim.get("device_req_valid") == 1, taken.is_some());
        sim.step();
    }
    assert!(sim.failed().is_empty(), "{:?}", sim.failed());
    assert!(sim.covers().all(|(_, hits)| hits > 0));
}

/// Where an access of the host has to arrive: the device, and the address there.
fn place(offset: u64) -> Option<(&'static str, u64)> {
    match offset {
        0x0_0000..=0x0_1fff => Some(("npu", offset)),
        0x1_0000..=0x1_ffff => Some(("clint", offset - 0x1_0000)),
        _ => None,
    }
}

#[test]
fn a_host_reaches_npu_and_clint_and_nothing_else() {
    let mut sim = Interpreter::new(&check(&host_routes(true)).unwrap());
    for device in ["npu", "clint"] {
        sim.set(&format!("{device}_req_ready"), 1);
    }
    sim.reset();
    let offsets = [0, 4, 0x1ffc, 0x2000, 0xfffc, 0x1_0000, 0x1_bff8, 0x1_fffc];
    let mut due: VecDeque<&str> = VecDeque::new();
    for offset in offsets {
        for strobe in [0, 0xf, 0x3] {
            sim.set("host_req_valid", 1);
            sim.set("host_req_address", offset);
            sim.set("host_req_write", u64::from(strobe != 0));
            sim.set("host_req_wstrb", strobe);
            let expected = place(offset).filter(|_| strobe != 3);
            assert_eq!(sim.get("host_req_ready"), 1);
            for device in ["npu", "clint"] {
                let seen = sim.get(&format!("{device}_req_valid")) == 1;
                assert_eq!(seen, expected.is_some_and(|(name, _)| name == device), "{offset:#x}");
                if let Some((_, address)) = expected.filter(|_| seen) {
                    assert_eq!(sim.get(&format!("{device}_req_address")), address);
                    due.push_back(device);
                }
            }
            sim.step();
            sim.set("host_req_valid", 0);
            let answering = due.pop_front();
            if let Some(device) = answering {
                sim.set(&format!("{device}_rsp_valid"), 1);
            }
            assert_eq!(sim.get("host_rsp_valid"), 1, "{offset:#x}");
            assert_eq!(sim.get("host_rsp_error") == 1, answering.is_none(), "{offset:#x}");
            sim.step();
            for device in ["npu", "clint"] {
                sim.set(&format!("{device}_rsp_valid"), 0);
            }
        }
    }
    assert!(sim.failed().is_empty(), "{:?}", sim.failed());
}
