//! Plans a model and prints what it is expected to take: `plan MODEL.onnx [DIM [BUS_BYTES]]`.

use std::error::Error;

use systole_compiler::NpuShape;
use systole_compiler::network::{estimate, plan_network};
use systole_isa::Unit;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let model = arguments.next().ok_or("usage: plan MODEL.onnx [DIM [BUS_BYTES]]")?;
    let dim: u32 = arguments.next().map_or(Ok(16), |a| a.parse())?;
    let bus_bytes: u32 = arguments.next().map_or(Ok(dim), |a| a.parse())?;
    let shape = NpuShape {
        dim,
        bus_bytes,
        scratchpad_rows: 8192,
        accumulator_rows: 1024,
        parameter_rows: 1024,
        requantise_lanes: dim,
        sequential: false,
    };
    let network = systole_import::read(&std::fs::read(model)?)?;
    let program = plan_network(&shape, &network, 0x8000_1000)?;
    let estimate = estimate(&shape, &program.descriptors);
    for layer in &program.layers {
        let range = layer.first..layer.last + 1;
        let spans = program.descriptors[range.clone()]
            .iter()
            .zip(&estimate.spans[range])
            .filter(|(descriptor, _)| descriptor.unit() == Some(Unit::Exec));
        let (start, end, busy) = spans.fold((u64::MAX, 0, 0), |(start, end, busy), (_, span)| {
            (start.min(span.0), end.max(span.1), busy + span.1 - span.0 - fill(dim))
        });
        let ideal = layer.macs / u64::from(dim * dim);
        println!(
            "{:40} descriptors {:4}..{:4} cycles {start:6}..{end:6} busy {busy:6} ideal {ideal:6}",
            layer.name, layer.first, layer.last
        );
    }
    let ideal = network.macs() / u64::from(dim * dim);
    let use_of = 100.0 * ideal as f64 / estimate.total as f64;
    println!("{} cycles, busy {:?}, array used {use_of:.1} %", estimate.total, estimate.busy);
    Ok(())
}

/// Cycles from an EXEC's last row to its completion.
fn fill(dim: u32) -> u64 {
    u64::from(3 * dim + 16)
}
