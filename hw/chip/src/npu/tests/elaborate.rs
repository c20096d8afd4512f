//! Every shape passes the checker.

use systole_hdl::prelude::*;

use super::{SHAPES, config};

#[test]
fn every_shape_is_well_formed() {
    for (dim, bus) in SHAPES {
        for rvfi in [false, true] {
            if let Err(errors) = check(&crate::npu::npu(&config(dim, bus), rvfi)) {
                panic!("dim {dim}, bus {bus}:\n{errors}");
            }
        }
    }
}
