//! The bridges keep to the rules of their buses.

use systole_hdl::fault::{Fault, Target};
use systole_hdl::prelude::*;

use super::{Method, Proof};
use crate::bus::protocol::checked;
use crate::bus::{
    axi_lite_master, axi_lite_slave, axi_to_wishbone, wishbone_master, wishbone_slave,
};

pub const PROOFS: &[Proof] = &[
    Proof {
        name: "axi-lite-master",
        statement: "What the hart's accesses put on AXI4-Lite stays until it is taken; reads and \
                    writes are never under way together, and seven at most; each access is \
                    answered once, behind its request.",
        module: || checked(&axi_lite_master(), 7),
        method: Method::Bounded { cycles: 10 },
        faults: &[Fault {
            name: "reads-with-writes",
            description: "a read is sent while a write is under way",
            module: "axi_lite_master",
            signal: "may_send",
            target: Target::Drive,
            bad: |c| !c.signal("under_way").all(),
        }],
    },
    Proof {
        name: "axi-lite-slave",
        statement: "A host's accesses on AXI4-Lite are answered once, a write behind its address \
                    and its data; an answer stays until it is taken; one access is under way at \
                    most.",
        module: || checked(&axi_lite_slave(8), 1),
        method: Method::Bounded { cycles: 10 },
        faults: &[
            Fault {
                name: "write-without-data",
                description: "a write begins when its address is there",
                module: "axi_lite_slave",
                signal: "write_asks",
                target: Target::Drive,
                bad: |c| c.signal("writes_pop_valid") & !c.signal("s_axil_bvalid"),
            },
            Fault {
                name: "word-overtaken",
                description: "a read begins while the word of one waits",
                module: "axi_lite_slave",
                signal: "read_asks",
                target: Target::Drive,
                bad: |c| c.signal("reads_pop_valid"),
            },
        ],
    },
    Proof {
        name: "wishbone-master",
        statement: "An access that the hart puts on Wishbone stays as it is until it ends, and is \
                    answered once.",
        module: || checked(&wishbone_master(), 2),
        method: Method::Bounded { cycles: 10 },
        faults: &[Fault {
            name: "access-cut-short",
            description: "an access ends before the slave ends it",
            module: "wishbone_master",
            signal: "ends",
            target: Target::Drive,
            bad: |c| c.signal("wbm_cyc_o"),
        }],
    },
    Proof {
        name: "wishbone-slave",
        statement: "A host's access on Wishbone ends once, in one way, and is asked for once.",
        module: || checked(&wishbone_slave(8), 1),
        method: Method::Bounded { cycles: 10 },
        faults: &[Fault {
            name: "asked-twice",
            description: "an access is asked for again while its answer is due",
            module: "wishbone_slave",
            signal: "sent",
            target: Target::Read,
            bad: |_| lit(0, Bit),
        }],
    },
    Proof {
        name: "bursts-on-wishbone",
        statement: "Bursts of AXI4 on Wishbone: an access stays as it is until it ends; a burst of \
                    reads has as many beats as it asks for, one of writes one answer; both stay \
                    until they are taken.",
        module: || checked(&axi_to_wishbone(32), 0),
        method: Method::Bounded { cycles: 10 },
        faults: &[
            Fault {
                name: "beat-from-nowhere",
                description: "a beat is written before it is there",
                module: "axi_to_wishbone",
                signal: "ready",
                target: Target::Drive,
                bad: |_| lit(1, Bit),
            },
            Fault {
                name: "burst-cut-short",
                description: "the next burst begins before the last beat",
                module: "axi_to_wishbone",
                signal: "free",
                target: Target::Drive,
                bad: |c| !c.signal("active") | c.signal("moves"),
            },
        ],
    },
];
