//! FFI to a Verilated model of a Systole chip.
