//! Tests of the core on the interpreter.

mod assembler;
mod atomic;
mod csr;
mod decode;
mod divide;
mod expand;
mod fetch;
mod interrupts;
mod machine;
mod multiply;
mod pmp;
mod programs;
mod random;
mod units;

use systole_hdl::prelude::*;

use super::core;
use crate::config::Multiplier;

/// Every configuration passes the checker.
#[test]
fn every_configuration_is_free_of_mistakes() {
    for fetch_depth in [2, 4, 8] {
        for multiplier in [Multiplier::Iterative, Multiplier::Fast] {
            for rvfi in [false, true] {
                let config = machine::base(fetch_depth, multiplier);
                if let Err(errors) = check(&core(&config, rvfi)) {
                    panic!("{config:?}, rvfi {rvfi}:\n{errors}");
                }
            }
        }
    }
}
