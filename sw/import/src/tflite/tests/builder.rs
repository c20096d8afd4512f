//! Writes TensorFlow Lite files, good ones and others.

use systole_compiler::network::Network;

use crate::tflite::tensor::element;

/// A field of a table.
#[derive(Clone)]
pub enum Field {
    /// A number, little-endian.
    Number(Vec<u8>),
    /// A vector of numbers, or a string: how many, and their bytes.
    Vector(usize, Vec<u8>),
    /// A table.
    Table(Fields),
    /// A vector of tables.
    Tables(Vec<Fields>),
}

/// Fields by their numbers.
pub type Fields = Vec<(usize, Field)>;

/// An int32.
pub fn int(value: i32) -> Field {
    Field::Number(value.to_le_bytes().to_vec())
}

/// A byte.
pub fn byte(value: u8) -> Field {
    Field::Number(vec![value])
}

/// A float32.
pub fn float(value: f32) -> Field {
    Field::Number(value.to_le_bytes().to_vec())
}

/// A vector of int32.
pub fn ints(values: &[i32]) -> Field {
    Field::Vector(values.len(), values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

fn floats(values: &[f32]) -> Field {
    Field::Vector(values.len(), values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

fn bytes(values: &[u8]) -> Field {
    Field::Vector(values.len(), values.to_vec())
}

/// Appends a table, its vtable before it and what it refers to behind it.
fn write(file: &mut Vec<u8>, fields: &Fields) -> usize {
    let width = |field: &Field| match field {
        Field::Number(number) => number.len(),
        _ => 4,
    };
    let count = fields.iter().map(|(id, _)| id + 1).max().unwrap_or(0);
    let mut places = vec![0u16; count];
    let mut size = 4;
    for (id, field) in fields {
        places[*id] = size as u16;
        size += width(field);
    }
    let vtable = file.len();
    let head = [4 + 2 * count as u16, size as u16];
    file.extend(head.iter().chain(&places).flat_map(|v| v.to_le_bytes()));
    let table = file.len();
    file.extend(((table - vtable) as i32).to_le_bytes());
    file.resize(table + size, 0);
    for (id, field) in fields {
        let at = table + usize::from(places[*id]);
        if let Field::Number(number) = field {
            file[at..at + number.len()].copy_from_slice(number);
            continue;
        }
        let target = match field {
            Field::Table(fields) => write(file, fields),
            Field::Vector(count, bytes) => {
                let start = file.len();
                file.extend((*count as u32).to_le_bytes());
                file.extend(bytes);
                start
            }
            Field::Tables(tables) => {
                let start = file.len();
                file.extend((tables.len() as u32).to_le_bytes());
                file.resize(start + 4 + 4 * tables.len(), 0);
                for (i, fields) in tables.iter().enumerate() {
                    let entry = start + 4 + 4 * i;
                    let table = write(file, fields);
                    refer(file, entry, table);
                }
                start
            }
            Field::Number(_) => at,
        };
        refer(file, at, target);
    }
    table
}

fn refer(file: &mut [u8], at: usize, target: usize) {
    file[at..at + 4].copy_from_slice(&((target - at) as u32).to_le_bytes());
}

/// A model in the making. Tensor 0 is its input.
pub struct Builder {
    codes: Vec<Fields>,
    /// Tables of the tensors.
    pub tensors: Vec<Fields>,
    buffers: Vec<Fields>,
    /// Tables of the operators.
    pub operators: Vec<Fields>,
}

impl Builder {
    /// A model with an int8 input.
    pub fn new(dims: &[i32], scale: f32, zero: i64) -> Self {
        let mut builder = Self {
            codes: Vec::new(),
            tensors: Vec::new(),
            buffers: vec![Vec::new()],
            operators: Vec::new(),
        };
        builder.tensor(dims, element::INT8, Some((&[scale], zero)));
        builder
    }

    /// A tensor `t` and its number, which is given, with scales along dimension 0.
    pub fn tensor(
        &mut self,
        dims: &[i32],
        element: u8,
        quantisation: Option<(&[f32], i64)>,
    ) -> i32 {
        let index = self.tensors.len();
        let mut fields = vec![
            (0, ints(dims)),
            (1, byte(element)),
            (2, int(0)),
            (3, bytes(format!("t{index}").as_bytes())),
        ];
        if let Some((scales, zero)) = quantisation {
            let zeros = zero.to_le_bytes().repeat(scales.len());
            let table =
                vec![(2, floats(scales)), (3, Field::Vector(scales.len(), zeros)), (6, int(0))];
            fields.push((4, Field::Table(table)));
        }
        self.tensors.push(fields);
        index as i32
    }

    /// An int8 tensor.
    pub fn map(&mut self, dims: &[i32], scale: f32, zero: i64) -> i32 {
        self.tensor(dims, element::INT8, Some((&[scale], zero)))
    }

    fn constant(&mut self, tensor: i32, data: &[u8]) -> i32 {
        self.tensors[tensor as usize][2] = (2, int(self.buffers.len() as i32));
        self.buffers.push(vec![(0, bytes(data))]);
        tensor
    }

    /// Weights with scales along `dimension`.
    pub fn weights(
        &mut self,
        dims: &[i32],
        (scales, dimension): (&[f32], i32),
        data: &[i8],
    ) -> i32 {
        let tensor = self.tensor(dims, element::INT8, Some((scales, 0)));
        if let Some((_, Field::Table(table))) = self.tensors[tensor as usize].get_mut(4) {
            table[2] = (6, int(dimension));
        }
        let data: Vec<u8> = data.iter().map(|&w| w as u8).collect();
        self.constant(tensor, &data)
    }

    /// int32 without scale.
    pub fn integers(&mut self, dims: &[i32], data: &[i32]) -> i32 {
        let tensor = self.tensor(dims, element::INT32, None);
        let data: Vec<u8> = data.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.constant(tensor, &data)
    }

    /// An operator with options of a kind.
    pub fn operator(
        &mut self,
        code: u8,
        (inputs, output): (&[i32], i32),
        (kind, options): (u8, Fields),
    ) {
        let index = self.codes.len() as i32;
        self.codes.push(vec![(0, byte(code.min(127))), (3, int(code.into()))]);
        self.operators.push(vec![
            (0, int(index)),
            (1, ints(inputs)),
            (2, ints(&[output])),
            (3, byte(kind)),
            (4, Field::Table(options)),
        ]);
    }

    /// The file, with an output.
    pub fn file(&self, output: i32) -> Vec<u8> {
        let graph = vec![
            (0, Field::Tables(self.tensors.clone())),
            (1, ints(&[0])),
            (2, ints(&[output])),
            (3, Field::Tables(self.operators.clone())),
        ];
        let model = vec![
            (0, int(3)),
            (1, Field::Tables(self.codes.clone())),
            (2, Field::Tables(vec![graph])),
            (4, Field::Tables(self.buffers.clone())),
        ];
        let mut file = b"\0\0\0\0TFL3".to_vec();
        let root = write(&mut file, &model);
        refer(&mut file, 0, root);
        file
    }

    /// The network, or the message.
    pub fn read(&self, output: i32) -> Result<Network, String> {
        crate::read(&self.file(output)).map_err(|e| e.to_string())
    }
}
