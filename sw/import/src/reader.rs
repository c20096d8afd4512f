//! Walks the graph and builds the network.

use std::collections::{HashMap, HashSet};

use prost::Message;
use systole_compiler::network::{
    Arrange, Input, Layer, Network, Operation, Output, Piece, Shape, TailStep, Tensor, TensorId,
};

use crate::constant::Constant;
use crate::error::ImportError;
use crate::function::Function;
use crate::model::{Format, Model as Imported, Port};
use crate::node::{Constants, NodeReader};
use crate::operators::{self, MICROSOFT};
use crate::proto::{Graph, Model, Node, ValueInfo, data_type};
use crate::qdq;
use crate::relabel;
use crate::requantise::WeightBudget;
use crate::value::{Content, FunctionId, Order, Quantisation, Value};

/// Reads an ONNX model.
pub fn read(bytes: &[u8]) -> Result<Imported, ImportError> {
    let model = Model::decode(bytes).map_err(|e| ImportError::NotOnnx(e.to_string()))?;
    let mut graph = model.graph.ok_or_else(|| ImportError::NotOnnx("it has no graph".into()))?;
    let mut constants = Constants::new();
    for tensor in &graph.initializers {
        constants.insert(tensor.name.clone(), constant(&tensor.name, tensor)?);
    }
    let (given, nodes) = std::mem::take(&mut graph.nodes)
        .into_iter()
        .partition(|node: &Node| node.operator == "Constant");
    graph.nodes = nodes;
    for node in &given {
        let tensor = node.attributes.iter().find_map(|a| a.tensor.as_ref());
        let name = node.outputs.first().cloned().unwrap_or_default();
        let tensor = tensor.ok_or_else(|| {
            NodeReader::new(node, &constants).error("only a constant tensor is supported")
        })?;
        let value = constant(&name, tensor)?;
        constants.insert(name, value);
    }
    let mut faults = Faults::default();
    qdq::replace_groups(&mut graph, &mut constants, &mut faults);
    let mut reader = Reader::new(&graph, &constants)?;
    for node in &graph.nodes {
        let known = operators::find(&node.domain, &node.operator).is_some();
        if known && faults.concern(node) {
            faults.extend(node);
        } else if let Err(error) = reader.node(node, &constants) {
            faults.add(node, error);
        }
    }
    faults.result()?;
    let model = reader.finish(&graph)?;
    model.network.check()?;
    Ok(model)
}

fn constant(name: &str, tensor: &crate::proto::Tensor) -> Result<Constant, ImportError> {
    Constant::new(tensor)
        .map_err(|reason| ImportError::Model(format!("the constant {name}: {reason}")))
}

/// What is wrong with nodes, and the values that are not known because of it.
#[derive(Default)]
pub struct Faults {
    errors: Vec<ImportError>,
    unknown: HashSet<String>,
}

impl Faults {
    /// A node that cannot be read.
    pub fn add(&mut self, node: &Node, error: ImportError) {
        self.errors.push(error);
        self.extend(node);
    }

    /// What a node makes is not known.
    fn extend(&mut self, node: &Node) {
        self.unknown.extend(node.outputs.iter().cloned());
    }

    /// Whether a node reads what is not known.
    fn concern(&self, node: &Node) -> bool {
        node.inputs.iter().any(|input| self.unknown.contains(input))
    }

    fn result(mut self) -> Result<(), ImportError> {
        match self.errors.len() {
            0 => Ok(()),
            1 => Err(self.errors.remove(0)),
            _ => Err(ImportError::Several(self.errors)),
        }
    }
}

/// The network so far.
pub struct Reader {
    tensors: Vec<Tensor>,
    layers: Vec<Layer>,
    prepare: Input,
    values: HashMap<String, Value>,
    /// How many nodes read a value.
    uses: HashMap<String, usize>,
    /// As the caller sees it.
    input: Port,
    /// What the caller does behind the network's output.
    tail: Vec<TailStep>,
    /// The value that a tensor was made for.
    names: Vec<String>,
    weights: WeightBudget,
    /// What was made of dequantised numbers.
    functions: Vec<Function>,
    /// Images of a batch, where the model fixes them.
    batch: i64,
}

impl Reader {
    fn new(graph: &Graph, constants: &Constants) -> Result<Self, ImportError> {
        let mut uses = HashMap::new();
        for name in graph.nodes.iter().flat_map(|node| &node.inputs) {
            *uses.entry(name.clone()).or_insert(0) += 1;
        }
        for output in &graph.outputs {
            *uses.entry(output.name.clone()).or_insert(0) += 1;
        }
        let inputs: Vec<&ValueInfo> =
            graph.inputs.iter().filter(|i| !constants.contains_key(&i.name)).collect();
        let [input] = inputs.as_slice() else {
            let count = inputs.len();
            return Err(ImportError::Model(format!("the model has {count} inputs, not one")));
        };
        let mut reader = Self {
            input: input.port(Order::ChannelsFirst),
            tensors: Vec::new(),
            layers: Vec::new(),
            prepare: Input::Signed,
            values: HashMap::new(),
            uses,
            tail: Vec::new(),
            names: Vec::new(),
            weights: WeightBudget::default(),
            functions: Vec::new(),
            batch: 1,
        };
        reader.input(input, graph)?;
        Ok(reader)
    }

    /// The model's input becomes tensor 0.
    fn input(&mut self, input: &ValueInfo, graph: &Graph) -> Result<(), ImportError> {
        let error = |reason: String| ImportError::Model(format!("input {}: {reason}", input.name));
        let tensor = input.value_type.as_ref().and_then(|t| t.tensor.as_ref());
        let tensor = tensor.ok_or_else(|| error("it is not a tensor".into()))?;
        let dims: Vec<u32> = tensor
            .shape
            .iter()
            .flat_map(|shape| &shape.dims)
            .map(|d| u32::try_from(d.value).unwrap_or(0))
            .collect();
        let bad = || {
            error(format!(
                "shape {dims:?} is not that of images or vectors of fixed size, 1 to 4095"
            ))
        };
        // The batch may be open: it is run image by image, as one that is fixed.
        let of_image = if dims.len() > 1 { &dims[1..] } else { &dims[..] };
        if of_image.iter().any(|&d| d == 0 || d > 4095) {
            return Err(bad());
        }
        let (shape, order) = match *of_image {
            [height, width, channels] if is_channels_last(&input.name, graph) => {
                (Shape { height, width, channels }, Order::ChannelsLast)
            }
            [channels, height, width] => (Shape { height, width, channels }, Order::ChannelsFirst),
            [n] => (Shape::flat(n), Order::FlatChannelsFirst),
            _ => return Err(bad()),
        };
        self.batch = if dims.len() > 1 { i64::from(dims[0]).max(1) } else { 1 };
        let content = match tensor.element {
            data_type::FLOAT => Content::RealInput,
            data_type::INT8 => Content::Quantised { unsigned: false },
            data_type::UINT8 => {
                self.prepare = Input::Unsigned;
                Content::Quantised { unsigned: true }
            }
            other => return Err(error(format!("{} is not supported", data_type::name(other)))),
        };
        self.input = input.port(order);
        self.input.shape = std::iter::once(self.batch as u32)
            .chain(of_image.iter().copied())
            .map(|side| side as usize)
            .collect();
        let tensor = self.tensor(&input.name, shape);
        self.values.insert(input.name.clone(), Value { tensor, order, content });
        Ok(())
    }

    fn tensor(&mut self, name: &str, shape: Shape) -> TensorId {
        self.tensors.push(Tensor { name: name.into(), shape });
        self.names.push(name.into());
        self.tensors.len() - 1
    }

    fn node(&mut self, node: &Node, constants: &Constants) -> Result<(), ImportError> {
        let reader = NodeReader::new(node, constants);
        match (operators::find(&node.domain, &node.operator), node.domain.as_str()) {
            (Some(operator), _) => (operator.take)(self, &reader),
            (None, "" | "ai.onnx" | MICROSOFT) => {
                Err(reader.error("the operator is not supported"))
            }
            (None, domain) => {
                Err(reader.error(format!("the operator of domain {domain} is not supported")))
            }
        }
    }

    /// Images of the model's batch: those of a network are one.
    pub fn batch(&self) -> i64 {
        self.batch
    }

    /// The model's name of what a tensor was made for.
    pub fn name(&self, tensor: TensorId) -> &str {
        &self.names[tensor]
    }

    /// Remembers what was made of dequantised numbers.
    pub fn add_function(&mut self, function: Function) -> FunctionId {
        self.functions.push(function);
        self.functions.len() - 1
    }

    /// The numbers that the codes of a value stand for, if it has codes.
    pub fn function(&self, value: Value) -> Option<Function> {
        match value.content {
            Content::Dequantised { function: Some(id), .. } => self.functions.get(id).cloned(),
            Content::Dequantised { quantisation, function: None } => {
                Some(Function::dequantised(quantisation))
            }
            _ => None,
        }
    }

    /// Whether codes of two values stand for the same numbers.
    pub fn means_the_same(&self, a: Value, b: Value) -> bool {
        let meaning = self.function(a);
        a.content == b.content || meaning.is_some() && meaning == self.function(b)
    }

    /// The value of a node's input.
    pub fn value(&self, node: &NodeReader, index: usize) -> Result<Value, ImportError> {
        let name = node.input(index);
        let value = self.values.get(name).copied();
        value.ok_or_else(|| node.error(format!("input {index} ({name:?}) is not known here")))
    }

    /// A quantised input with the scale and zero point that the node gives for it.
    pub fn quantised_input(
        &self,
        node: &NodeReader,
        index: usize,
        (scale, zero): (usize, usize),
    ) -> Result<(Value, Quantisation), ImportError> {
        let value = self.value(node, index)?;
        let quantisation = node.quantisation(scale, zero)?;
        match value.content {
            Content::Quantised { unsigned } if unsigned == quantisation.unsigned => {
                Ok((value, quantisation))
            }
            Content::Quantised { .. } => Err(node.error("input and zero point differ in type")),
            Content::Tail { .. } => Err(node.error(
                "its input comes from a float operator whose roundings integers do not repeat, so \
                 that the caller computes it, and everything behind it: that can be a Gemm",
            )),
            _ => Err(node.error(format!("input {index} is not quantised"))),
        }
    }

    /// Counts the weights of a layer, before they are made.
    pub fn reserve_weights(
        &mut self,
        node: &NodeReader,
        factors: &[usize],
    ) -> Result<(), ImportError> {
        self.weights.take(factors).map_err(|reason| node.error(reason))
    }

    /// Shape of a tensor.
    pub fn shape(&self, tensor: TensorId) -> Shape {
        self.tensors[tensor].shape
    }

    /// Shape of a value: of a mean, one pixel.
    pub fn value_shape(&self, value: Value) -> Shape {
        let shape = self.shape(value.tensor);
        match value.content {
            Content::Mean(_) => Shape::flat(shape.channels),
            Content::Tail { .. } if self.tail.contains(&TailStep::Mean) => {
                Shape::flat(shape.channels)
            }
            _ => shape,
        }
    }

    /// Gives the model's input another shape, before anything has read it.
    pub fn reshape_tensor(&mut self, tensor: TensorId, shape: Shape) {
        self.tensors[tensor].shape = shape;
    }

    /// How many nodes and outputs of the model use a value.
    pub fn uses(&self, name: &str) -> usize {
        self.uses.get(name).copied().unwrap_or(0)
    }

    /// Whether one node alone reads the value that a layer made, and each that was made of it
    /// without a layer.
    pub fn single_use(&self, tensor: TensorId) -> bool {
        let made = self.values.iter().filter(|(_, value)| value.tensor == tensor);
        made.into_iter().all(|(name, _)| self.uses(name) == 1)
    }

    /// The operation that makes a tensor.
    pub fn producer(&mut self, tensor: TensorId) -> Option<&mut Operation> {
        self.layers.iter_mut().find(|l| l.output == tensor).map(|l| &mut l.operation)
    }

    /// Adds a step that the caller does. `values` are those that the node reads; they have to go
    /// nowhere else, since there is one tail.
    pub fn add_tail_step(
        &mut self,
        node: &NodeReader,
        values: Value,
        step: TailStep,
        rounded: Option<Quantisation>,
    ) -> Result<(), ImportError> {
        if self.uses(node.input(0)) != 1 {
            return Err(node.error("its input is computed by the caller and read by other nodes"));
        }
        self.tail.push(step);
        self.bind(node, Value { content: Content::Tail { rounded }, ..values })
    }

    /// Whether the caller computes something.
    pub fn has_tail(&self) -> bool {
        !self.tail.is_empty()
    }

    /// The caller quantises the model's input.
    pub fn prepare_real(&mut self, node: &NodeReader, q: Quantisation) -> Result<(), ImportError> {
        let prepare = Input::Real { scale: q.scale, zero_point: q.zero_point };
        if self.prepare != Input::Signed && self.prepare != prepare {
            return Err(node.error("the input is quantised in two ways"));
        }
        self.prepare = prepare;
        Ok(())
    }

    /// Binds the node's output to a value.
    pub fn bind(&mut self, node: &NodeReader, value: Value) -> Result<(), ImportError> {
        self.values.insert(node.output()?.into(), value);
        Ok(())
    }

    /// Adds a layer that makes the node's output.
    pub fn add_layer(
        &mut self,
        node: &NodeReader,
        input: TensorId,
        shape: Shape,
        operation: Operation,
        (order, content): (Order, Content),
    ) -> Result<(), ImportError> {
        let name = node.output()?.to_owned();
        self.add_named_layer(node, &name, input, shape, operation, (order, content))
    }

    /// Adds a layer that makes an output of a node that may have several.
    pub fn add_named_layer(
        &mut self,
        node: &NodeReader,
        name: &str,
        input: TensorId,
        shape: Shape,
        operation: Operation,
        (order, content): (Order, Content),
    ) -> Result<(), ImportError> {
        let output = self.tensor(name, shape);
        let layer = if node.outputs().len() > 1 { name } else { node.name() };
        self.layers.push(Layer { name: layer.into(), input, output, operation });
        self.values.insert(name.into(), Value { tensor: output, order, content });
        Ok(())
    }

    /// Adds a layer that the model has no node for, and which keeps the shape.
    pub fn add_tensor(&mut self, name: &str, input: TensorId, operation: Operation) -> TensorId {
        let output = self.tensor(name, self.shape(input));
        self.layers.push(Layer { name: name.into(), input, output, operation });
        output
    }

    fn finish(mut self, graph: &Graph) -> Result<Imported, ImportError> {
        let [output] = graph.outputs.as_slice() else {
            let count = graph.outputs.len();
            return Err(ImportError::Model(format!("the model has {count} outputs, not one")));
        };
        let error = |reason: &str| ImportError::Model(format!("output {}: {reason}", output.name));
        let value = self.values.get(&output.name).copied();
        let mut value = value.ok_or_else(|| error("no node makes it"))?;
        let finish = match value.content {
            Content::Quantised { unsigned: false } => Output::Signed,
            Content::Quantised { unsigned: true } => Output::Unsigned,
            Content::Softmax { scale, unsigned } => Output::Softmax { scale, unsigned },
            Content::Dequantised { quantisation: q, function: None } => {
                Output::Real { scale: q.scale, zero_point: q.zero_point }
            }
            Content::Tail { rounded: None } => Output::Tail(std::mem::take(&mut self.tail)),
            _ => return Err(error("is not made by a quantised layer")),
        };
        if value.tensor == 0 {
            // The job of a model that computes nothing is a copy.
            let shape = self.shape(0);
            let pieces = vec![Piece::whole(0, shape, [0; 3])];
            let copy = Operation::Arrange(Arrange { fill: 0, pieces });
            value.tensor = self.add_tensor(&output.name, 0, copy);
        }
        let mut output = output.port(value.order);
        if output.shape.is_empty() {
            output.shape = relabel::dims(&self, value).iter().map(|&side| side as usize).collect();
        }
        let network = Network {
            tensors: self.tensors,
            layers: self.layers,
            input: 0,
            prepare: self.prepare,
            output: value.tensor,
            finish,
        };
        Ok(Imported { network, input: self.input, output, format: Format::Onnx })
    }
}

/// Whether the model's input is `[1, H, W, C]`: it, or what a quantisation makes of it, is
/// transposed to the order of ONNX's operators.
fn is_channels_last(name: &str, graph: &Graph) -> bool {
    graph.nodes.iter().filter(|node| node.inputs.first().is_some_and(|i| i == name)).any(|node| {
        let perm = node.attributes.iter().find(|a| a.name == "perm");
        match node.operator.as_str() {
            "Transpose" => perm.is_some_and(|perm| perm.ints == [0, 3, 1, 2]),
            "QuantizeLinear" => {
                node.outputs.first().is_some_and(|out| is_channels_last_after(out, graph))
            }
            _ => false,
        }
    })
}

fn is_channels_last_after(name: &str, graph: &Graph) -> bool {
    graph.nodes.iter().any(|node| {
        node.operator == "Transpose"
            && node.inputs.first().is_some_and(|i| i == name)
            && node.attributes.iter().any(|a| a.name == "perm" && a.ints == [0, 3, 1, 2])
    })
}
