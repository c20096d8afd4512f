//! What the chip did, as the shim recorded it.

use verilator_sys::Record;

/// Something that happened in a cycle.
///
/// Events come in cycle order. Within a cycle: error answers on the hart's ports, then on the AXI
/// read and write channels, NPU writes, the end of an NPU job, the retires in program order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// An instruction retired or trapped.
    Retire(Retire),
    /// A beat of the NPU's write bursts reached memory, or failed.
    NpuWrite(NpuWrite),
    /// An NPU job ended.
    NpuJobEnd(NpuJobEnd),
    /// Memory answered with an error.
    BusError(BusError),
    /// The chip broke a rule of a bus.
    Protocol(Protocol),
}

/// A retired instruction: the fields of RVFI and its extensions (docs/soc.md).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Retire {
    /// Low half of the cycle number.
    pub cycle: u32,
    /// It trapped; `cause` and `tval` say why.
    pub trap: bool,
    /// It is the first of an interrupt handler; `cause` says of which.
    pub intr: bool,
    /// It is a CSR instruction that wrote `csr_addr`, which then read `csr_wdata`.
    pub csr_valid: bool,
    /// Privilege in which it executed: 3 for M, 0 for U.
    pub mode: u8,
    /// Address of the instruction.
    pub pc: u32,
    /// Instruction word.
    pub insn: u32,
    /// Address of the next instruction.
    pub next_pc: u32,
    /// Destination register; 0 when none.
    pub rd_addr: u8,
    /// What it wrote there; 0 when none.
    pub rd_wdata: u32,
    /// Word address of its data access.
    pub mem_addr: u32,
    /// Byte lanes that it read.
    pub mem_rmask: u8,
    /// Byte lanes that it wrote.
    pub mem_wmask: u8,
    /// Word read.
    pub mem_rdata: u32,
    /// Word written.
    pub mem_wdata: u32,
    /// mcause, with `trap` or `intr`.
    pub cause: u32,
    /// mtval, with `trap`.
    pub tval: u32,
    /// Interrupt lines that it saw.
    pub mip: u32,
    /// Number of the CSR written.
    pub csr_addr: u16,
    /// What that CSR holds afterwards.
    pub csr_wdata: u32,
    /// mstatus afterwards.
    pub mstatus: u32,
}

/// One beat that the NPU wrote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NpuWrite {
    /// Low half of the cycle number.
    pub cycle: u32,
    /// Byte address of the bus word.
    pub address: u32,
    /// Which bytes of it.
    pub strobe: u32,
    /// The bus word; the first `bus_bits / 8` bytes count.
    pub data: [u8; 32],
    /// The burst is answered with an error, and memory was left as it was.
    pub failed: bool,
}

/// The end of an NPU job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NpuJobEnd {
    /// Low half of the cycle number.
    pub cycle: u32,
    /// Cause, 0 for none (docs/npu.md).
    pub cause: u8,
    /// Index of the descriptor at fault.
    pub fault_index: u16,
    /// Address at fault.
    pub fault_address: u32,
}

/// An error answer, drawn at random or because the address is not in RAM.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BusError {
    /// Low half of the cycle number.
    pub cycle: u32,
    /// Where.
    pub port: Port,
    /// Address of the word or read beat; for AXI writes that of the burst's first beat.
    pub address: u32,
}

/// A port of the chip.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Port {
    /// `ibus`.
    Ibus,
    /// `dbus`.
    Dbus,
    /// `m_axi`, AR and R.
    AxiRead,
    /// `m_axi`, AW, W and B.
    AxiWrite,
    /// `rvfi`.
    Rvfi,
}

impl Port {
    fn decode(number: u32) -> Port {
        match number {
            0 => Port::Ibus,
            1 => Port::Dbus,
            2 => Port::AxiRead,
            3 => Port::AxiWrite,
            _ => Port::Rvfi,
        }
    }

    /// Prefix of its signals.
    pub fn name(self) -> &'static str {
        match self {
            Port::Ibus => "ibus",
            Port::Dbus => "dbus",
            Port::AxiRead | Port::AxiWrite => "m_axi",
            Port::Rvfi => "rvfi",
        }
    }
}

/// A broken rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Protocol {
    /// Low half of the cycle number.
    pub cycle: u32,
    /// Where.
    pub port: Port,
    /// Which.
    pub violation: Violation,
    /// The address in question (W channel: the strobe; `RetireOrder`: the order found).
    pub detail: u32,
}

/// A rule of a bus.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Violation {
    /// Valid was withdrawn, or what it announced changed, before ready.
    RequestChanged,
    /// An address is not a multiple of the bus width.
    Misaligned,
    /// A read has write strobes.
    BadStrobe,
    /// A burst has more than 16 beats.
    LongBurst,
    /// A burst crosses a 4 KiB boundary.
    CrossesPage,
    /// WLAST does not mark exactly the last beat.
    BadLast,
    /// `rvfi_order` does not count by one from zero.
    RetireOrder,
    /// A burst is not one of full-width beats at rising addresses.
    BadForm,
}

impl Violation {
    fn decode(number: u32) -> Violation {
        match number {
            0 => Violation::RequestChanged,
            1 => Violation::Misaligned,
            2 => Violation::BadStrobe,
            3 => Violation::LongBurst,
            4 => Violation::CrossesPage,
            5 => Violation::BadLast,
            6 => Violation::RetireOrder,
            _ => Violation::BadForm,
        }
    }

    /// What was done, in a few words.
    pub fn description(self) -> &'static str {
        match self {
            Violation::RequestChanged => {
                "a request changed or was withdrawn before it was accepted"
            }
            Violation::Misaligned => "an address is not a multiple of the bus width",
            Violation::BadStrobe => "a read has write strobes",
            Violation::LongBurst => "a burst has more than 16 beats",
            Violation::CrossesPage => "a burst crosses a 4 KiB boundary",
            Violation::BadLast => "wlast does not mark exactly the last beat",
            Violation::RetireOrder => "rvfi_order does not count by one from zero",
            Violation::BadForm => "a burst is not of full-width beats at rising addresses",
        }
    }
}

impl Event {
    /// Reads a record.
    #[inline]
    pub fn decode(record: &Record) -> Event {
        let word = &record.word;
        let cycle = word[1];
        match word[0] & 0xff {
            0 => Event::Retire(Retire::decode(record)),
            1 => Event::NpuWrite(NpuWrite::decode(record)),
            2 => Event::NpuJobEnd(NpuJobEnd {
                cycle,
                cause: word[2] as u8,
                fault_index: word[3] as u16,
                fault_address: word[4],
            }),
            3 => Event::BusError(BusError { cycle, port: Port::decode(word[2]), address: word[3] }),
            _ => Event::Protocol(Protocol {
                cycle,
                port: Port::decode(word[2]),
                violation: Violation::decode(word[3]),
                detail: word[4],
            }),
        }
    }

    /// Low half of the number of the cycle in which it happened.
    pub fn cycle(&self) -> u32 {
        match self {
            Event::Retire(event) => event.cycle,
            Event::NpuWrite(event) => event.cycle,
            Event::NpuJobEnd(event) => event.cycle,
            Event::BusError(event) => event.cycle,
            Event::Protocol(event) => event.cycle,
        }
    }
}

impl Retire {
    #[inline]
    fn decode(record: &Record) -> Retire {
        let word = &record.word;
        Retire {
            cycle: word[1],
            trap: word[0] & 1 << 8 != 0,
            intr: word[0] & 1 << 9 != 0,
            csr_valid: word[0] & 1 << 10 != 0,
            mode: (word[0] >> 11 & 3) as u8,
            pc: word[2],
            insn: word[3],
            next_pc: word[4],
            rd_addr: word[5] as u8,
            mem_rmask: (word[5] >> 8 & 0xf) as u8,
            mem_wmask: (word[5] >> 12 & 0xf) as u8,
            rd_wdata: word[6],
            mem_addr: word[7],
            mem_rdata: word[8],
            mem_wdata: word[9],
            cause: word[10],
            tval: word[11],
            mip: word[12],
            csr_addr: word[13] as u16,
            csr_wdata: word[14],
            mstatus: word[15],
        }
    }
}

impl NpuWrite {
    fn decode(record: &Record) -> NpuWrite {
        let word = &record.word;
        let mut data = [0; 32];
        for (bytes, word) in data.chunks_exact_mut(4).zip(&word[4..12]) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        let failed = word[0] & 1 << 8 != 0;
        NpuWrite { cycle: word[1], address: word[2], strobe: word[3], data, failed }
    }

    /// The bytes written, with their addresses.
    pub fn bytes(&self) -> impl Iterator<Item = (u32, u8)> {
        let NpuWrite { address, strobe, data, .. } = *self;
        (0..32).filter(move |i| strobe >> i & 1 != 0).map(move |i| (address + i, data[i as usize]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retire_is_unpacked() {
        let mut record = Record { word: std::array::from_fn(|i| 100 + i as u32) };
        record.word[0] = 1 << 8 | 1 << 10;
        record.word[5] = 31 | 0x3 << 8 | 0xc << 12;
        let Event::Retire(retire) = Event::decode(&record) else { panic!("not a retire") };
        assert!(retire.trap && !retire.intr && retire.csr_valid);
        assert_eq!((retire.rd_addr, retire.mem_rmask, retire.mem_wmask), (31, 3, 0xc));
        assert_eq!((retire.cycle, retire.pc, retire.mstatus), (101, 102, 115));
    }

    #[test]
    fn bytes_of_a_write_follow_the_strobe() {
        let mut record = Record { word: [0; 16] };
        record.word[0] = 1 | 1 << 8;
        (record.word[2], record.word[3], record.word[4]) = (0x8000_0010, 0b1010, 0x4433_2211);
        let Event::NpuWrite(write) = Event::decode(&record) else { panic!("not a write") };
        assert!(write.failed);
        let bytes: Vec<_> = write.bytes().collect();
        assert_eq!(bytes, [(0x8000_0011, 0x22), (0x8000_0013, 0x44)]);
    }
}
