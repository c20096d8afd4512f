//! STORE, source side: the maximum over the taps of a window.

use systole_hdl::prelude::*;

use super::pe::{element, pack};
use crate::config::NpuConfig;

/// Maxima of D int8 lanes: with each tap (`valid`) the maximum of the window so far, which
/// `maximum` shows at once.
pub fn store_maximum(config: &NpuConfig) -> Module {
    let row = U(8 * config.dim);
    module("npu_store_maximum", |m| {
        m.doc("Maximum register of pooling.");
        let valid = m.input("valid", Bit);
        let first = m.input("first", Bit).doc("the window begins");
        let empty = m.input("empty", Bit).doc("no data: as if all elements were -128");
        let data = m.input("data", row);
        let kept = m.reg("kept", row);
        let lanes: Vec<Signal> = (0..config.dim)
            .map(|lane| {
                let (old, new) = (element(kept, lane, 8), element(data, lane, 8));
                let keeps = (!first & (empty | old.as_signed().gt(new.as_signed())))
                    .named(format!("keeps_{lane}"));
                keeps.mux(old, (first & empty).mux(0x80, new))
            })
            .collect();
        let maximum = m.output("maximum", pack(&lanes));
        m.clocked(|| {
            when(valid, || kept.set(maximum));
        });
    })
}
