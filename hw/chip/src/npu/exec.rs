//! The sequencer of EXEC: walks the tiles of a command, fetches weights and activations, and says
//! what happens to each product row.
//!
//! Two walkers run through the same tiles in the same order. The weight walker loads the idle
//! weight register of the array, up to two tiles ahead of the wave walker, which streams the
//! activations; `loaded_tiles` is what is between them. The weight walker takes a new command as
//! soon as it has loaded the last tile of the one before; the wave walker's copy waits in the
//! `queued_` registers, so that commands follow each other without a gap.

use systole_hdl::prelude::*;

use crate::config::NpuConfig;

/// Field of a descriptor: the low `bits` bits of half `half` (0 low, 1 high) of word `word`.
fn field(descriptor: Signal, word: u32, half: u32, bits: u32) -> Signal {
    let low = 32 * word + 16 * half;
    descriptor.bits(low + bits - 1, low)
}

/// The handshake of a command and what both walkers need of it.
struct Command {
    descriptor: Signal,
    /// It is taken in this cycle.
    taken: Signal,
    row_bits: u32,
}

impl Command {
    fn row(&self, word: u32, half: u32) -> Signal {
        field(self.descriptor, word, half, self.row_bits)
    }

    fn count(&self, word: u32, half: u32) -> Signal {
        field(self.descriptor, word, half, 16)
    }

    /// Bits that no walker reads: row addresses wrap, word 7 is reserved, and the front end has
    /// used the rest of word 0.
    fn mark_unused(&self, accumulator_bits: u32) {
        let rows = self.row_bits;
        let used_bits = [
            [0, 1],
            [rows, rows],
            [rows, rows],
            [accumulator_bits, 16],
            [16, rows],
            [16, rows],
            [accumulator_bits, 0],
            [0, 0],
        ];
        for (word, halves) in used_bits.iter().enumerate() {
            for (half, bits) in halves.iter().enumerate() {
                let low = 32 * word as u32 + 16 * half as u32;
                if *bits < 16 {
                    self.descriptor.bits(low + 15, low + bits).unused();
                }
            }
        }
    }
}

/// What a walker tells the rest of the module.
struct Walker {
    /// It has a tile to work on.
    busy: Signal,
    /// Scratchpad row to read.
    row: Signal,
    /// Weight register of its tile.
    select: Signal,
}

/// The EXEC sequencer.
///
/// `wave_*` and `load_*` belong to the rows that the scratchpad returns in the same cycle.
pub fn exec(config: &NpuConfig) -> Module {
    let dim = config.dim;
    let row_bits = config.scratchpad_rows.ilog2();
    let accumulator_bits = config.accumulator_rows.ilog2();
    module("npu_exec", |m| {
        m.doc("Sequencer of EXEC: weights and activations of each tile, in order.");
        let command_valid = m.input("command_valid", Bit);
        let descriptor = m.input("command_descriptor", U(256));
        let activation_ready = m.input("activation_ready", Bit);
        let weight_ready = m.input("weight_ready", Bit);
        let command_ready = m.output_wire("command_ready", Bit);
        let command_taken = (command_valid & command_ready).named("command_taken");
        let command = Command { descriptor, taken: command_taken, row_bits };
        command.mark_unused(accumulator_bits);

        m.section("Tiles loaded and not yet streamed");
        let loaded_tiles = m.reg("loaded_tiles", U(2)).reset(0);
        let tile_loaded = m.wire("tile_loaded", Bit);
        let tile_streamed = m.wire("tile_streamed", Bit);
        m.clocked(|| {
            when(tile_loaded & !tile_streamed, || loaded_tiles.set(loaded_tiles + 1))
                .or_when(tile_streamed & !tile_loaded, || loaded_tiles.set(loaded_tiles - 1));
        });
        let register_free = loaded_tiles.ne(2).named("register_free");
        let tile_ready = loaded_tiles.ne(0).named("tile_ready");

        let index = m.reg("weight_index", U(dim.ilog2())).reset(0).doc("row of the tile");
        let weight_taken = m.wire("weight_taken", Bit);
        let weight = weight_walker(m, &command, index, dim, weight_taken, tile_loaded);
        let weight_valid = (weight.busy & register_free).named("weight_request");
        weight_taken.drive(weight_valid & weight_ready);

        let queued_full = m.reg("queued_full", Bit).reset(0);
        command_ready.drive(!weight.busy & !queued_full);
        let wave_taken = m.wire("wave_taken", Bit);
        let command_streamed = m.wire("command_streamed", Bit);
        let signals = WaveSignals { queued_full, wave_taken, tile_streamed, command_streamed };
        let (wave, accumulator_row, overwrite) =
            wave_walker(m, &command, accumulator_bits, &signals);
        let activation_valid = (wave.busy & tile_ready).named("activation_request");
        wave_taken.drive(activation_valid & activation_ready);

        m.section("Requests, and what goes with their answers");
        m.output("weight_valid", weight_valid);
        m.output("weight_row", weight.row.ext(16));
        m.output("activation_valid", activation_valid);
        m.output("activation_row", wave.row.ext(16));
        let load_valid = m.output_reg("load_valid", Bit).reset(0);
        let load_index = m.output_reg("load_index", U(dim.ilog2()));
        let load_select = m.output_reg("load_select", Bit);
        let wave_valid = m.output_reg("wave_valid", Bit).reset(0);
        let wave_select = m.output_reg("wave_select", Bit);
        let wave_row = m.output_reg("wave_row", U(accumulator_bits));
        let wave_overwrite = m.output_reg("wave_overwrite", Bit);
        let wave_last = m.output_reg("wave_last", Bit).reset(0);
        m.clocked(|| {
            load_valid.set(weight_taken);
            load_index.set(index);
            load_select.set(weight.select);
            wave_valid.set(wave_taken);
            wave_select.set(wave.select);
            wave_row.set(accumulator_row);
            wave_overwrite.set(overwrite);
            wave_last.set(command_streamed);
        });

        m.section("Properties");
        m.check("at_most_two_tiles_loaded", loaded_tiles.ne(3));
        m.check("streams_loaded_tiles_only", !tile_streamed | tile_ready);
        m.cover("weight_request_refused", weight_valid & !weight_ready);
        m.cover("activation_request_refused", activation_valid & !activation_ready);
        m.cover("loads_and_streams", weight_taken & wave_taken);
        m.cover("takes_command_while_streaming", command_taken & wave.busy);
    })
}

/// The walker that loads weights: `dim` rows a tile, `index` counts them.
fn weight_walker(
    m: M,
    command: &Command,
    index: Signal,
    dim: u32,
    taken: Signal,
    tile_loaded: Signal,
) -> Walker {
    m.section("Weight walker");
    let bits = command.row_bits;
    let busy = m.reg("weight_busy", Bit).reset(0);
    let select = m.reg("weight_select", Bit).reset(0).doc("register that is loaded");
    let row = m.reg("weight_row_next", U(bits));
    let tile_row = m.reg("weight_tile_row", U(bits)).doc("first row of the tile");
    let n_row = m.reg("weight_n_row", U(bits)).doc("first row of the first k tile");
    let k_step = m.reg("weight_k_step", U(bits));
    let n_step = m.reg("weight_n_step", U(bits));
    let k_tiles = m.reg("weight_k_tiles", U(16));
    let k_left = m.reg("weight_k_left", U(16));
    let n_left = m.reg("weight_n_left", U(16));

    let last_row = index.eq(dim as u64 - 1).named("weight_last_row");
    let last_k = k_left.eq(1).named("weight_last_k");
    let last_tile = (last_k & n_left.eq(1)).named("weight_last_tile");
    let next_n_row = (n_row + n_step).named("weight_next_n_row");
    let next_k_row = (tile_row + k_step).named("weight_next_k_row");
    let next_tile_row = last_k.mux(next_n_row, next_k_row).named("weight_next_tile_row");
    tile_loaded.drive(taken & last_row);

    m.clocked(|| {
        when(taken, || index.set(index + 1));
        when(command.taken, || {
            busy.set(1);
            row.set(command.row(2, 0));
            tile_row.set(command.row(2, 0));
            n_row.set(command.row(2, 0));
            k_step.set(command.row(2, 1));
            n_step.set(command.row(5, 1));
            k_tiles.set(command.count(4, 0));
            k_left.set(command.count(4, 0));
            n_left.set(command.count(5, 0));
        })
        .or_when(tile_loaded, || {
            select.set(!select);
            row.set(next_tile_row);
            tile_row.set(next_tile_row);
            k_left.set(k_left - 1);
            when(last_k, || {
                n_row.set(next_n_row);
                k_left.set(k_tiles);
                n_left.set(n_left - 1);
            });
            when(last_tile, || busy.set(0));
        })
        .or_when(taken, || row.set(row + 1));
    });
    Walker { busy, row, select }
}

/// Signals between the wave walker and the rest.
struct WaveSignals {
    /// A command waits for the wave walker.
    queued_full: Signal,
    /// An activation row is granted.
    wave_taken: Signal,
    /// The last one of a tile.
    tile_streamed: Signal,
    /// The last one of a command.
    command_streamed: Signal,
}

/// The walker that streams activations; returns also the accumulator row and whether the product
/// overwrites it.
fn wave_walker(
    m: M,
    command: &Command,
    accumulator_bits: u32,
    signals: &WaveSignals,
) -> (Walker, Signal, Signal) {
    let WaveSignals { queued_full, wave_taken, tile_streamed, command_streamed } = *signals;
    let queue = Queue::new(m, command, accumulator_bits);

    m.section("Wave walker");
    let busy = m.reg("wave_busy", Bit).reset(0);
    let now = Fields::new(m, "", command.row_bits, accumulator_bits);
    let wave_select = m.reg("tile_select", Bit).reset(0).doc("register that is used");
    let row = m.reg("activation_row_next", U(command.row_bits));
    let tile_row = m.reg("activation_tile_row", U(command.row_bits)).doc("first row of the tile");
    let sum_row = m.reg("accumulator_row_next", U(accumulator_bits));
    let rows_left = m.reg("rows_left", U(16));
    let k_left = m.reg("k_left", U(16));
    let first_k = m.reg("first_k", Bit);

    let last_row = rows_left.eq(1).named("last_row");
    let last_k = k_left.eq(1).named("last_k");
    let last_tile = (last_k & now.n_tiles.eq(1)).named("last_tile");
    let next_k_row = (tile_row + now.activation_k_step).named("next_k_row");
    let next_tile_row = last_k.mux(now.activation_row, next_k_row).named("next_tile_row");
    let next_n_sum_row = (now.accumulator_row + now.accumulator_n_step).named("next_n_sum_row");
    let next_sum_row = last_k.mux(next_n_sum_row, now.accumulator_row).named("next_sum_row");
    tile_streamed.drive(wave_taken & last_row);
    command_streamed.drive(tile_streamed & last_tile);
    let idle_next = (!busy | command_streamed).named("idle_next");
    let start = (queued_full & idle_next).named("start");

    queue.clock(m, command, queued_full, start);
    m.clocked(|| {
        when(tile_streamed, || wave_select.set(!wave_select));
        when(start, || {
            busy.set(1);
            now.set_from(&queue.fields);
            row.set(queue.fields.activation_row);
            tile_row.set(queue.fields.activation_row);
            sum_row.set(queue.fields.accumulator_row);
            rows_left.set(queue.fields.m_rows);
            k_left.set(queue.fields.k_tiles);
            first_k.set(1);
        })
        .or_when(command_streamed, || busy.set(0))
        .or_when(tile_streamed, || {
            row.set(next_tile_row);
            tile_row.set(next_tile_row);
            sum_row.set(next_sum_row);
            now.accumulator_row.set(next_sum_row);
            rows_left.set(now.m_rows);
            k_left.set(k_left - 1);
            first_k.set(last_k);
            when(last_k, || {
                k_left.set(now.k_tiles);
                now.n_tiles.set(now.n_tiles - 1);
            });
        })
        .or_when(wave_taken, || {
            row.set(row + now.activation_step);
            sum_row.set(sum_row + 1);
            rows_left.set(rows_left - 1);
        });
    });
    let overwrite = (first_k & !now.accumulate).named("overwrite");
    (Walker { busy, row, select: wave_select }, sum_row, overwrite)
}

/// The fields of a command that the wave walker uses.
struct Fields {
    accumulate: Signal,
    activation_row: Signal,
    activation_step: Signal,
    activation_k_step: Signal,
    /// Counts down the n tiles that are left, in the walker.
    n_tiles: Signal,
    /// First accumulator row of the n tile, in the walker.
    accumulator_row: Signal,
    accumulator_n_step: Signal,
    m_rows: Signal,
    k_tiles: Signal,
}

impl Fields {
    /// Registers named `<prefix><field>`.
    fn new(m: M, prefix: &str, row_bits: u32, accumulator_bits: u32) -> Fields {
        let name = |field: &str| format!("{prefix}{field}");
        Fields {
            accumulate: m.reg(name("accumulate"), Bit),
            activation_row: m.reg(name("first_activation_row"), U(row_bits)),
            activation_step: m.reg(name("activation_step"), U(row_bits)),
            activation_k_step: m.reg(name("activation_k_step"), U(row_bits)),
            n_tiles: m.reg(name("n_left"), U(16)),
            accumulator_row: m.reg(name("tile_accumulator_row"), U(accumulator_bits)),
            accumulator_n_step: m.reg(name("accumulator_n_step"), U(accumulator_bits)),
            m_rows: m.reg(name("m_rows"), U(16)),
            k_tiles: m.reg(name("k_tiles"), U(16)),
        }
    }

    /// Inside a clocked block: copy all of `other`.
    fn set_from(&self, other: &Fields) {
        self.accumulate.set(other.accumulate);
        self.activation_row.set(other.activation_row);
        self.activation_step.set(other.activation_step);
        self.activation_k_step.set(other.activation_k_step);
        self.n_tiles.set(other.n_tiles);
        self.accumulator_row.set(other.accumulator_row);
        self.accumulator_n_step.set(other.accumulator_n_step);
        self.m_rows.set(other.m_rows);
        self.k_tiles.set(other.k_tiles);
    }
}

/// The command that waits for the wave walker.
struct Queue {
    fields: Fields,
    accumulator_bits: u32,
}

impl Queue {
    fn new(m: M, command: &Command, accumulator_bits: u32) -> Queue {
        m.section("Command that waits for the wave walker");
        let fields = Fields::new(m, "queued_", command.row_bits, accumulator_bits);
        Queue { fields, accumulator_bits }
    }

    fn clock(&self, m: M, command: &Command, full: Signal, start: Signal) {
        let accumulator = |word, half| field(command.descriptor, word, half, self.accumulator_bits);
        m.clocked(|| {
            when(start, || full.set(0));
            when(command.taken, || {
                full.set(1);
                self.fields.accumulate.set(command.descriptor.bit(16));
                self.fields.activation_row.set(command.row(1, 0));
                self.fields.activation_step.set(command.row(1, 1));
                self.fields.activation_k_step.set(command.row(4, 1));
                self.fields.n_tiles.set(command.count(5, 0));
                self.fields.accumulator_row.set(accumulator(3, 0));
                self.fields.accumulator_n_step.set(accumulator(6, 0));
                self.fields.m_rows.set(command.count(3, 1));
                self.fields.k_tiles.set(command.count(4, 0));
            });
        });
    }
}
