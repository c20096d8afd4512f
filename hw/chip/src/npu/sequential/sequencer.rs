//! The control of a sequential NPU: an accumulator machine with its program in ROM.

use systole_hdl::prelude::*;

use super::instruction::{Action, BITS, Condition, Function, Source, TARGET_BITS};
use super::microcode::Program;
use super::microcode::registers::{CALLS, HOST_BITS, NUMBER_BITS, REGISTERS};

/// Bits of the number of a subroutine call within others.
const DEPTH_BITS: u32 = 3;

/// Module `npu_sequencer`: an instruction takes two cycles, in the first of which its register and
/// what the accumulator addresses is read, and in the second of which it is done; the bus and waves
/// make the second one longer.
pub fn sequencer(program: &Program) -> Module {
    module("npu_sequencer", |m| {
        m.doc("Accumulator machine; its program is the NPU's behaviour.");
        m.section("Instruction at hand");
        let rom = m
            .memory("microcode", program.words.len() as u32, U(BITS))
            .style(RamStyle::Block)
            .initial(program.listing());
        let started = m.reg("started", Bit).reset(0);
        let executes = m.reg("executes", Bit).reset(0).doc("second cycle");
        let counter = m.reg("counter", U(TARGET_BITS)).doc("address of the instruction");
        let next = m.wire("next_address", U(TARGET_BITS));
        let over = m.wire("over", Bit).doc("last cycle of the instruction");
        let fetches = (!started | over).named("fetches");
        let instruction = rom.read_sync("instruction", resize_to(next, rom_bits(program)), fetches);
        let n = instruction.bits(7, 0);
        let jumps = instruction.bit(15).named("jumps");
        let acts = (!jumps & instruction.bit(14)).named("acts");
        let operates = (!jumps & !instruction.bit(14)).named("operates");
        let act = |action: Action| acts & instruction.bits(12, 8).eq(action as u64);
        let source = instruction.bits(13, 11);
        let function = instruction.bits(10, 8);
        let takes = |wanted: Source| operates & source.eq(wanted as u64);

        m.section("Registers");
        let accumulator = m.reg("accumulator", U(32));
        let depth = m.reg("depth", U(DEPTH_BITS)).reset(0).doc("calls to come back from");
        let host_index = m.input("host_index", U(HOST_BITS)).doc("register that the hart means");
        let host_write = m.input("host_write", Bit);
        let host_data = m.input("host_data", U(32));
        let returns = act(Action::Return).named("returns");
        let calls = (jumps & instruction.bits(14, 12).eq(Condition::Call as u64)).named("calls");
        let stores = act(Action::Store).named("is_store");
        let frame = |depth: Signal| {
            let base = lit(CALLS.number() >> DEPTH_BITS, U(NUMBER_BITS - DEPTH_BITS));
            cat(&[base, depth])
        };
        let host = host_index.ext(NUMBER_BITS);
        let own = returns.mux(frame(depth - 1), n).named("own_register");
        let read_address = executes.mux(host, own).named("read_address");
        let keeps = (executes & (stores | calls)).named("keeps");
        let write_address = keeps.mux(calls.mux(frame(depth), n), host).named("write_address");
        let after = (counter + 1).named("following");
        let own_data = calls.mux(after.ext(32), accumulator);
        let write_data = keeps.mux(own_data, host_data).named("write_data");
        let registers = m
            .memory("registers", REGISTERS, U(32))
            .style(RamStyle::Block)
            .collisions_unused()
            .initial(program.constants());
        let operand = registers.read_sync("operand", read_address, !executes | over);
        m.clocked(|| {
            when((keeps & over) | host_write, || registers.write(write_address, write_data));
        });
        m.output("operand_out", operand);
        m.output("slot", executes & over & !keeps).doc("the hart may use the registers");

        m.section("Jumps");
        let sign = accumulator.bit(31);
        let is_zero = (!accumulator.any()).named("is_zero");
        let carry = m.reg("carry", Bit);
        let held = select(instruction.bits(14, 13), &[lit(1, Bit), is_zero, sign, carry]);
        let always = !instruction.bits(14, 13).any();
        let taken = (jumps & (always | (held ^ instruction.bit(12)))).named("jump_taken");
        let stays = m.wire("stays", Bit).doc("the same instruction again");
        m.comb(|| {
            when(!started, || next.set(0))
                .or_when(stays, || next.set(counter))
                .or_when(taken, || next.set(instruction.bits(11, 0)))
                .or_when(returns, || next.set(operand.bits(TARGET_BITS - 1, 0)))
                .otherwise(|| next.set(after));
        });
        m.clocked(|| {
            started.set(1);
            executes.set(started & !fetches);
            when(fetches, || counter.set(next));
            when(over & calls, || depth.set(depth + 1));
            when(over & returns, || depth.set(depth - 1));
            when(over & act(Action::AwaitJob), || depth.set(0));
        });

        m.section("Waves");
        let count = m.reg("count", U(16)).doc("waves to come");
        let host_waits = m.input("host_waits", Bit);
        let aborting = m.input("aborting", Bit).doc("the hart ends the job");
        let waves = act(Action::Waves).named("waves");
        let left = (count.any() & !aborting).named("waves_left");
        let wave = m.output("wave", executes & waves & left);
        let accepts_job = m.input("held", Bit).doc("a doorbell is there");
        let awaits = act(Action::AwaitJob).named("awaits");
        stays.drive((waves & left) | (awaits & !accepts_job));

        m.section("External bus and inner memory");
        let bus_done = m.input("bus_done", Bit);
        let bus_failed = m.input("bus_failed", Bit);
        let bus_word = m.input("bus_word", U(32));
        let reads_bus = takes(Source::Bus).named("reads_bus");
        let writes_bus = act(Action::BusWrite).named("writes_bus");
        m.output("bus_read", executes & reads_bus);
        m.output("bus_write", executes & writes_bus);
        let strobe = m.output_reg("strobe", U(4));
        let weight = act(Action::Weight).named("weight");
        m.output("inner_read", wave | (!executes & (takes(Source::Inner) | weight)));
        m.output("inner_write", executes & act(Action::InnerWrite));
        m.output("look", !executes & takes(Source::Sum));
        let inner_word = m.input("inner_word", U(32));
        let sum = m.input("sum", U(32));
        let waiting = (reads_bus | writes_bus) & !bus_done;
        over.drive(executes & !waiting & (!waves | !left | host_waits));

        m.section("Accumulator");
        let cycles = m.reg("cycles", U(32)).doc("of the job");
        let doorbell = m.input("doorbell", Bit);
        let status = n.bit(0).mux(aborting.ext(32), cycles).named("status");
        let left_shift = cat(&[accumulator.bits(30, 0), lit(0, Bit)]);
        let right_shift = cat(&[lit(0, Bit), accumulator.bits(31, 1)]);
        let rotated = cat(&[accumulator.bits(7, 0), accumulator.bits(31, 8)]);
        let sources =
            [operand, inner_word, bus_word, sum, left_shift, right_shift, rotated, status];
        let value = select(source, &sources).named("source_value");
        let does = |wanted: Function| function.eq(wanted as u64);
        let subtracts = does(Function::Subtract).named("subtracts");
        let addend = value ^ subtracts.repeat(32);
        let total = (accumulator.ext(33) + addend.ext(33) + subtracts.ext(33)).named("total");
        let adds = (does(Function::Add) | subtracts).named("adds");
        let product = (accumulator.bits(15, 0) * value.bits(15, 0)).named("product");
        // Waves keep the bit that says whether rows wrap.
        let top = waves.mux(sign, total.bit(31)).named("top_bit");
        let result = m.wire("result", U(32));
        m.comb(|| {
            when(adds, || result.set(cat(&[top, total.bits(30, 0)])))
                .or_when(does(Function::And), || result.set(accumulator & value))
                .or_when(does(Function::Xor), || result.set(accumulator ^ value))
                .or_when(does(Function::Multiply), || result.set(product))
                .otherwise(|| result.set(value));
        });
        m.clocked(|| {
            when((over & operates) | wave, || accumulator.set(result));
            when(over & operates & adds, || carry.set(total.bit(32)));
            when(bus_done, || carry.set(bus_failed));
            when(over & act(Action::Strobe), || strobe.set(accumulator.bits(3, 0)));
            when(over & act(Action::Count), || count.set(accumulator.bits(15, 0)));
            when(wave, || count.set(count - 1));
            cycles.set(cycles + 1);
            when(doorbell, || cycles.set(0));
        });
        m.output("accumulator_out", accumulator);
        m.output("cycles_out", cycles);

        m.section("Actions elsewhere");
        let now = |action: Action| executes & over & act(action);
        m.output("set_row", now(Action::Row));
        m.output("set_column", now(Action::Column));
        m.output("set_mode", now(Action::Mode));
        m.output("set_weight", now(Action::Weight));
        m.output("releases", now(Action::Release));
        m.output("ends", now(Action::End));
        m.output("mark", now(Action::Mark).repeat(6) & n.bits(5, 0));
        m.output("argument", n);
        m.output("stores", now(Action::Store));
    })
}

/// Bits of the addresses of the program.
fn rom_bits(program: &Program) -> u32 {
    address_width(program.words.len() as u32)
}

fn resize_to(signal: Signal, width: u32) -> Signal {
    signal.bits(width - 1, 0)
}
