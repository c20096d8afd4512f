//! The inputs that a model is run on.

use std::path::{Path, PathBuf};

use systole_verif::infer::{Array, Model, random, read_input};

use super::{Args, wrong};
use crate::exit::{Error, Result};
use crate::output;

/// Inputs, and where they are from.
pub struct Inputs {
    /// With a batch as the first axis.
    pub array: Array,
    /// Images of it that are run.
    pub images: usize,
    /// In words.
    pub source: String,
}

/// Reads or makes the inputs.
pub fn read(args: &Args, model: &Model) -> Result<Inputs> {
    let wanted = args.images.map(|images| images as usize);
    let Some(file) = &args.input else {
        let images = wanted.unwrap_or(1);
        let array = random(model, images, args.seed);
        let source = format!("random numbers, seed {}", args.seed);
        note!("input  {source}; --input FILE takes your own");
        return Ok(Inputs { array, images, source });
    };
    let (path, name) = split(file);
    let bytes = std::fs::read(&path).map_err(|error| Error::file("read", &path, &error))?;
    let array = read_input(&bytes, name.as_deref(), model).map_err(|error| wrong(&path, error))?;
    let there = array.shape[0];
    if let Some(wanted) = wanted.filter(|&wanted| wanted > there) {
        let found = output::count(there as u64, "image");
        let message = format!("--images {wanted}: {} has {found}", path.display());
        return Err(Error::usage(message).help(format!("ask for {there} or fewer")));
    }
    let source = file.display().to_string();
    Ok(Inputs { array, images: wanted.unwrap_or(there), source })
}

/// `F.npz:NAME` as file and name, unless a file has all of it as its name.
fn split(file: &Path) -> (PathBuf, Option<String>) {
    let text = file.to_string_lossy();
    match text.rsplit_once(':') {
        Some((path, name)) if !file.exists() && path.ends_with(".npz") => {
            (path.into(), Some(name.to_owned()))
        }
        _ => (file.to_owned(), None),
    }
}

impl Inputs {
    /// The images that are run, alone.
    pub fn used(&self) -> Array {
        let numbers = &self.array.numbers;
        let length = numbers.len() / self.array.shape[0];
        let mut shape = self.array.shape.clone();
        shape[0] = self.images;
        Array { shape, numbers: numbers.pick(0..self.images * length) }
    }
}
