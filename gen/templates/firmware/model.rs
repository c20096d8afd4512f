//! Made by `systole compile`: {{ f.model }} for the chip {{ f.chip }}, without the standard library.
//!
//! The descriptors hold absolute addresses: link with `model.ld`, and without `model.c`.

#![allow(dead_code)]

use core::ptr::{read_volatile, write_volatile};

/// First address of the network's memory.
pub const BASE: usize = {{ "{:#010x}"|format(f.base) }};
/// Where the NPU takes the input's codes from.
pub const INPUT_ADDRESS: usize = {{ "{:#010x}"|format(f.input.address) }};
/// Where the NPU leaves the output's codes.
pub const OUTPUT_ADDRESS: usize = {{ "{:#010x}"|format(f.output.address) }};
/// Where [`DATA`] must be linked.
pub const DATA_ADDRESS: usize = {{ "{:#010x}"|format(f.data_address) }};
/// The list of descriptors.
pub const LIST_ADDRESS: usize = {{ "{:#010x}"|format(f.list) }};
/// First address behind the network's memory.
pub const END: usize = {{ "{:#010x}"|format(f.end) }};

/// Numbers of an input, {{ f.input.dimensions() }}, the last index changing fastest.
pub const INPUT_ELEMENTS: usize = {{ f.input.elements }};
/// Numbers of an output, {{ f.output.dimensions() }}, the last index changing fastest.
pub const OUTPUT_ELEMENTS: usize = {{ f.output.elements }};
/// An input.
pub type Input = [{{ f.input.rust() }}; INPUT_ELEMENTS];
/// An output.
pub type Output = [{{ f.output.rust() }}; OUTPUT_ELEMENTS];

/// Weights, parameters, tables and descriptors; `model.ld` places the section.
#[unsafe(link_section = ".model_data")]
#[used]
pub static DATA: [u8; {{ f.data_bytes() }}] = *include_bytes!("model.bin");

const STATUS: *mut u32 = 0x4000_0008 as *mut u32;
const DOORBELL: *mut u32 = 0x4000_0010 as *mut u32;
const CLEAR: *mut u32 = 0x4000_0014 as *mut u32;

/// Why there is no output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Error {
    /// [`DATA`] was linked elsewhere: `model.ld` is missing.
    Misplaced,
    /// The NPU stopped, with its cause.
    Npu(u8),
}

/// Runs the network and waits for it, before it starts, too.
///
/// # Errors
/// When the data is not in its place or the NPU stops with an error.
///
/// # Safety
/// The chip must be the one that the network was compiled for; the memory from [`BASE`] to [`END`]
/// must hold nothing else; nobody else may use the NPU or that memory meanwhile.
pub unsafe fn run(input: &Input, output: &mut Output) -> Result<(), Error> {
    if &raw const DATA as usize != DATA_ADDRESS {
        return Err(Error::Misplaced);
    }
    // SAFETY: these are the NPU's registers, and memory that the caller has kept for the network.
    unsafe {
        while read_volatile(STATUS) & 1 != 0 {}
        let codes = INPUT_ADDRESS as *mut i8;
        prepare(input, |place, code| write_volatile(codes.add(place), code));
        fence();
        write_volatile(DOORBELL, LIST_ADDRESS as u32);
        while read_volatile(STATUS) & 1 != 0 {}
        fence();
        let status = read_volatile(STATUS);
        write_volatile(CLEAR, 1);
        if status & 4 != 0 {
            return Err(Error::Npu((status >> 8) as u8));
        }
        let codes = OUTPUT_ADDRESS as *const i8;
        finish(|place| read_volatile(codes.add(place)), output);
    }
    Ok(())
}

/// Orders the hart's accesses to memory and registers.
fn fence() {
    #[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
    // SAFETY: a fence changes nothing that the compiler knows of.
    unsafe {
        core::arch::asm!("fence")
    };
}
{% if f.quantises() || f.softmax().is_some() %}
{%- let real = f.softmax().is_none() %}
/// To the nearest integer, of two the even one; for numbers within -1000 to 1000.
fn round_half_even(x: {% if real %}f32{% else %}f64{% endif %}) -> i32 {
    let whole = x as i32;
    let rest = x - whole as {% if real %}f32{% else %}f64{% endif %};
    let odd = whole & 1 != 0;
    if rest > 0.5 || (rest == 0.5 && odd) {
        whole + 1
    } else if rest < -0.5 || (rest == -0.5 && odd) {
        whole - 1
    } else {
        whole
    }
}
{% endif %}
{%- if let Some(real) = f.input.real() %}
fn quantise(x: f32) -> i8 {
    let steps = x / {{ real.scale }};
    if steps.is_nan() {
        return i8::MIN;
    }
    (round_half_even(steps.clamp({{ real.lowest }}.0, {{ real.highest }}.0){% if f.softmax().is_some() %}.into(){% endif %}) + ({{ real.zero_point }})) as i8
}
{% endif %}
/// Hands the codes that the NPU takes to `put`, each with its place.
pub fn prepare(input: &Input, mut put: impl FnMut(usize, i8)) {
    for place in 0..INPUT_ELEMENTS {
{%- if f.quantises() %}
        put(place, quantise(input[{{ f.input.index() }}]));
{%- else if f.input.is_unsigned() %}
        put(place, (input[{{ f.input.index() }}] ^ 0x80) as i8);
{%- else %}
        put(place, input[{{ f.input.index() }}]);
{%- endif %}
    }
}
{% if f.softmax().is_some() %}
/// `exp(-distance * scale)`
static POWERS: [f64; 256] = [
{{ f.softmax_powers() }}
];

/// Makes the output of the NPU's codes, which `get` gives by their places.
pub fn finish(get: impl Fn(usize) -> i8, output: &mut Output) {
    let mut largest = i8::MIN;
    for place in 0..OUTPUT_ELEMENTS {
        largest = largest.max(get(place));
    }
    let power = |place: usize| POWERS[usize::from(largest.abs_diff(get(place)))];
    let mut sum = 0.0;
    for place in 0..OUTPUT_ELEMENTS {
        sum += power(place);
    }
    for place in 0..OUTPUT_ELEMENTS {
        let share = round_half_even(power(place) / sum * 256.0).min(255);
        output[{{ f.output.index() }}] = (share{% if !f.output.is_unsigned() %} - 128{% endif %}) as {{ f.output.rust() }};
    }
}
{% else %}
/// Makes the output of the NPU's codes, which `get` gives by their places.
pub fn finish(get: impl Fn(usize) -> i8, output: &mut Output) {
    for place in 0..OUTPUT_ELEMENTS {
{%- if let Some(real) = f.output.real() %}
        let steps = i32::from(get(place)) - ({{ real.zero_point }});
        output[{{ f.output.index() }}] = steps as f32 * {{ real.scale }};
{%- else if f.output.is_unsigned() %}
        output[{{ f.output.index() }}] = get(place) as u8 ^ 0x80;
{%- else %}
        output[{{ f.output.index() }}] = get(place);
{%- endif %}
    }
}
{% endif %}
