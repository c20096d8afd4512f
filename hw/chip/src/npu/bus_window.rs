//! The bus window: which addresses jobs may reach.

use systole_hdl::prelude::*;

/// Bits of a page's address: the window's edges are multiples of 4 KiB.
pub const PAGE_BITS: u32 = 20;

/// Whether the window, of inputs `window_base` and `window_limit` (pages), holds the burst that
/// begins at byte `address`. Bursts do not cross pages.
pub fn inside_window(m: M, address: Signal) -> Signal {
    let base = m.input("window_base", U(PAGE_BITS));
    let limit = m.input("window_limit", U(PAGE_BITS)).doc("0: no limit");
    let page = address.bits(31, 12).named("page");
    (page.ge(base) & (!limit.any() | page.lt(limit))).named("inside_window")
}
