//! Tests of the core on the interpreter.

mod assembler;
mod atomic;
mod costs;
mod csr;
mod decode;
#[allow(dead_code, reason = "what other tests need of a row")]
#[path = "../../../../../verif/golden/tests/decode/table.rs"]
mod decode_table;
mod divide;
mod expand;
mod fetch;
mod front;
mod interrupts;
mod machine;
mod multiply;
mod pmp;
mod programs;
mod random;
mod units;

use systole_hdl::prelude::*;

use super::core;
use crate::config::{CoreConfig, Multiplier, Pipeline};

/// Every configuration passes the checker: each switch alone, and all but each.
#[test]
fn every_configuration_is_free_of_mistakes() {
    let switches: [fn(&mut CoreConfig, bool); 9] = [
        |c, on| c.atomics = on,
        |c, on| c.compressed = on,
        |c, on| c.zba = on,
        |c, on| c.zbb = on,
        |c, on| c.zbs = on,
        |c, on| c.zicntr = on,
        |c, on| c.hpm_counters = if on { 29 } else { 0 },
        |c, on| c.user_mode = on,
        |c, on| c.pmp_regions = if on { 16 } else { 0 },
    ];
    let mut configurations = vec![machine::full()];
    let fast = |mut config: CoreConfig| {
        config.pipeline = Pipeline::Fast;
        (config.issue_width, config.branch_targets, config.return_stack) = (2, 16, 2);
        config
    };
    for multiplier in [Multiplier::None, Multiplier::Fast] {
        configurations.push(fast(machine::base(4, multiplier)));
    }
    configurations.push(CoreConfig { return_stack: 0, ..fast(machine::full()) });
    for fetch_depth in [2, 4, 8] {
        for multiplier in [Multiplier::None, Multiplier::Iterative, Multiplier::Fast] {
            configurations.push(machine::base(fetch_depth, multiplier));
        }
    }
    configurations.push(CoreConfig { branch_targets: 64, ..machine::base(4, Multiplier::Fast) });
    configurations.push(CoreConfig { compressed: false, branch_targets: 16, ..machine::full() });
    for switch in switches {
        for (mut config, on) in
            [(machine::base(2, Multiplier::None), true), (machine::full(), false)]
        {
            switch(&mut config, on);
            configurations.push(fast(config.clone()));
            configurations.push(config);
        }
    }
    for config in configurations {
        for rvfi in [false, true] {
            if let Err(errors) = check(&core(&config, rvfi)) {
                panic!("{config:?}, rvfi {rvfi}:\n{errors}");
            }
        }
    }
}
