//! Everything a hardware description needs: `use systole_hdl::prelude::*;`.

pub use crate::bundle;
pub use crate::ir::RamStyle;
pub use crate::ir::Ty::{self, S, U};
pub use crate::{
    Bit, Bits, Design, Errors, Instance, Interpreter, M, Memory, Module, Operand, Signal, Switch,
    When, address_width, cat, check, lit, lit_bits, module, one_hot_select, select, switch, when,
    zero,
};
