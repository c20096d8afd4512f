//! The memory of a sequential NPU: scratchpad, parameters and table behind one port.

use systole_hdl::prelude::*;

use crate::config::NpuConfig;

/// Words of the table memory.
pub const TABLE_WORDS: u32 = 512;

/// Where the parts of the inner memory lie, in words.
#[derive(Clone, Copy, Debug)]
pub struct InnerMap {
    /// First row of the parameter memory; the scratchpad begins at 0.
    pub parameters: u32,
    /// First entry of the table memory.
    pub table: u32,
    /// A row of zeros, for depthwise weights.
    pub zeros: u32,
    /// A row of padding.
    pub padding: u32,
    /// Words in all, a power of two.
    pub words: u32,
}

impl InnerMap {
    /// Of a configuration.
    pub fn of(config: &NpuConfig) -> Self {
        let parameters = config.scratchpad_rows;
        let table = parameters + config.parameter_rows;
        let zeros = table + TABLE_WORDS;
        let padding = zeros + 1;
        Self { parameters, table, zeros, padding, words: (padding + 1).next_power_of_two() }
    }
}

/// Module `npu_inner_memory`: a word is read or written in a cycle, so that it may be made of blocks
/// with a single port. `word` is that at `address` in the last cycle in which `read` was 1.
pub fn inner_memory(config: &NpuConfig) -> Module {
    let words = InnerMap::of(config).words;
    module("npu_inner_memory", |m| {
        m.doc("Scratchpad, parameters and table.");
        let read = m.input("read", Bit);
        let write = m.input("write", Bit);
        let address = m.input("address", U(words.ilog2())).doc("in words");
        let data = m.input("data", U(32));
        let strobe = m.input("strobe", U(4));
        let memory = m.memory("words", words, U(32)).collisions_unused();
        m.clocked(|| {
            when(write, || memory.write_bytes(address, data, strobe));
        });
        m.output("word", memory.read_sync("word_read", address, read & !write));
        m.check("one_access", !(read & write));
    })
}
