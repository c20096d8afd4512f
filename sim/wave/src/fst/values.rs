//! The values of an FST file.

use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;

use fst_reader::{
    FstFilter, FstReader, FstSignalHandle, FstSignalValue, ReadSignalsError, ReaderError,
};

use super::quiet;
use crate::Result;
use crate::bits::Bits;
use crate::reading::{Pass, Place};
use crate::value::{Kind, Value};

/// Passes over the values. What lies before `start` is left out: it is the undefined state that a
/// writer puts before its first value.
///
/// # Errors
/// Values that are broken.
pub fn stream(file: &File, place: &Place, start: u64, pass: Pass) -> Result<()> {
    let Pass { wanted, until, watch, visit } = pass;
    let include: Vec<_> = (0..wanted.len())
        .filter(|&series| wanted[series].is_some())
        .map(FstSignalHandle::from_index)
        .collect();
    if include.is_empty() {
        return Ok(());
    }
    // From time 0 on, because the library forgets values that a later block does not repeat.
    let filter = FstFilter::new(0, until, include);
    let mut last = None;
    let read = quiet::caught(|| {
        let reader = FstReader::open(BufReader::new(file)).map_err(ReadSignalsError::ReadError);
        reader?.read_signals(&filter, |time, handle, text| {
            let series = handle.get_index();
            let Some(kind) = wanted.get(series).copied().flatten() else { return Ok(()) };
            let value = value(kind, &text).ok_or(Stop::Bad)?;
            if time < start {
                return Ok(());
            }
            if last.replace(time) != Some(time) && watch(time).is_break() {
                return Err(Stop::Enough);
            }
            match visit(time, series as u32, value) {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => Err(Stop::Enough),
            }
        })
    });
    match read {
        Ok(Ok(())) | Ok(Err(ReadSignalsError::CallbackError(Stop::Enough))) => Ok(()),
        Ok(Err(ReadSignalsError::CallbackError(Stop::Bad))) => {
            Err(place.broken("a value does not fit the kind or width of its signal"))
        }
        Ok(Err(ReadSignalsError::ReadError(ReaderError::Io(error)))) => {
            Err(place.broken(format!("values that end too early ({error})")))
        }
        Ok(Err(ReadSignalsError::ReadError(error))) => Err(place.broken(error)),
        Err(panic) => Err(place.broken(format!("values that cannot be unpacked ({panic})"))),
    }
}

/// Why reading stops.
enum Stop {
    Enough,
    Bad,
}

fn value(kind: Kind, value: &FstSignalValue) -> Option<Value> {
    match (kind, value) {
        (Kind::Bits(width), FstSignalValue::String(text)) if text.len() == width as usize => {
            Bits::extended(width, text).ok().map(Value::Bits)
        }
        (Kind::Text, FstSignalValue::String(text)) => {
            Some(Value::Text(String::from_utf8_lossy(text).into_owned()))
        }
        (Kind::Real, FstSignalValue::Real(number)) => Some(Value::Real(*number)),
        _ => None,
    }
}
