//! CRC-32 as in Ethernet, gzip and PNG: polynomial 0xedb88320 (reflected), all ones at the start,
//! inverted at the end.

/// Register before the first byte.
pub const START: u32 = 0xffff_ffff;
/// Register after data and its CRC, little endian.
pub const RESIDUE: u32 = 0xdebb_20e3;

/// What a half byte in the low bits of the register adds when it is shifted out.
pub const TABLE: [u32; 16] = table();

const fn table() -> [u32; 16] {
    let mut table = [0; 16];
    let mut nibble = 0;
    while nibble < 16 {
        let mut register = nibble as u32;
        let mut bit = 0;
        while bit < 4 {
            register = (register >> 1) ^ if register & 1 == 1 { 0xedb8_8320 } else { 0 };
            bit += 1;
        }
        table[nibble] = register;
        nibble += 1;
    }
    table
}

/// The register after `bytes`.
pub fn update(register: u32, bytes: &[u8]) -> u32 {
    let half = |register: u32| (register >> 4) ^ TABLE[(register & 15) as usize];
    bytes.iter().fold(register, |register, byte| half(half(register ^ u32::from(*byte))))
}

/// The CRC of `bytes`.
pub fn crc32(bytes: &[u8]) -> u32 {
    !update(START, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_usual_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn data_with_its_crc_leaves_the_residue() {
        let data = b"residue";
        let register = update(update(START, data), &crc32(data).to_le_bytes());
        assert_eq!(register, RESIDUE);
    }
}
