//! Golden reference model of hart, NPU and memory map.
