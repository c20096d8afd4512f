//! What random traffic does not say.

use systole_hdl::prelude::*;

use super::super::{axi_lite_master, wishbone_master, wishbone_slave};

fn sim(module: &Module) -> Interpreter {
    let design = check(module).unwrap_or_else(|errors| panic!("{errors}"));
    let mut sim = Interpreter::new(&design);
    sim.reset();
    sim
}

/// The hart asks in every cycle; the number of cycles in which it was served, of 100.
fn served(sim: &mut Interpreter, mut answer: impl FnMut(&mut Interpreter)) -> u32 {
    sim.set("bus_req_valid", 1);
    let mut served = 0;
    for _ in 0..100 {
        answer(sim);
        served += sim.get("bus_rsp_valid") as u32;
        sim.step();
    }
    assert!(sim.failed().is_empty(), "{:?}", sim.failed());
    served
}

#[test]
fn a_stream_of_reads_takes_a_cycle_each_on_axi() {
    let mut sim = sim(&axi_lite_master());
    sim.set("m_axil_arready", 1);
    let mut read = 0;
    let served = served(&mut sim, |sim| {
        sim.set("m_axil_rvalid", read);
        read = sim.get("m_axil_arvalid");
    });
    assert_eq!(served, 98);
}

#[test]
fn a_stream_of_accesses_takes_a_cycle_each_on_wishbone() {
    let mut sim = sim(&wishbone_master());
    let served = served(&mut sim, |sim| {
        let asks = sim.get("wbm_stb_o");
        sim.set("wbm_ack_i", asks);
    });
    assert_eq!(served, 99);
}

#[test]
fn the_answer_to_what_was_given_up_is_not_that_of_what_follows() {
    let mut sim = sim(&wishbone_slave(8));
    let ask = |sim: &mut Interpreter, asks: u64, address: u64| {
        sim.set("wbs_cyc_i", asks);
        sim.set("wbs_stb_i", asks);
        sim.set("wbs_adr_i", address);
    };
    sim.set("bus_req_ready", 1);
    ask(&mut sim, 1, 0x10);
    assert_eq!(sim.get("bus_req_valid"), 1);
    sim.step();
    ask(&mut sim, 0, 0);
    sim.step();
    ask(&mut sim, 1, 0x20);
    sim.set("bus_rsp_valid", 1);
    assert_eq!((sim.get("wbs_ack_o"), sim.get("bus_req_valid")), (0, 0));
    sim.step();
    sim.set("bus_rsp_valid", 0);
    assert_eq!((sim.get("bus_req_valid"), sim.get("bus_req_address")), (1, 0x20));
    sim.step();
    sim.set("bus_rsp_valid", 1);
    assert_eq!(sim.get("wbs_ack_o"), 1);
}
