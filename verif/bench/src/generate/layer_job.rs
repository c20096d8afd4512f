//! The descriptors of a job of layers.

use systole_isa::{
    Convolution, Descriptor, Destination, Header, Kernel, Load, Pool, Source, Space, Store, Then,
};

use super::Target;
use super::jobs::{Allocator, chain};
use super::layer_builder::{Builder, Map};
use super::layers::{After, ConvolutionStage, Plan, Stage};
use crate::program::Job;

/// Bytes for the list.
const LIST_BYTES: u32 = 80 * Descriptor::BYTES;
/// Rows that a convolution sends through the array, at most: cycles.
const MOST_PRODUCTS: u32 = 2048;

/// The job of `plan`; stages for which there is no room are left out.
pub(super) fn build(target: Target, arena: u32, bytes: u32, plan: &Plan) -> Job {
    let list = arena + bytes - LIST_BYTES;
    let mut builder = Builder {
        target,
        memory: Allocator { next: arena, end: list },
        next_row: plan.rows.0,
        rows_left: target.npu.scratchpad_rows,
        seed: plan.seed,
        descriptors: Vec::new(),
        inputs: Vec::new(),
        has_table: false,
    };
    let mut map = builder.input(plan).expect("nine lines of nine pixels fit");
    let mut done = Vec::new();
    for stage in &plan.stages {
        let next = match stage {
            Stage::Convolution(stage) => builder.convolution(plan, stage, &map),
            Stage::Pool { pool, out_height, resident, missing } => {
                builder.pool(*pool, *out_height, *resident, *missing, &map)
            }
        };
        let Some(next) = next else { break };
        map = next;
        done.push(match stage {
            Stage::Pool { .. } => "pool".to_owned(),
            Stage::Convolution(c) => {
                let kind = if c.depthwise { "depthwise" } else { "convolution" };
                let doubly = if c.multipliers.double_rounding() { " doubly rounded" } else { "" };
                format!("{kind}{doubly} {:?}", c.then)
            }
        });
    }
    let Builder { memory, mut descriptors, inputs, .. } = builder;
    chain(&mut descriptors);
    let description = format!("layers: {}", done.join(", "));
    Job { list, descriptors, inputs, results: (arena, memory.next.min(list) - arena), description }
}

impl Builder {
    fn input(&mut self, plan: &Plan) -> Option<Map> {
        let map = self.map((plan.width, plan.height), plan.channels, 1, plan.gap)?;
        self.fill(&map)?;
        Some(map)
    }

    fn convolution(&mut self, plan: &Plan, stage: &ConvolutionStage, map: &Map) -> Option<Map> {
        // A convolution takes pixels from neighbouring rows.
        if map.step != 1 {
            return None;
        }
        let channels = if stage.depthwise { map.channels } else { stage.channels };
        let tile_rows = stage.multipliers.tile_rows();
        let most_tiles = self.target.npu.parameter_rows as u16 / tile_rows;
        let n_tiles = self.tiles(channels).min(most_tiles);
        let channels = channels.min(n_tiles * self.dim());
        let (kernel, k_tiles, tiles) = self.kernel(stage, map, n_tiles);
        let weight_row = self.weights(tiles)?;
        let outputs = stage.out_width * stage.out_height;
        let first_x = if stage.depthwise { -(stage.first.1 & 3) } else { stage.first.1 };
        let above = (stage.first.0 as u16).wrapping_mul(map.pitch);
        let convolution = Convolution {
            kernel,
            accumulate: false,
            int4: false,
            activation_row: map.row.wrapping_add(above).wrapping_add(first_x as u16),
            row_pitch: map.pitch,
            plane_step: map.plane_step,
            weight_row,
            accumulator_row: plan.rows.1,
            accumulator_n_step: outputs.saturating_add_signed(stage.apart),
            out_width: stage.out_width,
            out_height: stage.out_height,
            in_width: map.width,
            in_height: map.height,
            stride_x: stage.stride.1,
            stride_y: stage.stride.0,
            pad_value: stage.pad_value,
            k_tiles,
            n_tiles,
            first_y: stage.first.0,
            first_x,
        };
        self.descriptors.push(Descriptor::Convolution(Header::default(), convolution));
        if stage.accumulate {
            let again = Convolution { accumulate: true, ..convolution };
            self.descriptors.push(Descriptor::Convolution(Header::default(), again));
        }
        self.sums(&convolution, channels)?;
        self.results(plan, stage, &convolution, channels)
    }

    /// The kernel, with fewer taps where weights would take more than half of the scratchpad or the
    /// array too long; its k tiles and all tiles.
    fn kernel(&self, stage: &ConvolutionStage, map: &Map, n_tiles: u16) -> (Kernel, u16, u16) {
        let outputs = u32::from(stage.out_width * stage.out_height);
        let most = self.target.npu.scratchpad_rows / 2 / self.target.npu.dim;
        let most = most.min(MOST_PRODUCTS / outputs) as u16;
        let (mut height, mut width) = (u16::from(stage.kernel.0), u16::from(stage.kernel.1));
        if stage.depthwise {
            let passes = height.min(most / n_tiles).max(1);
            return (Kernel::Depthwise, passes, passes * n_tiles);
        }
        let k_tiles = self.tiles(map.channels);
        while height * width * k_tiles * n_tiles > most && height * width > 1 {
            let larger = if height > width { &mut height } else { &mut width };
            *larger -= 1;
        }
        let kernel = Kernel::Full { height: height as u8, width: width as u8 };
        (kernel, k_tiles, height * width * k_tiles * n_tiles)
    }

    /// Requantises the sums into a map and stores that.
    fn results(
        &mut self,
        plan: &Plan,
        stage: &ConvolutionStage,
        convolution: &Convolution,
        channels: u16,
    ) -> Option<Map> {
        let size = (stage.out_width, stage.out_height);
        let map = self.map(size, channels, stage.row_step, stage.gap)?;
        let dim = self.target.npu.dim;
        let bias: Vec<i32> = stage.bias.iter().copied().cycle().take(channels.into()).collect();
        let parameters = stage.multipliers.table(dim, &bias);
        let address = self.memory.take(parameters.len() as u32, 0)?;
        self.load(Load {
            space: Space::Parameters,
            address,
            stride: dim as i32,
            rows: stage.multipliers.tile_rows() * self.tiles(channels),
            row_bytes: dim as u16,
            row: plan.rows.2,
            row_step: 1,
            ..Load::default()
        });
        self.inputs.push((address, parameters));
        if self.seed >> 35 & 7 == 0 {
            let rows = stage.multipliers.tile_rows() * self.tiles(channels);
            self.load_over(Space::Parameters, plan.rows.2, rows)?;
        }
        let then = self.then(plan, stage, &map)?;
        let (zero_point, clamp_min, clamp_max) = stage.rounding;
        self.store(Store {
            source: Source::Requantised {
                parameter_row: plan.rows.2,
                zero_point,
                clamp_min,
                clamp_max,
                double_rounding: stage.multipliers.double_rounding(),
                then,
            },
            destination: Destination::Scratchpad {
                row: map.row,
                row_step: map.step,
                chunk_step: map.plane_step,
                line_rows: map.width,
                line_step: map.pitch,
            },
            rows: map.width * map.height,
            columns: channels,
            source_row: convolution.accumulator_row,
            source_chunk_step: convolution.accumulator_n_step,
            source_row_step: 1,
        });
        self.store_map(&map)?;
        Some(map)
    }

    /// Loads what a table or a residual add needs. There is no table memory beside a side of 2.
    fn then(&mut self, plan: &Plan, stage: &ConvolutionStage, map: &Map) -> Option<Then> {
        if stage.then == After::Keep || self.dim() == 2 {
            return Some(Then::Keep);
        }
        self.table(plan.table)?;
        let After::Add { in_place } = stage.then else { return Some(Then::Table) };
        let row = if in_place {
            map.row
        } else {
            self.rows(u32::from(map.plane_step) * u32::from(self.tiles(map.channels)))?
        };
        self.fill(&Map { row, ..*map })?;
        Some(Then::Add { residual_row: row })
    }

    /// A pool over `map` into memory, or into a map and from there into memory.
    fn pool(
        &mut self,
        pool: Pool,
        out_height: u16,
        resident: bool,
        missing: u16,
        map: &Map,
    ) -> Option<Map> {
        if map.step != 1 {
            return None;
        }
        let pool =
            Pool { row_pitch: map.pitch, in_width: map.width, in_height: map.height, ..pool };
        let outputs = pool.out_width * out_height;
        let channels = map.channels;
        let mut store = Store {
            source: Source::MaxPool(pool),
            destination: Destination::Memory { address: 0, stride: channels.into() },
            rows: outputs,
            columns: channels,
            source_row: map.row,
            source_chunk_step: map.plane_step,
            source_row_step: 0,
        };
        let out = self.map((pool.out_width, out_height), channels, 1, missing)?;
        if resident {
            store.destination = Destination::Scratchpad {
                row: out.row,
                row_step: 1,
                chunk_step: out.plane_step,
                line_rows: pool.out_width,
                line_step: out.pitch,
            };
            self.store(store);
            self.store_map(&out)?;
            return Some(out);
        }
        store.rows = outputs.saturating_sub(missing).max(1);
        let address = self.memory.take(u32::from(store.rows) * u32::from(channels), 3)?;
        store.destination = Destination::Memory { address, stride: channels.into() };
        self.store(store);
        Some(*map)
    }
}
