//! Walks the operators and builds the network.

use std::collections::HashMap;

use systole_compiler::network::{
    Arrange, Input, Layer, Network, Operation, Piece, Shape, Tensor, TensorId,
};

use super::model::Model;
use super::operator::Operator;
use super::operators::{OPERATORS, Supported};
use super::reshape::padded;
use super::tensor::{Tensor as Given, element};
use super::value::{Content, Value};
use crate::ImportError;
use crate::model::{Format, Model as Imported, Port};
use crate::requantise::WeightBudget;
use crate::value::Quantisation;

/// More inputs than any supported operator has.
const MAX_INPUTS: usize = 256;

/// Reads a model.
pub fn read(file: &[u8]) -> Result<Imported, ImportError> {
    let model = Model::new(file)?;
    let operators = (0..model.operators.len()).map(|index| Operator::new(&model, index));
    let operators = operators.collect::<Result<Vec<_>, _>>()?;
    let unknown = operators.iter().filter(|operator| find(operator).is_none());
    let mut unknown: Vec<ImportError> =
        unknown.map(|operator| operator.error("the operator is not supported")).collect();
    if unknown.len() > 1 {
        return Err(ImportError::Several(unknown));
    }
    if let Some(error) = unknown.pop() {
        return Err(error);
    }
    let mut reader = Reader::new(&model)?;
    for operator in &operators {
        reader.operator(operator).map_err(|error| operator.place(error))?;
    }
    let network = reader.finish(&model)?;
    network.check()?;
    let (input, output) = (port(&network, network.input), port(&network, network.output));
    Ok(Imported { network, input, output, format: Format::TensorFlowLite })
}

fn find(operator: &Operator) -> Option<&'static Supported> {
    OPERATORS.iter().find(|supported| supported.code == operator.code)
}

/// Maps are in NHWC here, as in the network.
fn port(network: &Network, id: TensorId) -> Port {
    let Tensor { name, shape } = &network.tensors[id];
    let map = [shape.height, shape.width, shape.channels].map(|n| n as usize);
    let shape = if shape.pixels() == 1 { vec![1, map[2]] } else { [&[1][..], &map].concat() };
    Port { name: name.clone(), shape, channels_first: false }
}

/// The network so far.
pub struct Reader {
    tensors: Vec<Tensor>,
    layers: Vec<Layer>,
    prepare: Input,
    /// By the model's index.
    values: HashMap<usize, Value>,
    /// How many operators and outputs of the model read a tensor.
    uses: HashMap<usize, usize>,
    /// Whether several operators read the model's input, or what was made of it without a layer.
    input_is_shared: bool,
    weights: WeightBudget,
}

impl Reader {
    fn new(model: &Model) -> Result<Self, ImportError> {
        let [input] = model.inputs else {
            let count = model.inputs.len();
            return Err(ImportError::Model(format!("the model has {count} inputs, not one")));
        };
        let mut uses = HashMap::new();
        let mut count = |indices: &[[u8; 4]]| {
            for &index in indices.iter().take(MAX_INPUTS) {
                *uses.entry(i32::from_le_bytes(index) as usize).or_insert(0) += 1;
            }
        };
        count(model.outputs);
        for index in 0..model.operators.len() {
            count(Operator::new(model, index)?.input_indices()?);
        }
        let mut reader = Self {
            tensors: Vec::new(),
            layers: Vec::new(),
            prepare: Input::Signed,
            values: HashMap::new(),
            uses,
            input_is_shared: false,
            weights: WeightBudget::default(),
        };
        let input = model.tensor(i32::from_le_bytes(*input))?;
        let input = input.ok_or_else(|| ImportError::Model("the model has no input".into()))?;
        let content = match input.element {
            element::FLOAT32 => Content::RealInput,
            element::UINT8 => Content::UnsignedInput(input.quantisation()?),
            _ => Content::Quantised(input.quantisation()?),
        };
        let shape = input.map()?;
        reader.tensors.push(Tensor { name: input.name(), shape });
        reader.input_is_shared = reader.uses.get(&input.index) != Some(&1);
        reader.values.insert(input.index, Value { tensor: 0, shape, content });
        Ok(reader)
    }

    fn operator(&mut self, operator: &Operator) -> Result<(), ImportError> {
        match find(operator) {
            Some(supported) => (supported.take)(self, operator),
            None => Err(operator.error("the operator is not supported")),
        }
    }

    /// An input of an operator that an earlier one made.
    pub fn value(&self, operator: &Operator, number: usize) -> Result<Value, ImportError> {
        let tensor = operator.input(number)?;
        self.values.get(&tensor.index).copied().ok_or_else(|| {
            let (index, name) = (tensor.index, tensor.name());
            operator.error(format!(
                "input {number}, tensor {index} {name:?}, is neither the model's input nor made by \
                 an earlier operator"
            ))
        })
    }

    /// An int8 input.
    pub fn quantised(
        &mut self,
        operator: &Operator,
        number: usize,
    ) -> Result<(Value, Quantisation), ImportError> {
        self.settle(operator, number)?;
        let value = self.value(operator, number)?;
        match value.content {
            Content::Quantised(quantisation) => Ok((value, quantisation)),
            _ => Err(operator.error(format!(
                "input {number} is not int8: float32 and uint8 are supported at the ends of a \
                 model alone"
            ))),
        }
    }

    /// An int8 map that has the network's shape, and the pads around it.
    pub fn padded_map(
        &mut self,
        operator: &Operator,
        number: usize,
    ) -> Result<(Value, Quantisation, [u32; 4]), ImportError> {
        let value = self.value(operator, number)?;
        let (quantisation, pads) = match value.content {
            Content::Padded(quantisation, pads) => (quantisation, pads),
            _ => (self.quantised(operator, number)?.1, [0; 4]),
        };
        if value.shape != self.tensors[value.tensor].shape {
            return Err(operator.error("its input is reshaped, which is not supported here"));
        }
        Ok((value, quantisation, pads))
    }

    /// An int8 map that has the network's shape.
    pub fn map(
        &mut self,
        operator: &Operator,
        number: usize,
    ) -> Result<(Value, Quantisation), ImportError> {
        self.quantised(operator, number)?;
        self.padded_map(operator, number).map(|(value, quantisation, _)| (value, quantisation))
    }

    /// Makes an input that is padded, by whatever is no convolution, a map of its own.
    pub fn settle(&mut self, operator: &Operator, number: usize) -> Result<(), ImportError> {
        let tensor = operator.input(number)?;
        self.settle_tensor(&tensor);
        Ok(())
    }

    fn settle_tensor(&mut self, tensor: &Given) {
        let Some(&value) = self.values.get(&tensor.index) else { return };
        let Content::Padded(quantisation, pads) = value.content else { return };
        let from = self.tensors[value.tensor].shape;
        let shape = padded(from, pads);
        let output = self.tensors.len();
        let name = tensor.name();
        self.tensors.push(Tensor { name: name.clone(), shape });
        let pieces = vec![Piece::whole(value.tensor, from, [pads[0], pads[1], 0])];
        let arrange = Arrange { fill: quantisation.zero_point, pieces };
        let operation = Operation::Arrange(arrange);
        self.layers.push(Layer { name, input: value.tensor, output, operation });
        let content = Content::Quantised(quantisation);
        self.values.insert(tensor.index, Value { tensor: output, shape, content });
    }

    /// The shape of a tensor of the network.
    pub fn shape(&self, tensor: TensorId) -> Shape {
        self.tensors[tensor].shape
    }

    /// Whether a value is the model's input, or what a quantisation made of it, and one operator
    /// alone reads each of these.
    pub fn is_fresh_input(&self, value: Value) -> bool {
        value.tensor == 0 && !self.input_is_shared
    }

    /// Gives the model's input another shape of as many elements.
    pub fn reshape_input(&mut self, shape: Shape) {
        self.tensors[0].shape = shape;
    }

    /// What the caller does with its numbers before they are the network's.
    pub fn prepare(&mut self, operator: &Operator, prepare: Input) -> Result<(), ImportError> {
        if self.prepare != Input::Signed && self.prepare != prepare {
            return Err(operator.error("the input is quantised in two ways"));
        }
        self.prepare = prepare;
        Ok(())
    }

    /// Counts the weights of a layer, before they are made.
    pub fn reserve_weights(
        &mut self,
        operator: &Operator,
        factors: &[usize],
    ) -> Result<(), ImportError> {
        self.weights.take(factors).map_err(|reason| operator.error(reason))
    }

    /// Makes the operator's output a value.
    pub fn bind(&mut self, operator: &Operator, value: Value) -> Result<(), ImportError> {
        let output = operator.output()?;
        let shape = output.map()?;
        if shape != value.shape {
            let made = value.shape;
            return Err(operator.error(format!(
                "makes {} x {} x {}, but its output is {} x {} x {}",
                made.height, made.width, made.channels, shape.height, shape.width, shape.channels,
            )));
        }
        self.insert(operator, &output, value)
    }

    /// Makes a padded map of the operator's output, whose shape the caller has checked.
    pub fn bind_padded(&mut self, operator: &Operator, value: Value) -> Result<(), ImportError> {
        self.insert(operator, &operator.output()?, value)
    }

    fn insert(
        &mut self,
        operator: &Operator,
        output: &Given,
        value: Value,
    ) -> Result<(), ImportError> {
        let shared = self.uses.get(&output.index) != Some(&1);
        self.input_is_shared |= value.tensor == 0 && shared;
        match self.values.insert(output.index, value) {
            None => Ok(()),
            Some(_) => Err(operator.error("its output is the model's input or made already")),
        }
    }

    /// Adds a layer that makes the operator's output.
    pub fn add_layer(
        &mut self,
        operator: &Operator,
        input: TensorId,
        shape: Shape,
        (operation, quantisation): (Operation, Quantisation),
    ) -> Result<(), ImportError> {
        let name = operator.output()?.name();
        let output = self.tensors.len();
        self.tensors.push(Tensor { name: name.clone(), shape });
        self.layers.push(Layer { name, input, output, operation });
        let content = Content::Quantised(quantisation);
        self.bind(operator, Value { tensor: output, shape, content })
    }

    fn finish(mut self, model: &Model) -> Result<Network, ImportError> {
        let [output] = model.outputs else {
            let count = model.outputs.len();
            return Err(ImportError::Model(format!("the model has {count} outputs, not one")));
        };
        let output = model.tensor(i32::from_le_bytes(*output))?;
        let output = output.ok_or_else(|| ImportError::Model("the model has no output".into()))?;
        self.settle_tensor(&output);
        let error = |reason: &str| Given::error(&output, format!("the model's output {reason}"));
        let value = self.values.get(&output.index);
        let value = value.ok_or_else(|| error("is made by no operator"))?;
        let finish = value.content.finish().map_err(error)?;
        Ok(Network {
            tensors: self.tensors,
            layers: self.layers,
            input: 0,
            prepare: self.prepare,
            output: value.tensor,
            finish,
        })
    }
}
