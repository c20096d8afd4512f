//! The layers of a plan, in words.

use systole_compiler::network::{Layer, Network, Operation, Program, Shape, TensorId};

/// A layer as it was planned, with the add that it took over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LayerInfo {
    /// Name of the model's node that makes the output.
    pub name: String,
    /// What it computes: `conv 3x3 /2`, `fully connected`, `conv 1x1 + add`.
    pub operation: String,
    /// Size of what it makes.
    pub shape: Shape,
    /// Multiplications that the model asks for.
    pub macs: u64,
    /// Index of its last descriptor.
    pub last: usize,
}

/// The layers of a plan, in order.
pub(super) fn layers(network: &Network, program: &Program) -> Vec<LayerInfo> {
    let info = |record: &systole_compiler::network::LayerRecord| LayerInfo {
        name: record.name.clone(),
        operation: planned(network, record.output, record.residual),
        shape: network.shape(record.output),
        macs: record.macs,
        last: record.last,
    };
    program.layers.iter().map(info).collect()
}

fn producer(network: &Network, tensor: TensorId) -> Option<&Layer> {
    network.layers.iter().find(|layer| layer.output == tensor)
}

/// What a planned layer computes; of an add the operand that is not `residual`, and what a table
/// reads, is computed by it, too, if a convolution makes it.
fn planned(network: &Network, output: TensorId, residual: Option<TensorId>) -> String {
    let Some(layer) = producer(network, output) else { return String::new() };
    let (joins, then) = match layer.operation {
        Operation::Table(_) => (true, "table"),
        _ => (residual.is_some(), "add"),
    };
    let operand = layer.reads().find(|&id| joins && Some(id) != residual);
    let convolution = operand.and_then(|id| producer(network, id)).filter(|made| {
        let reads = network.layers.iter().flat_map(Layer::reads);
        matches!(made.operation, Operation::Convolution(_))
            && reads.filter(|&id| id == made.output).count() == 1
    });
    match convolution {
        Some(made) => format!("{} + {then}", operation(network, made)),
        None => operation(network, layer),
    }
}

/// What a layer of the network computes.
pub(super) fn operation(network: &Network, layer: &Layer) -> String {
    let stride = |stride: [u32; 2]| match stride {
        [1, 1] => String::new(),
        [a, b] if a == b => format!(" /{a}"),
        [a, b] => format!(" /{a}x{b}"),
    };
    match &layer.operation {
        Operation::Convolution(c) => {
            let (from, to) = (network.shape(layer.input), network.shape(layer.output));
            let whole = to.pixels() == 1 && c.kernel == [from.height, from.width];
            let [height, width] = c.kernel;
            match (c.depthwise, whole) {
                (true, _) => format!("depthwise {height}x{width}{}", stride(c.stride)),
                (false, true) => "fully connected".to_owned(),
                (false, false) => format!("conv {height}x{width}{}", stride(c.stride)),
            }
        }
        Operation::GlobalAveragePool(_) => "global average pool".to_owned(),
        Operation::MaxPool(pool) => {
            let [height, width] = pool.kernel;
            format!("max pool {height}x{width}{}", stride(pool.stride))
        }
        Operation::Add(_) => "add".to_owned(),
        Operation::Arrange(arrange) => {
            let sources = arrange.sources().len();
            if sources > 1 { format!("concat {sources} maps") } else { "move".to_owned() }
        }
        Operation::Table(_) => "table".to_owned(),
    }
}
