//! Matrix products as jobs.

use systole_chip::ChipConfig;
use systole_compiler::network::estimate;
use systole_compiler::{Gemm, Matrix, NpuShape, Output, parameter_table, plan};
use systole_isa::{Activations, Descriptor, Exec, Header, Load, Space};

use super::{DATA, Job, pattern};
use crate::exit::{Error, Result};

/// Rows, columns and depth of products whose operands come from memory.
const COLD: [[u32; 3]; 6] =
    [[64, 64, 64], [128, 128, 128], [512, 512, 512], [128, 32, 512], [61, 37, 53], VECTOR];

/// Rows, columns and depth of the product whose weights are the bus's work, as int8 and as int4.
const VECTOR: [u32; 3] = [1, 64, 256];

/// Rows, columns and depth of the product whose operands are in the scratchpad.
const HOT: [u32; 3] = [64, 64, 64];

/// All products for a chip.
pub(super) fn jobs(config: &ChipConfig) -> Result<Vec<Job>> {
    let mut jobs: Vec<Job> = hot(config).into_iter().collect();
    for size in COLD {
        jobs.push(cold(config, size, false)?);
    }
    if config.npu.int4_weights {
        jobs.push(cold(config, VECTOR, true)?);
    }
    Ok(jobs)
}

/// Where the operands of a product lie in memory.
struct Operands {
    activations: u32,
    weights: u32,
    output: u32,
    parameters: u32,
    end: u32,
    segments: Vec<(u32, Vec<u8>)>,
}

impl Operands {
    fn new(dim: u32, [m, n, k]: [u32; 3]) -> Self {
        let mut next = DATA;
        let mut take = |bytes: u32| {
            let address = next;
            next = (next + bytes).next_multiple_of(64);
            address
        };
        let [activations, weights, output] = [m * k, k * n, m * n].map(&mut take);
        let table = parameter_table(dim, &vec![3; n as usize], &[0.01]);
        let parameters = take(table.len() as u32);
        let segments = vec![
            (activations, pattern((m * k) as usize)),
            (weights, pattern((k * n) as usize)),
            (parameters, table),
        ];
        Self { activations, weights, output, parameters, end: next, segments }
    }
}

fn macs([m, n, k]: [u32; 3]) -> u64 {
    u64::from(m) * u64::from(n) * u64::from(k)
}

/// A product from memory to memory, requantised.
fn cold(config: &ChipConfig, size: [u32; 3], int4: bool) -> Result<Job> {
    let shape = systole_verif::chip::target(config).npu;
    let [m, n, k] = size;
    let operands = Operands::new(shape.dim, size);
    let matrix = |address, columns: u32| Matrix { address, stride: columns as i32 };
    let gemm = Gemm {
        m,
        n,
        k,
        activations: matrix(operands.activations, k),
        weights: matrix(operands.weights, n),
        int4,
        output: matrix(operands.output, n),
        result: Output::Requantised {
            parameters: operands.parameters,
            zero_point: 0,
            clamp_min: -128,
            clamp_max: 127,
            double_rounding: false,
        },
    };
    let weight_bytes = if int4 { k.div_ceil(2) * n } else { k * n };
    let list = plan(&shape, &gemm)
        .map_err(|error| Error::usage(format!("a product of {m} x {n} x {k}: {error}")))?;
    Ok(Job {
        name: format!("GEMM {m}x{n}x{k}, {}cold", if int4 { "int4, " } else { "" }),
        macs: macs(size),
        bytes: u64::from(m * k) + u64::from(weight_bytes) + 8 * u64::from(n),
        predicted: estimate(&shape, &list).total,
        before: Vec::new(),
        list,
        segments: operands.segments,
        end: operands.end,
    })
}

/// A product of operands in the scratchpad, whose sums stay in the accumulators; none if these
/// memories are too small for it.
fn hot(config: &ChipConfig) -> Option<Job> {
    let shape = systole_verif::chip::target(config).npu;
    let NpuShape { dim, scratchpad_rows, accumulator_rows, .. } = shape;
    let [m, n, k] = HOT;
    let (k_tiles, n_tiles) = (k / dim, n / dim);
    if m * k_tiles + n_tiles * k > scratchpad_rows || m * n_tiles > accumulator_rows {
        return None;
    }
    let operands = Operands::new(dim, HOT);
    let load = |address, bytes: u32, rows: u32, row: u32| Load {
        space: Space::Scratchpad,
        address,
        stride: bytes as i32,
        rows: rows as u16,
        row_bytes: bytes as u16,
        row: row as u16,
        row_step: 1,
        chunk_step: rows as u16,
        windows: None,
    };
    let weight_row = m * k_tiles;
    let last = Header { last: true, ..Header::default() };
    let before = vec![
        Descriptor::Load(Header::default(), load(operands.activations, k, m, 0)),
        Descriptor::Load(last, load(operands.weights, n, k, weight_row)),
    ];
    let exec = Exec {
        accumulate: false,
        int4: false,
        activations: Activations { row: 0, step: 1, k_step: m as u16 },
        weight_row: weight_row as u16,
        weight_k_step: dim as u16,
        weight_n_step: k as u16,
        accumulator_row: 0,
        accumulator_n_step: m as u16,
        m_rows: m as u16,
        k_tiles: k_tiles as u16,
        n_tiles: n_tiles as u16,
    };
    let list = vec![Descriptor::Exec(last, exec)];
    Some(Job {
        name: format!("GEMM {m}x{n}x{k}, hot"),
        macs: macs(HOT),
        bytes: 0,
        predicted: estimate(&shape, &list).total,
        before,
        list,
        segments: operands.segments,
        end: operands.end,
    })
}
