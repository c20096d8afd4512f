//! The chip: RISC-V core, NPU, bus, SoC and presets.
