//! What software is made of: instruction and NPU descriptor encoding, disassembly.
