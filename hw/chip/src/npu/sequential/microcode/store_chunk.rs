//! Where a STORE puts a chunk: up to four bytes, or as many sums.

use super::super::instruction::Condition::{NotZero, Zero};
use super::assembler::{Assembler, Label};
use super::context::Context;
use super::registers::Register;
use super::store::Tile;

/// Routines that write a chunk to `target`.
pub struct Chunk {
    /// The bytes of `chunk` to memory.
    pub to_memory: Label,
    /// The bytes of `chunk`, and zeros behind them, to a row of the scratchpad.
    pub to_scratchpad: Label,
    /// The row of sums to memory.
    pub sums: Label,
    /// First address of what is left.
    address: Register,
    /// Bytes of this and the next word that are written.
    strobes: Register,
}

impl Chunk {
    /// Registers, labels and the routines.
    pub fn emit(p: &mut Assembler, c: &Context, tile: &Tile) -> Self {
        let [address, strobes] = ["store_address", "store_strobes"].map(|name| p.variable(name));
        let [to_memory, to_scratchpad, sums] = [(); 3].map(|()| p.label());
        let chunk = Self { to_memory, to_scratchpad, sums, address, strobes };
        chunk.emit_to_memory(p, c, tile);
        chunk.emit_to_scratchpad(p, c, tile);
        chunk.emit_sums(p, c, tile);
        chunk
    }

    /// One or two words with the same bytes, rotated to where they belong.
    fn emit_to_memory(&self, p: &mut Assembler, c: &Context, tile: &Tile) {
        let Self { address, strobes, .. } = *self;
        let (offset, aligned) = (p.variable("store_offset"), p.label());
        p.bind(self.to_memory);
        p.remark("chunk to memory").copy(c.bus_data, tile.chunk).copy(strobes, tile.strobes);
        p.copy(address, tile.target).andi(3);
        let next = p.here();
        p.jump_if(Zero, aligned).subi(1).st(offset);
        p.ld(c.bus_data).rotate(3).st(c.bus_data).ld(strobes).shl(1).st(strobes);
        p.ld(offset).jump(next);
        p.bind(aligned);
        p.ld(strobes).strobe().ld(address).call(c.routines.bus_write);
        p.ld(strobes).shr(4).unless(NotZero, |p| {
            p.ret();
        });
        p.strobe().ld(address).addi(4).jump(c.routines.bus_write);
    }

    fn emit_to_scratchpad(&self, p: &mut Assembler, c: &Context, tile: &Tile) {
        p.bind(self.to_scratchpad);
        p.remark("chunk to the scratchpad").ldi(15).strobe();
        p.ld(tile.chunk).and(tile.mask).st(tile.chunk);
        p.ld(tile.target).andi(c.config.scratchpad_rows - 1).write_inner(tile.chunk).ret();
    }

    fn emit_sums(&self, p: &mut Assembler, c: &Context, tile: &Tile) {
        let (address, lane) = (self.address, p.variable("store_lane"));
        p.bind(self.sums);
        p.remark("sums to memory").ldi(15).strobe().ld(tile.source_row).row();
        p.copy(address, tile.target).set(lane, 0);
        let next = p.here();
        p.column().sum().st(c.bus_data).ld(address).call(c.routines.bus_write);
        p.ld(address).addi(4).st(address);
        p.ld(lane).addi(1).st(lane).sub(tile.lanes).unless(NotZero, |p| {
            p.ret();
        });
        p.ld(lane).jump(next);
    }
}
