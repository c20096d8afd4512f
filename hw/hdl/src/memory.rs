//! Memories.

use crate::arena::{Arena, Block, here, with};
use crate::ir::{
    self, ExprId, ExprKind, InitialWord, Item, Location, MemoryId, RamStyle, SignalKind,
};
use crate::ir::{Statement, SyncRead, Ty};
use crate::module::M;
use crate::signal::{Operand, Signal};

/// A memory of the module being built.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    module: u32,
    id: MemoryId,
    ty: Ty,
}

/// Width of an address that reaches `depth` words: `ceil(log2(depth))`, at least 1.
pub const fn address_width(depth: u32) -> u32 {
    if depth <= 2 { 1 } else { u32::BITS - (depth - 1).leading_zeros() }
}

impl M {
    /// A memory of `depth` words (at least 2).
    #[track_caller]
    pub fn memory(self, name: impl AsRef<str>, depth: u32, ty: Ty) -> Memory {
        let location = here();
        let name = name.as_ref();
        with(|a| {
            a.check_token(self.id, location);
            a.claim(name, location);
            if depth < 2 {
                a.error(location, format!("memory `{name}` has {depth} words; it needs 2"));
            }
            if ty.width() == 0 {
                a.error(location, format!("`{name}` has width 0"));
            }
            let id = MemoryId(a.module.memories.len() as u32);
            a.module.memories.push(ir::Memory {
                name: name.to_string(),
                depth,
                ty,
                style: RamStyle::Auto,
                collisions_unused: false,
                init_file: None,
                initial: Vec::new(),
                doc: String::new(),
                location,
                sync_reads: Vec::new(),
            });
            a.module.items.push(Item::DeclareMemory(id));
            Memory { module: a.id, id, ty }
        })
    }
}

impl Memory {
    /// A memory of a module that is open again.
    pub(crate) fn of(module: u32, id: MemoryId, ty: Ty) -> Memory {
        Memory { module, id, ty }
    }

    /// Says how it should be built.
    #[track_caller]
    pub fn style(self, style: RamStyle) -> Memory {
        self.change(here(), |memory| memory.style = style)
    }

    /// Says that nobody uses, of what a synchronous read gives, the bits that are written at the same
    /// edge, so that synthesis needs no logic around a block RAM to make them the old ones.
    /// [`scramble_collisions`](crate::scramble_collisions) makes a design that shows whether it is
    /// true.
    #[track_caller]
    pub fn collisions_unused(self) -> Memory {
        self.change(here(), |memory| memory.collisions_unused = true)
    }

    /// Loads the initial contents from a `$readmemh` file.
    #[track_caller]
    pub fn init_file(self, path: impl AsRef<str>) -> Memory {
        self.change(here(), |memory| memory.init_file = Some(path.as_ref().to_string()))
    }

    /// What it holds from the start, in the Verilog itself: address, word and comment of each. For
    /// memories of words of at most 64 bits, and for what an FPGA is configured with: a reset does not
    /// bring it back.
    #[track_caller]
    pub fn initial(self, words: impl IntoIterator<Item = (u32, u64, String)>) -> Memory {
        let location = here();
        let words = words.into_iter();
        let words: Vec<InitialWord> =
            words.map(|(address, value, doc)| InitialWord { address, value, doc }).collect();
        with(|a| {
            if !a.own_memory(self, location) {
                return;
            }
            let memory = &mut a.module.memories[self.id.0 as usize];
            let width = memory.ty.width();
            let fits = |word: &InitialWord| {
                let value_fits = width <= 64 && word.value.checked_shr(width).unwrap_or(0) == 0;
                word.address < memory.depth && value_fits
            };
            let bad = words.iter().find(|word| !fits(word)).cloned();
            let name = memory.name.clone();
            memory.initial = words;
            if let Some(InitialWord { address, value, .. }) = bad {
                a.error(location, format!("`{name}` has no place for {value:#x} at {address}"));
            }
        });
        self
    }

    /// Comments it.
    #[track_caller]
    pub fn doc(self, text: impl AsRef<str>) -> Memory {
        self.change(here(), |memory| memory.doc = text.as_ref().to_string())
    }

    fn change(self, location: Location, change: impl FnOnce(&mut ir::Memory)) -> Memory {
        with(|a| {
            if a.own_memory(self, location) {
                change(&mut a.module.memories[self.id.0 as usize]);
            }
        });
        self
    }

    /// The word at `address`, at once (latency 0).
    #[track_caller]
    pub fn read(self, address: impl Into<Operand>) -> Signal {
        let location = here();
        let address = address.into();
        with(|a| {
            if !a.own_memory(self, location) {
                return a.literal(0, self.ty, location);
            }
            let address = a.address(self.id, address, location);
            a.expr(ExprKind::MemoryRead(self.id, address), self.ty, location)
        })
    }

    /// A registered read port: the wire `name` takes the word at `address` at each clock edge at
    /// which `enable` is 1, and holds it otherwise. A word written at the same edge reads as it was.
    #[track_caller]
    pub fn read_sync(
        self,
        name: impl AsRef<str>,
        address: impl Into<Operand>,
        enable: impl Into<Operand>,
    ) -> Signal {
        let location = here();
        let (address, enable) = (address.into(), enable.into());
        with(|a| {
            let data = a.declare(name.as_ref(), self.ty, SignalKind::Wire, None, location);
            if !a.own_memory(self, location) {
                return data;
            }
            let address = a.address(self.id, address, location);
            let enable = match enable {
                Operand::Signal(enable) => a.condition(enable, "a read enable", location),
                literal => a.operand(literal, Ty::U(1), location),
            };
            let port = a.signal_of(data.expr).expect("declared above");
            let read = SyncRead { data: port, address, enable, location };
            a.module.memories[self.id.0 as usize].sync_reads.push(read);
            data
        })
    }

    /// Writes a word at the clock edge; in `m.clocked`.
    #[track_caller]
    pub fn write(self, address: impl Into<Operand>, data: impl Into<Operand>) {
        self.write_port(address.into(), data.into(), None, here());
    }

    /// Writes the bytes of a word whose bit in `byte_enable` is 1 (bit n for bits 8n+7..8n); in
    /// `m.clocked`.
    #[track_caller]
    pub fn write_bytes(
        self,
        address: impl Into<Operand>,
        data: impl Into<Operand>,
        byte_enable: impl Into<Operand>,
    ) {
        self.write_port(address.into(), data.into(), Some(byte_enable.into()), here());
    }

    fn write_port(
        self,
        address: Operand,
        data: Operand,
        byte_enable: Option<Operand>,
        location: Location,
    ) {
        with(|a| {
            if !a.own_memory(self, location) {
                return;
            }
            let name = a.module.memories[self.id.0 as usize].name.clone();
            if a.block != Some(Block::Clocked) {
                a.error(location, format!("memory `{name}` is written outside `m.clocked`"));
            }
            let address = a.address(self.id, address, location);
            let data = a.operand(data, self.ty, location);
            if a.ty(data) != self.ty {
                let given = a.describe(data);
                a.error(
                    location,
                    format!("memory `{name}` holds words of {} but {given}", self.ty),
                );
            }
            let byte_enable = byte_enable.map(|enable| a.byte_enable(self, enable, location));
            let memory = self.id;
            a.statement(Statement::Write { memory, address, data, byte_enable, location });
        });
    }
}

impl Arena {
    /// Whether a memory belongs to this module; reports if not.
    fn own_memory(&mut self, memory: Memory, location: Location) -> bool {
        let own = memory.module == self.id;
        if !own {
            let message =
                format!("a memory of another module is used in module `{}`", self.module.name);
            self.error(location, message);
        }
        own
    }

    fn address(&mut self, memory: MemoryId, address: Operand, location: Location) -> ExprId {
        let ir::Memory { name, depth, .. } = &self.module.memories[memory.0 as usize];
        let (name, depth) = (name.clone(), *depth);
        let needed = Ty::U(address_width(depth));
        let address = self.operand(address, needed, location);
        if self.ty(address) != needed {
            let given = self.describe(address);
            let message =
                format!("memory `{name}` of {depth} words needs an address of {needed}: {given}");
            self.error(location, message);
        }
        address
    }

    fn byte_enable(&mut self, memory: Memory, enable: Operand, location: Location) -> ExprId {
        let name = self.module.memories[memory.id.0 as usize].name.clone();
        let width = memory.ty.width();
        if !width.is_multiple_of(8) {
            let message = format!("memory `{name}` has words of {width} bits: no whole bytes");
            self.error(location, message);
        }
        let needed = Ty::U(width.div_ceil(8));
        let enable = self.operand(enable, needed, location);
        if self.ty(enable) != needed {
            let given = self.describe(enable);
            let message = format!("memory `{name}` needs a byte enable of {needed}: {given}");
            self.error(location, message);
        }
        enable
    }
}
