//! Parts of the first pipeline that the fast one still uses.

pub(super) mod old;

pub(super) use old::ports::{DataBus, InterruptState, WFI};
