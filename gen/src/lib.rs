//! Generated text: Verilog, file lists, the C++ shim.
