//! A model's inputs: from a file, or made up.

use systole_compiler::network::{Input, dequantise};

use super::{Array, Element, Error, Model, Numbers, npy, npz};
use crate::scramble::scramble;

/// Reads inputs from the bytes of a `.npy` or `.npz` file, or of one with nothing but the numbers, in
/// little endian. `name` chooses an array of an archive.
///
/// # Errors
/// Damaged files, with the byte that is wrong, and arrays of another type or shape than the model's
/// input.
pub fn read(bytes: &[u8], name: Option<&str>, model: &Model) -> Result<Array, Error> {
    let array = if npz::is_npz(bytes) {
        let members = npz::members(bytes)?;
        let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
        let listed = names.join(", ");
        let wanted = name.unwrap_or(&model.input.name);
        let member = match (members.iter().find(|member| member.name == wanted), &members[..]) {
            (Some(member), _) => member,
            (None, [only]) if name.is_none() => only,
            _ => {
                return Err(Error::new(format!(
                    "the archive has no array {wanted:?}, but {listed}"
                ))
                .help("name the array behind a colon, as in --input data.npz:x"));
            }
        };
        npy::read(&npz::unpack(bytes, member)?)
            .map_err(|error| Error { message: format!("{}.npy: {error}", member.name), ..error })?
    } else if name.is_some() {
        return Err(Error::new("only an archive (.npz) has arrays with names"));
    } else if npy::is_npy(bytes) {
        npy::read(bytes)?
    } else {
        raw(bytes, model)?
    };
    with_batch(array, model)
}

/// Numbers without a header.
fn raw(bytes: &[u8], model: &Model) -> Result<Array, Error> {
    let element = model.input_element();
    let length = model.input_len() * element.bytes();
    if bytes.is_empty() || !bytes.len().is_multiple_of(length) {
        let (found, shape) = (bytes.len(), model.input_shape());
        let message = format!(
            "{found} bytes, and no NumPy array, are not a multiple of the {length} bytes of an \
             input: {element} of shape {shape:?}"
        );
        return Err(Error::new(message).help("save the inputs by numpy.save as .npy"));
    }
    let mut shape = vec![bytes.len() / length];
    shape.extend(model.input_shape());
    Ok(Array { shape, numbers: Numbers::from_bytes(element, bytes) })
}

/// The array with a batch as its first axis.
fn with_batch(mut array: Array, model: &Model) -> Result<Array, Error> {
    let (wanted, of) = (model.input_shape(), model.input_element());
    if array.shape == wanted {
        array.shape.insert(0, 1);
    }
    let found = array.numbers.element();
    let numbers: Vec<String> = wanted.iter().map(usize::to_string).collect();
    let expected = format!("the model takes {of} of shape [N, {}]", numbers.join(", "));
    if found != of {
        return Err(Error::new(format!("the input is {found}, and {expected}"))
            .help(format!("save x.astype(numpy.{of}), quantised as the model wants it")));
    }
    match array.shape.split_first() {
        Some((0, _)) => Err(Error::new("the input has no images")),
        Some((_, rest)) if rest == wanted => Ok(array),
        _ => {
            let shape = &array.shape;
            Err(Error::new(format!("the input has shape {shape:?}, and {expected}"))
                .help("reshape or transpose the array"))
        }
    }
}

/// Inputs that look random: every code is as likely as another.
pub fn random(model: &Model, images: usize, seed: u64) -> Array {
    let count = images * model.input_len();
    let codes: Vec<u8> = (0..count as u64).map(|i| scramble(seed, i) as u8).collect();
    let numbers = match (model.input_element(), model.network.prepare) {
        (Element::Float32, Input::Real { scale, zero_point }) => {
            let codes: Vec<i8> = codes.iter().map(|&code| code as i8).collect();
            Numbers::Float32(dequantise(&codes, scale, zero_point))
        }
        (element, _) => Numbers::from_bytes(element, &codes),
    };
    let mut shape = vec![images];
    shape.extend(model.input_shape());
    Array { shape, numbers }
}
