//! The maximum over a window of the scratchpad, all columns at once.

use super::super::instruction::Condition::{Carry, NotCarry, NotZero};
use super::assembler::{Assembler, Label};
use super::context::Context;
use super::registers::Register;

/// Flips the sign of each element: as unsigned numbers they then compare as signed ones do.
const SIGNS: u32 = 0x8080_8080;

/// A length along y and one along x.
#[derive(Clone, Copy)]
struct Pair {
    y: Register,
    x: Register,
}

impl Pair {
    fn new(p: &mut Assembler, name: &str) -> Self {
        Self { y: p.variable(&format!("{name}_y")), x: p.variable(&format!("{name}_x")) }
    }
}

/// Windows of the STORE at hand.
pub struct Pool {
    /// Fields of the descriptor.
    stride: Pair,
    padding: Pair,
    map: Pair,
    kernel: Pair,
    /// First pixel of the window, and the pixel at hand.
    first: Pair,
    pixel: Pair,
    /// Lines and pixels of the window that are left.
    left: Pair,
    /// `chunk` = maximum over the window, which then moves on along the line.
    pub window: Label,
}

impl Pool {
    /// Registers, labels and the routine. Row `origin` of the scratchpad has pixel (0, 0).
    pub fn emit(p: &mut Assembler, c: &Context, origin: Register, chunk: Register) -> Self {
        let pool = Self {
            stride: Pair::new(p, "pool_stride"),
            padding: Pair::new(p, "pool_padding"),
            map: Pair::new(p, "pool_map"),
            kernel: Pair::new(p, "pool_kernel"),
            first: Pair::new(p, "pool_first"),
            pixel: Pair::new(p, "pool_pixel"),
            left: Pair::new(p, "pool_left"),
            window: p.label(),
        };
        pool.emit_window(p, c, origin, chunk);
        pool
    }

    /// Takes the fields of the descriptor.
    pub fn begin(&self, p: &mut Assembler, c: &Context) {
        let w = c.words;
        p.field(w[5], 18, 16).st(self.kernel.x).field(w[5], 21, 19).st(self.kernel.y);
        p.field(w[5], 24, 22).st(self.padding.x).field(w[5], 27, 25).st(self.padding.y);
        p.field(w[6], 11, 0).st(self.map.x).field(w[6], 23, 12).st(self.map.y);
        p.field(w[6], 25, 24).addi(1).st(self.stride.x).field(w[6], 27, 26).addi(1);
        p.st(self.stride.y);
    }

    /// To the first window of a tile.
    pub fn begin_tile(&self, p: &mut Assembler) {
        p.ldi(0).sub(self.padding.x).st(self.first.x);
        p.ldi(0).sub(self.padding.y).st(self.first.y);
    }

    /// To the first window of the next line.
    pub fn next_line(&self, p: &mut Assembler) {
        p.ldi(0).sub(self.padding.x).st(self.first.x).advance(self.first.y, self.stride.y);
    }

    fn emit_window(&self, p: &mut Assembler, c: &Context, origin: Register, chunk: Register) {
        let maxima = [(); 4].map(|()| p.variable("maximum"));
        let [row, word] = ["pool_row", "pool_word"].map(|name| p.variable(name));
        let [next_line, next_pixel] = [(); 2].map(|()| p.label());
        p.bind(self.window);
        p.remark("pool").ldi(0);
        maxima.iter().for_each(|&maximum| {
            p.st(maximum);
        });
        p.copy(self.pixel.y, self.first.y).copy(self.left.y, self.kernel.y);
        let line = p.here();
        // Left of a map and above it are large numbers.
        p.ld(self.pixel.y).sub(self.map.y).jump_if(Carry, next_line);
        p.ld(self.pixel.y).mul(c.words[5]).add(origin).st(row);
        p.copy(self.pixel.x, self.first.x).copy(self.left.x, self.kernel.x);
        let pixel = p.here();
        p.ld(self.pixel.x).sub(self.map.x).jump_if(Carry, next_pixel);
        p.ld(self.pixel.x).add(row).andi(c.config.scratchpad_rows - 1).inner().xori(SIGNS);
        for maximum in maxima {
            // The element is on top; what is below it decides only between equal ones.
            p.rotate(1).st(word).sub(maximum).unless(NotCarry, |p| {
                p.copy(maximum, word);
            });
            p.ld(word);
        }
        let one = p.constant(1);
        p.bind(next_pixel);
        p.advance(self.pixel.x, one).ld(self.left.x).sub(one).st(self.left.x);
        p.jump_if(NotZero, pixel);
        p.bind(next_line);
        p.advance(self.pixel.y, one).ld(self.left.y).sub(one).st(self.left.y);
        p.jump_if(NotZero, line);
        p.set(chunk, SIGNS);
        for (maximum, lane) in maxima.into_iter().zip(0..) {
            p.ld(maximum).andi(0xff00_0000).rotate(3 - lane).xor(chunk).st(chunk);
        }
        p.advance(self.first.x, self.stride.x).ret();
    }
}
