//! Layers as the NPU runs them: a residual add becomes part of the convolution that makes one of
//! its operands, a function of each element part of the convolution in front of it.

use crate::network::{
    Arrange, Convolution, GlobalAveragePool, Layer, MaxPool, Network, Operation, Requantise,
    ResidualAdd, Table, TensorId,
};

/// What a stage computes.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A convolution of any kind.
    Convolution(Convolution),
    /// Global average pool.
    Mean(GlobalAveragePool),
    /// Maximum pool.
    Maximum(MaxPool),
    /// Data that is moved.
    Arrange(Arrange),
}

/// A stage.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Name of the layer that makes the output.
    pub name: String,
    /// What it computes before the add.
    pub kind: Kind,
    /// [`Convolution::weight_sets`] of it; 1 if it is no convolution.
    pub weight_sets: u32,
    /// Map that it reads.
    pub input: TensorId,
    /// Map that it makes.
    pub output: TensorId,
    /// Map that is added to the result, with the result as the first operand.
    pub residual: Option<(TensorId, ResidualAdd)>,
    /// What becomes of each result; a stage has no residual then.
    pub table: Option<Table>,
    /// Multiplications of the network's layers in it.
    pub macs: u64,
}

impl Stage {
    /// What the NPU's table memory holds: the table of the residual add, with its factor, or that of
    /// codes.
    pub fn table_bytes(&self) -> Option<Vec<u8>> {
        let sums = self.residual.as_ref().map(|(_, add)| {
            let entries = add.table.iter().chain([&add.factor]);
            entries.flat_map(|entry| entry.to_le_bytes()).collect()
        });
        let codes = self.table.as_ref();
        sums.or(codes.map(|table| table.0.iter().flat_map(|&q| [q as u8, 0, 0, 0]).collect()))
    }

    /// Whether it makes a map of rows of the scratchpad as they are, not of sums.
    pub fn copies(&self) -> bool {
        matches!(self.kind, Kind::Maximum(_) | Kind::Arrange(_))
    }
}

/// The stages of a network, in order.
pub fn stages(network: &Network) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for layer in &network.layers {
        let (kind, weight_sets) = match &layer.operation {
            Operation::Convolution(c) => (Kind::Convolution(c.clone()), c.weight_sets()),
            Operation::GlobalAveragePool(pool) => (Kind::Mean(pool.clone()), 1),
            Operation::MaxPool(pool) => (Kind::Maximum(*pool), 1),
            Operation::Arrange(arrange) => (Kind::Arrange(arrange.clone()), 1),
            Operation::Add(add) => {
                let stage = sum(network, layer, (add.other, &add.arithmetic), &mut stages);
                stages.push(stage);
                continue;
            }
            Operation::Table(table) => {
                let stage = function(network, layer, table, &mut stages);
                stages.push(stage);
                continue;
            }
        };
        stages.push(Stage {
            name: layer.name.clone(),
            kind,
            weight_sets,
            input: layer.input,
            output: layer.output,
            residual: None,
            table: None,
            macs: network.layer_macs(layer),
        });
    }
    stages
}

/// The stage of an add: takes over the convolution that makes the first operand, or the second if
/// the operands can be exchanged, or else copies the first.
fn sum(
    network: &Network,
    layer: &Layer,
    (other, arithmetic): (TensorId, &ResidualAdd),
    stages: &mut Vec<Stage>,
) -> Stage {
    let fused = |stage: Stage, residual| Stage {
        name: layer.name.clone(),
        output: layer.output,
        residual: Some(residual),
        ..stage
    };
    if other != layer.input {
        if let Some(stage) = take_convolution(network, layer.input, stages) {
            return fused(stage, (other, arithmetic.clone()));
        }
        let exchanged = find_convolution(network, other, stages).and(arithmetic.exchanged());
        if let Some(exchanged) = exchanged
            && let Some(stage) = take_convolution(network, other, stages)
        {
            return fused(stage, (layer.input, exchanged));
        }
    }
    let channels = network.shape(layer.input).channels as usize;
    Stage {
        name: layer.name.clone(),
        kind: Kind::Convolution(copy(channels)),
        weight_sets: 1,
        input: layer.input,
        output: layer.output,
        residual: Some((other, arithmetic.clone())),
        table: None,
        macs: 0,
    }
}

/// The stage of a function: takes over the convolution that makes what it reads, or else copies it.
fn function(network: &Network, layer: &Layer, table: &Table, stages: &mut Vec<Stage>) -> Stage {
    let channels = network.shape(layer.input).channels as usize;
    let stage = take_convolution(network, layer.input, stages).unwrap_or_else(|| Stage {
        name: String::new(),
        kind: Kind::Convolution(copy(channels)),
        weight_sets: 1,
        input: layer.input,
        output: layer.output,
        residual: None,
        table: None,
        macs: 0,
    });
    let (name, output) = (layer.name.clone(), layer.output);
    Stage { name, output, table: Some(table.clone()), ..stage }
}

/// The stage of a convolution without add or table whose result only one layer reads.
fn find_convolution(network: &Network, tensor: TensorId, stages: &[Stage]) -> Option<usize> {
    let uses = network.layers.iter().flat_map(Layer::reads).filter(|&id| id == tensor).count();
    if uses != 1 || tensor == network.output {
        return None;
    }
    stages.iter().position(|s| {
        let plain = s.residual.is_none() && s.table.is_none();
        s.output == tensor && plain && matches!(s.kind, Kind::Convolution(_))
    })
}

fn take_convolution(network: &Network, tensor: TensorId, stages: &mut Vec<Stage>) -> Option<Stage> {
    find_convolution(network, tensor, stages).map(|index| stages.remove(index))
}

/// A convolution that gives its input.
fn copy(channels: usize) -> Convolution {
    Convolution {
        kernel: [1, 1],
        stride: [1, 1],
        pads: [0; 4],
        depthwise: true,
        weights: vec![1; channels],
        pad_value: 0,
        requantise: Requantise {
            bias: vec![0; channels],
            multiplier: vec![1.0; channels],
            zero_point: 0,
            clamp_min: i8::MIN,
            clamp_max: i8::MAX,
        },
    }
}
