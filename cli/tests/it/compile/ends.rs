//! Inputs and codes from standard input; codes and outputs of the ends alone to standard output.
use std::io::{Read, Write};
mod model;
use model::*;
trait Bytes: Sized + Copy {
    const SIZE: usize = size_of::<Self>();
    fn from(bytes: &[u8]) -> Self;
    fn to(self) -> Vec<u8>;
}
macro_rules! bytes {
    ($($t:ty),*) => {$(impl Bytes for $t {
        fn from(bytes: &[u8]) -> Self { <$t>::from_le_bytes(bytes.try_into().unwrap()) }
        fn to(self) -> Vec<u8> { self.to_le_bytes().to_vec() }
    })*};
}
bytes!(f32, i8, u8);
fn read<T: Bytes, const N: usize>(bytes: &[u8]) -> ([T; N], &[u8]) {
    let (now, rest) = bytes.split_at(N * T::SIZE);
    (std::array::from_fn(|i| T::from(&now[i * T::SIZE..][..T::SIZE])), rest)
}
fn main() {
    let (mut all, mut out) = (Vec::new(), Vec::new());
    std::io::stdin().read_to_end(&mut all).unwrap();
    let mut rest = &all[..];
    while !rest.is_empty() {
        let (input, behind): (Input, _) = read(rest);
        let (results, behind): ([i8; OUTPUT_ELEMENTS], _) = read(behind);
        rest = behind;
        let mut codes = [0; INPUT_ELEMENTS];
        prepare(&input, |place, code| codes[place] = code);
        out.extend(codes.map(|code| code as u8));
        let mut output: Output = [Default::default(); OUTPUT_ELEMENTS];
        finish(|place| results[place], &mut output);
        out.extend(output.into_iter().flat_map(Bytes::to));
    }
    std::io::stdout().write_all(&out).unwrap();
}
