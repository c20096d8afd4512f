//! A second oracle: random programs on the golden model and on QEMU, every register compared before
//! every instruction.
//!
//! ```text
//! cargo run --release -p systole-golden --example qemu_oracle -- [PROGRAMS [SEED]]
//! ```
//!
//! Needs `qemu-system-riscv32` (tried with Debian's 7.2). Programs run in batches, one after the
//! other on the same machine. What the two are known to do differently is named in `blocks.rs` and
//! in [`same`].
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[allow(dead_code)]
#[path = "../../src/tests/asm.rs"]
mod asm;
mod blocks;
mod code;
mod frame;
mod rng;
mod tally;
mod trace;

use code::Code;
use rng::Rng;
use std::io::Write;
use systole_golden::{Config, Isa, Machine, NpuConfig, RAM_BASE, Retire};
use tally::Tally;
use trace::{CSRS, State, Trace};

const BATCH: u32 = 64;
/// Bytes of code of a program, its frame included.
const SLOT: u32 = 0x2000;
/// Where the last program of a batch goes.
const RAM_BYTES: u32 = 16 << 20;
/// Instructions after which a program counts as caught in a loop of traps.
const MOST_STEPS: u64 = 2_000;
const BREAKPOINT: u32 = 3;
const FETCH_FAULT: u32 = 1;
/// Opcode of LR, SC and AMOs.
const AMO: u32 = 0x2f;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().unwrap_or(1));
    let programs = arguments.next().unwrap_or(2000) as u32;
    let seed = arguments.next().unwrap_or(1);
    let (mut done, mut differences, mut tally) = (0, 0, Tally::default());
    while done < programs {
        let count = BATCH.min(programs - done);
        let image = image(seed + u64::from(done), count);
        if let Some(report) = run(&image, count, &mut tally)? {
            differences += 1;
            println!("seed {} and {count} programs: {report}", seed + u64::from(done));
        }
        done += count;
    }
    print!("{tally}");
    println!("{done} programs, {differences} batches with a difference");
    std::process::exit(i32::from(differences != 0));
}

/// The memory from the reset vector on: `count` programs with consecutive seeds, then a loop.
fn image(seed: u64, count: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in 0..count {
        let slot = RAM_BASE + number * SLOT;
        let locks = number + 1 == count;
        let code = program(slot, &mut Rng::new(seed + u64::from(number)), locks);
        bytes.extend(code.parcels().iter().flat_map(|parcel| parcel.to_le_bytes()));
        bytes.resize((number + 1) as usize * SLOT as usize, 0);
    }
    bytes.extend(asm::jal(0, 0).to_le_bytes());
    bytes
}

/// A jump over the handler, the handler, the beginning, the body, the end.
fn program(slot: u32, rng: &mut Rng, locks: bool) -> Code {
    const HANDLER: u32 = 64;
    let mut code = Code::default();
    let handler = frame::handler((SLOT - HANDLER) as i32);
    let start = HANDLER + handler.bytes();
    code.word(asm::jal(0, start as i32));
    while code.bytes() < HANDLER {
        code.word(asm::NOP);
    }
    code.append(&handler);
    let mut body = Code::default();
    for _ in 0..rng.between(4, 24) {
        body.append(&blocks::block(rng, locks));
    }
    code.append(&frame::begin(slot + HANDLER, rng));
    let end = slot + code.bytes() + 8 + body.bytes();
    code.words(&asm::li(code::RESUME, end));
    code.append(&body);
    code.append(&frame::end());
    assert!(code.bytes() <= SLOT, "a slot is too small");
    code
}

fn golden() -> Machine {
    let npu = NpuConfig {
        dim: 2,
        bus_bytes: 4,
        scratchpad_rows: 64,
        accumulator_rows: 16,
        parameter_rows: 16,
        double_rounding: false,
        int4_weights: false,
    };
    Machine::new(&Config { ram_bytes: RAM_BYTES, isa: Isa::full(), npu })
}

fn state(machine: &Machine) -> State {
    let csrs = CSRS.map(|(_, number)| machine.csr(number).unwrap_or_default());
    State { pc: machine.pc(), x: *machine.registers(), csrs }
}

/// Whether the states agree, but for what QEMU is known to do differently:
/// - at a breakpoint it sets `mtval` to 0, where `docs/core.md` chooses the pc;
/// - for an AMO it may report the causes of its load (4 and 5), where the manual asks for 6 and 7.
///
/// The handler then makes both equal.
fn same(golden: &State, qemu: &State, last_trap: &Retire) -> bool {
    let mut qemu = qemu.clone();
    let (mcause, mtval) = (4, 5);
    if last_trap.cause == BREAKPOINT && qemu.csrs[mtval] == 0 {
        qemu.csrs[mtval] = golden.csrs[mtval];
    }
    let load = golden.csrs[mcause] & !2;
    if last_trap.insn & 0x7f == AMO && matches!(load, 4 | 5) && qemu.csrs[mcause] == load {
        qemu.csrs[mcause] = golden.csrs[mcause];
    }
    *golden == qemu
}

/// Runs an image on both; tells where they went apart.
fn run(image: &[u8], count: u32, tally: &mut Tally) -> std::io::Result<Option<String>> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(image)?;
    let mut trace = Trace::start(file.path())?;
    let mut machine = golden();
    let mut shown = reset_vector(&mut trace, &mut machine, image);
    if shown.is_none() {
        return Ok(Some("QEMU did not start".to_string()));
    }
    let mut qemu = State::default();
    let end = RAM_BASE + count * SLOT;
    let mut history: Vec<Retire> = Vec::new();
    let mut last_trap = Retire::default();
    let mut unfetched = 0;
    for _ in 0..u64::from(count) * MOST_STEPS {
        if machine.pc() == end {
            break;
        }
        let before = state(&machine);
        let retire = machine.step_alone();
        history.push(retire);
        tally.count(&retire);
        if retire.trap && retire.cause == FETCH_FAULT {
            // QEMU does not show it, and so nothing more when the handler cannot be fetched either.
            last_trap = retire;
            unfetched += 1;
            if unfetched == 2 {
                break;
            }
            continue;
        }
        unfetched = 0;
        let agrees = |qemu: &State| match retire.intr {
            // QEMU takes the interrupt before it shows the state, so its CSRs are of after that.
            true => retire.pc == qemu.pc && before.x == qemu.x,
            false => same(&before, qemu, &last_trap),
        };
        // An instruction that QEMU began and gave up, for an event outside, is shown twice.
        for again in [true, false] {
            let Some(next) = shown.take().or_else(|| trace.next()) else {
                return Ok(Some(report("QEMU ended", &history)));
            };
            if agrees(&next) {
                qemu = next;
                break;
            }
            if !again || next != qemu {
                return Ok(Some(report(&difference(&before, &next), &history)));
            }
        }
        if retire.trap {
            last_trap = retire;
        }
    }
    Ok(None)
}

/// Lets QEMU's boot code run, and gives the model the registers that it leaves by instructions that
/// the image then replaces.
fn reset_vector(trace: &mut Trace, machine: &mut Machine, image: &[u8]) -> Option<State> {
    let state = loop {
        let state = trace.next()?;
        if state.pc == RAM_BASE {
            break state;
        }
    };
    let words = (1..32).flat_map(|x| asm::li(x, state.x[x as usize]));
    let setup: Vec<u8> = words.flat_map(u32::to_le_bytes).collect();
    machine.write_memory(RAM_BASE, &setup).expect("the image is not smaller");
    for _ in 0..setup.len() / 4 {
        machine.step_alone();
    }
    machine.set_pc(RAM_BASE);
    machine.write_memory(RAM_BASE, image).expect("the image fits");
    Some(state)
}

fn difference(golden: &State, qemu: &State) -> String {
    let mut text = String::new();
    let mut compare = |name: &str, golden: u32, qemu: u32| {
        if golden != qemu {
            text += &format!(" {name}: golden {golden:#x}, QEMU {qemu:#x};");
        }
    };
    compare("pc", golden.pc, qemu.pc);
    for (index, (name, _)) in CSRS.iter().enumerate() {
        compare(name, golden.csrs[index], qemu.csrs[index]);
    }
    for (index, (&golden, &qemu)) in golden.x.iter().zip(&qemu.x).enumerate() {
        compare(&format!("x{index}"), golden, qemu);
    }
    text
}

fn report(what: &str, history: &[Retire]) -> String {
    let lines = history.iter().rev().take(12).rev().map(|retire| {
        let trap = if retire.trap { format!(" trap {}", retire.cause) } else { String::new() };
        let memory =
            format!("{:x} r{:x} w{:x}", retire.mem_addr, retire.mem_rmask, retire.mem_wmask);
        format!(
            "\n  {} {:08x}: {:08x} x{} = {:x} [{memory}]{trap}",
            retire.mode, retire.pc, retire.insn, retire.rd_addr, retire.rd_wdata
        )
    });
    format!("{what}{}", lines.collect::<String>())
}
