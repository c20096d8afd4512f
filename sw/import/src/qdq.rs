//! Models in QDQ form: float operators between DequantizeLinear and QuantizeLinear. Such a group
//! becomes the quantised operator that ONNX Runtime makes of it, with the same inputs; what follows
//! knows one form only.
//!
//! ```text
//!  x -> DequantizeLinear -\
//!  w -> DequantizeLinear --> Conv -> Relu -> QuantizeLinear
//!  b -> DequantizeLinear -/
//!  becomes   x, w, b -> QLinearConv -> DequantizeLinear -> Relu -> QuantizeLinear
//! ```
//!
//! ONNX Runtime on x86-64 does not fuse a group of int8 whose codes several nodes read on one side
//! only: it computes it in float, and may round sums that are within some last places of a tie to
//! the other side. Here all groups are fused, so that a network gives the same in both of its
//! forms.
//!
//! Dequantising and quantising by the same numbers changes nothing, and bounds between them are the
//! layer's; the reader checks both. Operators that move or compare numbers (MaxPool, Flatten...)
//! are left where they are, and so is a product that the model does not quantise again.

use std::collections::{HashMap, HashSet};

use crate::ImportError;
use crate::constant::{Constant, Data};
use crate::node::{Constants, NodeReader};
use crate::operators::quantised;
use crate::proto::{Graph, Node};
use crate::reader::Faults;

/// How far the scale of an int32 bias may be from that of the sums, as a part of it: exporters
/// round the product of two scales in their own ways, and ONNX Runtime does not look at it at all.
const BIAS_SCALE_TOLERANCE: f64 = 1e-6;

/// Replaces all groups of a graph.
pub fn replace_groups(graph: &mut Graph, constants: &mut Constants, faults: &mut Faults) {
    let nodes = std::mem::take(&mut graph.nodes);
    let groups = Groups::new(&nodes, graph);
    let mut made = Vec::with_capacity(nodes.len());
    for node in &nodes {
        match (node.domain.as_str(), node.operator.as_str()) {
            ("" | "ai.onnx" | "com.microsoft", "DequantizeLinear")
                if node.inputs.first().is_some_and(|input| constants.contains_key(input)) =>
            {
                // What reads it takes the constant as it is.
            }
            ("" | "ai.onnx", "Gemm") if groups.is_last(node) => {
                match groups.real_product(node, constants) {
                    Ok(product) => made.push(product),
                    Err(error) => faults.add(node, error),
                }
            }
            // Numbers that mean the same are joined as they are.
            ("" | "ai.onnx", "Concat") if !groups.is_quantised(node, constants) => {
                made.push(node.clone());
            }
            ("" | "ai.onnx", operator) => match quantised(operator) {
                Some(operator) => match groups.group(node, operator, constants) {
                    Ok(nodes) => made.extend(nodes),
                    Err(error) => faults.add(node, error),
                },
                None => made.push(node.clone()),
            },
            _ => made.push(node.clone()),
        }
    }
    graph.nodes = made;
}

/// Names of a tensor, its scale and its zero point.
type Quantised = [String; 3];

/// Who makes and reads the values of a graph.
struct Groups<'a> {
    producers: HashMap<&'a str, &'a Node>,
    readers: HashMap<&'a str, Vec<&'a Node>>,
    outputs: HashSet<String>,
}

impl<'a> Groups<'a> {
    fn new(nodes: &'a [Node], graph: &Graph) -> Self {
        let mut readers: HashMap<&str, Vec<&Node>> = HashMap::new();
        for node in nodes {
            for input in &node.inputs {
                readers.entry(input).or_default().push(node);
            }
        }
        let producers =
            nodes.iter().flat_map(|n| n.outputs.iter().map(move |out| (out.as_str(), n)));
        let outputs = graph.outputs.iter().map(|output| output.name.clone());
        Self { producers: producers.collect(), readers, outputs: outputs.collect() }
    }

    /// Whether a node makes an output of the model.
    fn is_last(&self, node: &Node) -> bool {
        node.outputs.iter().any(|output| self.outputs.contains(output))
    }

    /// Whether dequantised activations go to a node, and its result to QuantizeLinear.
    fn is_quantised(&self, node: &Node, constants: &Constants) -> bool {
        let reader = NodeReader::new(node, constants);
        let inputs = |index| self.activations(&reader, index).is_ok();
        self.target(&reader).is_ok() && (0..node.inputs.len()).all(inputs)
    }

    /// The nodes that a group becomes.
    fn group(
        &self,
        node: &Node,
        (domain, operator): (&str, &str),
        constants: &mut Constants,
    ) -> Result<[Node; 2], ImportError> {
        let reader = NodeReader::new(node, constants);
        let target = self.target(&reader)?;
        let x = self.activations(&reader, 0)?;
        let mut bias = String::new();
        let mut inputs: Vec<String> = x.to_vec();
        match node.operator.as_str() {
            "Add" => inputs.extend(self.activations(&reader, 1)?),
            "GlobalAveragePool" | "AveragePool" => {}
            "Concat" => {
                inputs = target.to_vec();
                for index in 0..node.inputs.len() {
                    inputs.extend(self.activations(&reader, index)?);
                }
            }
            _ => {
                let w = self.weights(&reader)?;
                inputs.extend(w.clone());
                let made;
                (bias, made) = self.bias(&reader, [&x[1], &w[1]])?;
                if let Some(made) = made {
                    constants.insert(bias.clone(), made);
                }
            }
        }
        match operator {
            "QGemm" => inputs.extend([vec![bias], target.to_vec()].concat()),
            "QLinearConv" => inputs.extend([target.to_vec(), vec![bias]].concat()),
            "QLinearConcat" => {}
            _ => inputs.extend(target.clone()),
        }
        let reader = NodeReader::new(node, constants);
        let (name, output) = (reader.name().to_owned(), reader.output()?);
        let codes = format!("{output} (quantised)");
        let [scale, zero] = target;
        let quantised = Node {
            inputs,
            outputs: vec![codes.clone()],
            name,
            operator: operator.into(),
            domain: domain.into(),
            ..node.clone()
        };
        let dequantise = Node {
            inputs: vec![codes, scale, zero],
            outputs: vec![output.into()],
            name: String::new(),
            operator: "DequantizeLinear".into(),
            attributes: Vec::new(),
            domain: String::new(),
        };
        Ok([quantised, dequantise])
    }

    /// Scale and zero point with which a node's output is quantised, behind Relu or Clip at most.
    fn target(&self, node: &NodeReader) -> Result<[String; 2], ImportError> {
        let mut name = node.output()?;
        loop {
            let readers = self.readers.get(name).map_or(&[][..], Vec::as_slice);
            let quantises = |node: &&Node| node.operator == "QuantizeLinear";
            match readers {
                _ if self.outputs.contains(name) => break,
                [one] if matches!(one.operator.as_str(), "Relu" | "Clip") => {
                    name = one.outputs.first().map_or("", String::as_str);
                }
                // The reader compares all of them with the first.
                [first, ..] if readers.iter().all(quantises) => {
                    let input = |i: usize| first.inputs.get(i).cloned().unwrap_or_default();
                    return Ok([input(1), input(2)]);
                }
                _ => break,
            }
        }
        Err(node.error("its result has to go through Relu or Clip at most to QuantizeLinear alone"))
    }

    /// The DequantizeLinear that makes an input.
    fn dequantised(&self, node: &NodeReader, index: usize) -> Option<&'a Node> {
        let made = self.producers.get(node.input(index)).copied();
        made.filter(|made| made.operator == "DequantizeLinear")
    }

    /// An input that is dequantised activations.
    fn activations(&self, node: &NodeReader, index: usize) -> Result<Quantised, ImportError> {
        match self.dequantised(node, index) {
            Some(made) if !node.is_constant(&names(made)[0]) => Ok(names(made)),
            _ => Err(node.error(format!(
                "input {index} has to be what a layer or the model's input \
                 becomes by QuantizeLinear and DequantizeLinear"
            ))),
        }
    }

    /// The second input, dequantised constants with a scale for all or for each output.
    fn weights(&self, node: &NodeReader) -> Result<Quantised, ImportError> {
        let made = self.dequantised(node, 1).filter(|made| node.is_constant(&names(made)[0]));
        let made = made.ok_or_else(|| {
            node.error("its weights have to be constants behind DequantizeLinear")
        })?;
        let names = names(made);
        let weights = node.with_inputs(made);
        let rank = weights.constant(0)?.dims.len() as i64;
        let given = weights.int("axis", 1);
        let axis = if given < 0 { given + rank } else { given };
        let outputs = match node.operator() {
            "Conv" => 0,
            "Gemm" if node.int("transB", 0) != 0 => 0,
            _ => 1,
        };
        if weights.scales(1)?.len() > 1 && axis != outputs || weights.int("block_size", 0) != 0 {
            let reason = format!("its weights have scales along axis {given}, not for each output");
            return Err(node.error(reason));
        }
        Ok(names)
    }

    /// The name of an int32 bias, and the constant if it is made here. A float bias is rounded to
    /// steps of the scale of the sums, half to even, as ONNX Runtime does before it fuses the
    /// group.
    fn bias(
        &self,
        node: &NodeReader,
        [x_scale, w_scale]: [&str; 2],
    ) -> Result<(String, Option<Constant>), ImportError> {
        if node.input(2).is_empty() {
            return Ok((String::new(), None));
        }
        if node.float("beta", 1.0) != 1.0 {
            return Err(node.error("beta has to be 1"));
        }
        let scales = node.named_scales(w_scale)?;
        let [x_scale] = node.named_scales(x_scale)? else {
            return Err(node.error("scales of activations have to be one for the tensor"));
        };
        let of_sums: Vec<f32> = scales.iter().map(|w| x_scale * w).collect();
        let of_sum = |n: usize| of_sums[if of_sums.len() == 1 { 0 } else { n }];
        if let Some(made) = self.dequantised(node, 2) {
            let bias = node.with_inputs(made);
            let count = bias.constant(0)?.len();
            let given = bias.scales(1)?;
            let zero = bias.input(2).is_empty() || bias.constant(2)?.is_zero();
            let fits = |n: usize| {
                let given = given.get(if given.len() == 1 { 0 } else { n });
                let wanted = f64::from(of_sum(n));
                given.is_some_and(|&s| {
                    (f64::from(s) - wanted).abs() <= wanted * BIAS_SCALE_TOLERANCE
                })
            };
            if of_sums.len() > 1 && of_sums.len() != count || !zero || !(0..count).all(fits) {
                return Err(node.error(
                    "the scale of its bias is not that of input times weights, or it has a zero \
                     point",
                ));
            }
            return Ok((names(made)[0].clone(), None));
        }
        let constant = node.constant(2)?;
        let Data::Float(values) = &constant.data else {
            return Err(node.error("its bias has to be float, or int32 behind DequantizeLinear"));
        };
        if of_sums.len() > 1 && of_sums.len() != values.len() {
            return Err(node.error("weight scales are neither one nor one for each output"));
        }
        let steps = |(n, &b): (usize, &f32)| {
            let steps = (b / of_sum(n)).round_ties_even();
            // The bounds of int32, as floats that it can hold.
            (-2_147_483_648.0..=2_147_483_520.0).contains(&steps).then_some(steps as i64)
        };
        let steps: Option<Vec<i64>> = values.iter().enumerate().map(steps).collect();
        let steps = steps.ok_or_else(|| node.error("its bias does not fit int32"))?;
        let made = Constant { dims: constant.dims.clone(), data: Data::Integer(steps) };
        Ok((format!("{} of {}", node.input(2), node.name()), Some(made)))
    }

    /// A product whose result the model does not quantise: its weights become float constants.
    fn real_product(&self, node: &Node, constants: &mut Constants) -> Result<Node, ImportError> {
        let mut made = Vec::new();
        let reader = NodeReader::new(node, constants);
        self.weights(&reader)?;
        for index in [1, 2] {
            if let Some(dequantise) = self.dequantised(&reader, index) {
                made.push((index, real(&reader.with_inputs(dequantise))?));
            }
        }
        let mut product = node.clone();
        for (index, constant) in made {
            let name = format!("{} of {}", product.inputs[index], product.outputs[0]);
            constants.insert(name.clone(), constant);
            product.inputs[index] = name;
        }
        Ok(product)
    }
}

/// What a DequantizeLinear makes of a constant with a scale for all or for each row.
fn real(node: &NodeReader) -> Result<Constant, ImportError> {
    let constant = node.constant(0)?;
    let float = || node.error("its input has to be integers");
    let codes = constant.integers().ok_or_else(float)?;
    let scales = node.scales(1)?;
    let zeros = match node.input(2) {
        "" => vec![0],
        _ => node.constant(2)?.integers().ok_or_else(float)?,
    };
    let rows = constant.dims.first().copied().unwrap_or(1).max(1);
    if [scales.len(), zeros.len()].iter().any(|&len| len != 1 && len != rows) {
        return Err(node.error("scales and zero points are neither one nor one for each output"));
    }
    let of = |(i, &code): (usize, &i64)| {
        let row = i / (codes.len() / rows);
        let zero = zeros[if zeros.len() == 1 { 0 } else { row }];
        code.wrapping_sub(zero) as f32 * scales[if scales.len() == 1 { 0 } else { row }]
    };
    let values = codes.iter().enumerate().map(of).collect();
    Ok(Constant { dims: constant.dims.clone(), data: Data::Float(values) })
}

/// Tensor, scale and zero point of a DequantizeLinear.
fn names(node: &Node) -> Quantised {
    [0, 1, 2].map(|i| node.inputs.get(i).cloned().unwrap_or_default())
}
