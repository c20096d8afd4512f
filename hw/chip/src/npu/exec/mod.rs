//! The sequencer of EXEC: walks the tiles of a command, fetches weights and activations, and says
//! what happens to each product row.
//!
//! [`mod@tiles`] loads weights and offers loaded tiles; [`mod@pixels`] and [`mod@taps`] stream the
//! activations of one tile after the other.

mod command;
mod loops;
mod origin;
mod pixels;
mod taps;
mod tile;
mod tiles;
mod wave;
mod weights;

use systole_hdl::prelude::*;

use self::pixels::pixels;
use self::taps::taps;
use self::tile::Tile;
pub use self::tile::{line_taps, tap_lines};
use self::tiles::tiles;
use self::wave::Wave;
use crate::config::NpuConfig;

/// The EXEC sequencer.
///
/// `wave_*`, `inject` and `load_*` belong to the rows that the scratchpad returns in the same
/// cycle; `tap_<g>_*` (from 1 on) ask for the pixels of further lines of a depthwise pass, those of
/// line 0 go through `activation_*`. Reads of activations and taps must not be refused. With `abort`
/// the next tile is the last of its command, and the next wave the last of its tile.
pub fn exec(config: &NpuConfig) -> Module {
    let (tiles, pixels, taps) = (tiles(config), pixels(config), taps(config));
    module("npu_exec", |m| {
        m.doc("Sequencer of EXEC: weights and activations of each tile, in order.");
        let abort = m.input("abort", Bit).doc("the hart ended the job");
        let tiles = m
            .instance("tiles", &tiles)
            .pin("abort", abort)
            .pin("command_valid", m.input("command_valid", Bit))
            .pin("command_descriptor", m.input("command_descriptor", U(256)))
            .pin("weight_0_ready", m.input("weight_0_ready", Bit))
            .pin("weight_1_ready", m.input("weight_1_ready", Bit));
        let pixels = m.instance("pixels", &pixels).pin("abort", abort);
        let taps = m.instance("taps", &taps).pin("abort", abort);
        m.output("command_ready", tiles.out("command_ready"));
        for port in ["weight_0_valid", "weight_0_row", "weight_1_valid", "weight_1_row"] {
            m.output(port, tiles.out(port));
        }
        for port in ["load_count", "load_index", "load_select"] {
            m.output(port, tiles.out(port));
        }
        if config.int4_weights {
            m.output("load_int4", tiles.out("load_int4"));
        }

        m.section("Each tile goes to one streamer, once the other one is idle");
        let offer = (tiles.out("tile_valid"), tiles.out("tile"));
        let depthwise = offer.1.bit(Tile::ty(config).width() - 1).named("offer_depthwise");
        let to_pixels = (offer.0 & !depthwise & taps.out("idle")).named("offer_pixels");
        let to_taps = (offer.0 & depthwise & pixels.out("idle")).named("offer_taps");
        pixels.pin("tile_valid", to_pixels).pin("tile", offer.1);
        taps.pin("tile_valid", to_taps).pin("tile", offer.1);
        let taken = (to_pixels & pixels.out("tile_ready")) | (to_taps & taps.out("tile_ready"));
        tiles.pin("tile_taken", taken);
        tiles.pin("tile_streamed", pixels.out("tile_streamed") | taps.out("tile_streamed"));

        m.section("Events");
        let streams = (!pixels.out("idle") | !taps.out("idle")).named("streams");
        m.output("waits_for_weights", !tiles.out("idle") & !streams);

        m.section("Requests");
        let reads = taps.out("read_valid");
        let pixel_valid = pixels.out("activation_valid");
        m.output("activation_valid", pixel_valid | reads.bit(0));
        let row = pixel_valid.mux(pixels.out("activation_row"), taps.out("read_row_0"));
        m.output("activation_row", row.ext(16));
        for line in 1..tap_lines(config.dim) {
            m.output(format!("tap_{line}_valid"), reads.bit(line));
            m.output(format!("tap_{line}_row"), taps.out(format!("read_row_{line}")).ext(16));
        }

        m.section("What goes with their answers");
        let wave_taps = m.output_reg("wave_taps", Bit);
        let inject = m.output_reg("inject", U(config.dim)).doc("0 but for depthwise waves");
        let (pixel_wave, tap_wave) = (Wave::of_instance(pixels), Wave::of_instance(taps));
        pixel_wave.or(&tap_wave).output_registers(m);
        m.clocked(|| {
            wave_taps.set(!pixel_wave.valid);
            inject.set(pixel_wave.valid.mux(0, taps.out("inject")));
        });
        m.check("one_streamer", !(pixel_wave.valid & tap_wave.valid));
        m.check("one_reader", !(pixel_valid & reads.any()));
    })
}
