//! Memories that tell nonsense where nobody is said to listen: what tries
//! [`Memory::collisions_unused`](crate::Memory::collisions_unused).

use crate::edit::{Editor, edit_where};
use crate::ir::{self, ExprId, Item, Location, MemoryId, SignalId, Statement, SyncRead, Ty};
use crate::{Bit, Design, Signal, address_width, cat, lit};

/// A copy of a design in which a synchronous read gives the complement of those bits that are
/// written at the same edge, of every memory that says of itself that nobody uses them. If that is
/// true, the copy does what the design does.
pub fn scramble_collisions(design: &Design) -> Design {
    let some = |module: &ir::Module| module.memories.iter().any(may_scramble);
    Design::unchecked(edit_where(&design.top, &some, &scramble))
}

fn may_scramble(memory: &ir::Memory) -> bool {
    memory.collisions_unused && !memory.sync_reads.is_empty()
}

fn scramble(editor: &mut Editor) {
    let memories = editor.module(|module| module.memories.clone());
    for (index, memory) in memories.iter().enumerate().filter(|(_, memory)| may_scramble(memory)) {
        let writes = record_writes(editor, MemoryId(index as u32), memory);
        memory.sync_reads.iter().for_each(|read| scramble_read(editor, memory, read, &writes));
    }
}

/// What a write has done at the last clock edge.
struct Write {
    valid: Signal,
    address: Signal,
    /// Ones where the word was written.
    bits: Signal,
}

/// Adds registers that tell what each write of a memory did.
fn record_writes(editor: &mut Editor, id: MemoryId, memory: &ir::Memory) -> Vec<Write> {
    let (m, width) = (editor.m(), memory.ty.width());
    let enables = editor.module(|module| byte_enables(module, id));
    let mut writes = Vec::new();
    let mut values = Vec::new();
    for (number, enable) in enables.into_iter().enumerate() {
        let name = format!("{}_write_{number}", memory.name);
        let valid = m.reg(&name, Bit);
        let address = m.reg(format!("{name}_address"), Ty::U(address_width(memory.depth)));
        let bits = m.reg(format!("{name}_bits"), Ty::U(width));
        let written = match enable {
            None => lit(1, Bit).repeat(width),
            Some(enable) => {
                let enable = editor.value(enable);
                let byte = |n| enable.bit(n).repeat(8);
                cat(&(0..width / 8).rev().map(byte).collect::<Vec<_>>())
            }
        };
        values.push((valid, address, bits, written));
        writes.push(Write { valid, address, bits });
    }
    let (one, zero) = (lit(1, Bit), lit(0, Bit));
    let targets: Vec<Targets> = values
        .into_iter()
        .map(|(valid, address, bits, written)| {
            let target = |signal: Signal| editor.signal_id(signal);
            let [valid, address, bits] = [valid, address, bits].map(target);
            Targets { valid, address, bits, written: written.expr, one: one.expr, zero: zero.expr }
        })
        .collect();
    editor.rewrite(|module| {
        let mut targets = targets.iter();
        for item in &mut module.items {
            if let Item::Clocked(body, location) = item {
                let mut found = Vec::new();
                record(body, id, &mut targets, &mut found);
                let none = |target: &&Targets| set(target.valid, target.zero, *location);
                body.splice(0..0, found.iter().map(none));
            }
        }
    });
    writes
}

/// The registers that tell of a write, and what they are set to.
struct Targets {
    valid: SignalId,
    address: SignalId,
    bits: SignalId,
    written: ExprId,
    one: ExprId,
    zero: ExprId,
}

fn set(target: SignalId, value: ExprId, location: Location) -> Statement {
    Statement::Set { target, value, location }
}

/// Puts the statements that tell of it behind each write of the memory.
fn record<'a>(
    body: &mut Vec<Statement>,
    id: MemoryId,
    targets: &mut impl Iterator<Item = &'a Targets>,
    found: &mut Vec<&'a Targets>,
) {
    let mut index = 0;
    while index < body.len() {
        match &mut body[index] {
            Statement::Write { memory, address, location, .. } if *memory == id => {
                let target = targets.next().expect("as many as there are writes");
                let told = [
                    set(target.valid, target.one, *location),
                    set(target.address, *address, *location),
                    set(target.bits, target.written, *location),
                ];
                found.push(target);
                body.splice(index + 1..index + 1, told);
            }
            statement => bodies(statement, &mut |body| record(body, id, targets, found)),
        }
        index += 1;
    }
}

/// The byte enables of a memory's writes, in the order of the source.
fn byte_enables(module: &ir::Module, id: MemoryId) -> Vec<Option<ExprId>> {
    fn visit(body: &mut [Statement], id: MemoryId, found: &mut Vec<Option<ExprId>>) {
        for statement in body {
            match statement {
                Statement::Write { memory, byte_enable, .. } if *memory == id => {
                    found.push(*byte_enable);
                }
                statement => bodies(statement, &mut |body| visit(body, id, found)),
            }
        }
    }
    let mut found = Vec::new();
    for item in &module.items {
        if let Item::Clocked(body, _) = item {
            visit(&mut body.clone(), id, &mut found);
        }
    }
    found
}

/// Calls `each` with the bodies of a statement.
fn bodies(statement: &mut Statement, each: &mut dyn FnMut(&mut Vec<Statement>)) {
    match statement {
        Statement::Set { .. } | Statement::Write { .. } => {}
        Statement::If { arms, otherwise, .. } => {
            arms.iter_mut().for_each(|(_, body)| each(body));
            each(otherwise);
        }
        Statement::Switch { arms, default, .. } => {
            arms.iter_mut().for_each(|(_, body)| each(body));
            each(default);
        }
    }
}

/// Makes a read port give complements. What it gave stays, until it reads again.
fn scramble_read(editor: &mut Editor, memory: &ir::Memory, read: &SyncRead, writes: &[Write]) {
    let (m, width) = (editor.m(), memory.ty.width());
    let name = editor.module(|module| module.signal(read.data).name.clone());
    let reads = m.reg(format!("{name}_reads"), Bit);
    let address = m.reg(format!("{name}_address"), Ty::U(address_width(memory.depth)));
    let held = m.reg(format!("{name}_wrong_held"), Ty::U(width));
    let hit = |write: &Write| write.bits & (write.valid & write.address.eq(address)).repeat(width);
    let hits = writes.iter().map(hit).reduce(|some, more| some | more);
    let now = hits.unwrap_or_else(|| lit(0, Ty::U(width))).named(format!("{name}_wrong_now"));
    let wrong = reads.mux(now, held).named(format!("{name}_wrong"));
    let (read_enable, read_address) = (editor.value(read.enable), editor.value(read.address));
    m.clocked(|| {
        reads.set(read_enable);
        address.set(read_address);
        held.set(wrong);
    });
    let values: Vec<Signal> = editor
        .assigned(read.data)
        .into_iter()
        .map(|value| match memory.ty {
            Ty::U(_) => value ^ wrong,
            Ty::S(_) => value ^ wrong.as_signed(),
        })
        .collect();
    editor.assign(read.data, &values);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    /// A memory of four words with byte enables and two writes, one behind a condition.
    fn memory(marked: bool) -> Design {
        let module = module("memory", |m| {
            let (enable, write) = (m.input("enable", Bit), m.input("write", Bit));
            let (from, to) = (m.input("from", U(2)), m.input("to", U(2)));
            let (bytes, data) = (m.input("bytes", U(2)), m.input("data", U(16)));
            let clear = m.input("clear", Bit);
            let words = m.memory("words", 4, U(16)).style(RamStyle::Block);
            if marked {
                words.collisions_unused();
            }
            m.clocked(|| {
                when(write, || words.write_bytes(to, data, bytes));
                when(clear, || words.write(3, 0));
            });
            m.output("word", words.read_sync("read", from, enable));
        });
        scramble_collisions(&check(&module).unwrap_or_else(|errors| panic!("{errors}")))
    }

    fn step(sim: &mut Interpreter, values: &[(&str, u64)]) -> u64 {
        for port in ["enable", "write", "from", "to", "bytes", "data", "clear"] {
            sim.set(port, 0);
        }
        values.iter().for_each(|(port, value)| sim.set(port, *value));
        sim.step();
        sim.get("word")
    }

    /// What a read of word 1 gives in the cycle of its write, while nothing is read, and again.
    fn words(marked: bool) -> [u64; 4] {
        let mut sim = Interpreter::new(&memory(marked));
        sim.reset();
        step(&mut sim, &[("write", 1), ("to", 1), ("bytes", 3), ("data", 0x1234)]);
        let clash = [("enable", 1), ("from", 1), ("write", 1), ("to", 1), ("data", 0xffff)];
        let first = step(&mut sim, &[&clash[..], &[("bytes", 2)]].concat());
        let held = step(&mut sim, &[]);
        let elsewhere = [("enable", 1), ("from", 1), ("write", 1), ("to", 2), ("bytes", 3)];
        let again = step(&mut sim, &elsewhere);
        step(&mut sim, &[("write", 1), ("to", 3), ("bytes", 3), ("data", 0x5678)]);
        let cleared = step(&mut sim, &[("enable", 1), ("from", 3), ("clear", 1)]);
        [first, held, again, cleared]
    }

    #[test]
    fn what_is_written_while_it_is_read_is_wrong_once() {
        assert_eq!(words(true), [0xed34, 0xed34, 0xff34, !0x5678 & 0xffff]);
        assert_eq!(words(false), [0x1234, 0x1234, 0xff34, 0x5678]);
    }
}
