//! A job: the doorbell, descriptors one after the other, and how it ends.

use super::super::instruction::Condition::{NotZero, Zero};
use super::assembler::{Assembler, Label};
use super::context::Context;
use super::registers::{self as host, Register};
use crate::npu::causes;
use crate::npu::registers::{ID, config_word};

/// Tokens that a unit may have given to another and not have taken back.
const MOST_TOKENS: u32 = 15;

/// Cycles between reading the counter of cycles and the end of the job.
const END_CYCLES: u32 = 7;

/// Registers that a doorbell clears.
const CLEARED: [Register; 10] = [
    host::STATUS,
    host::FAULT_INDEX,
    host::FAULT_ADDRESS,
    host::CYCLES,
    host::EXEC_BUSY,
    host::LOAD_BUSY,
    host::STORE_BUSY,
    host::READ_BYTES,
    host::WRITE_BYTES,
    host::MACS,
];

/// Everything from the reset on.
pub fn emit(p: &mut Assembler, c: &Context) {
    let job = Job {
        cause: p.variable("cause"),
        list: p.variable("list"),
        status: p.variable("status"),
        tokens: [(); 6].map(|()| p.variable("tokens")),
        begun: p.variable("begun"),
        fails: p.label(),
        ends: p.label(),
    };
    reset(p, c);
    let idle = p.here();
    job.begin(p, c);
    let next = p.here();
    job.fetch(p, c);
    job.check(p, c);
    job.run(p, c, next);
    job.end(p, c, idle);
}

/// What has to hold before the first access of the hart.
fn reset(p: &mut Assembler, c: &Context) {
    p.remark("reset").ldi(0);
    for register in host::of_hart() {
        p.st(register);
    }
    p.set(host::ID, ID).set(host::CONFIG, config_word(&c.config)).release();
}

/// Registers of the job, and where it ends.
struct Job {
    cause: Register,
    list: Register,
    status: Register,
    /// Given and not taken: by the unit with the lower number to the other of (0, 1), (0, 2), (1, 2),
    /// then by the other to it.
    tokens: [Register; 6],
    begun: Register,
    /// Ends the job with the cause in the accumulator, at the descriptor at hand.
    fails: Label,
    ends: Label,
}

impl Job {
    /// Tokens that unit `from` gave to unit `to`.
    fn tokens(&self, from: usize, to: usize) -> Register {
        let pair = from + to - 1;
        self.tokens[if from < to { pair } else { pair + 3 }]
    }

    fn begin(&self, p: &mut Assembler, c: &Context) {
        p.remark("idle").await_job().ldi(0);
        for register in CLEARED.into_iter().chain(self.tokens) {
            p.st(register);
        }
        p.st(c.index).st(c.handed_out).release();
        p.ldi(15).strobe();
        let zero = p.constant(0);
        p.ldi(c.map.zeros).write_inner(zero);
        p.copy(self.list, host::DOORBELL).andi(31);
        p.unless(Zero, |p| {
            p.ldi(causes::MISALIGNED_LIST as u32).jump(self.fails);
        });
    }

    /// Reads the descriptor at `list`.
    fn fetch(&self, p: &mut Assembler, c: &Context) {
        c.heed_abort(p);
        p.remark("fetch").set(c.bus_cause, causes::FETCH_ERROR as u32);
        for word in c.words {
            p.ld(self.list).call(c.routines.bus_read).st(word);
            p.ld(self.list).addi(4).st(self.list);
        }
    }

    /// Opcode, fields, tokens and length, in this order.
    fn check(&self, p: &mut Assembler, c: &Context) {
        let units = [(); 3].map(|()| p.label());
        p.remark("check").field(c.words[0], 3, 0);
        for unit in units {
            p.subi(1).jump_if(Zero, unit);
        }
        p.ldi(causes::BAD_OPCODE as u32).jump(self.fails);
        p.bind(c.routines.bad_field);
        p.ldi(causes::BAD_FIELD as u32).jump(self.fails);
        let [underflow, overflow] =
            [causes::TOKEN_UNDERFLOW, causes::TOKEN_OVERFLOW].map(|cause| {
                let place = p.here();
                p.ldi(cause as u32).jump(self.fails);
                place
            });
        let next = p.label();
        for (unit, place) in units.into_iter().enumerate() {
            p.bind(place);
            let own = 1 << unit;
            let reserved = 0x88e0 | own << 8 | own << 12;
            p.ld(c.words[0]).andi(reserved).jump_if(NotZero, c.routines.bad_field);
            p.call(c.routines.check[unit]);
            self.take_tokens(p, c, unit, underflow);
            self.give_tokens(p, c, unit, overflow);
            p.jump(next);
        }
        p.bind(next);
        p.ldi(0xffff).sub(c.index);
        p.unless(NotZero, |p| {
            p.field(c.words[0], 4, 4);
            p.unless(NotZero, |p| {
                p.ldi(causes::LIST_TOO_LONG as u32).jump(self.fails);
            });
        });
    }

    fn take_tokens(&self, p: &mut Assembler, c: &Context, unit: usize, underflow: Label) {
        for from in (0..3).filter(|&from| from != unit) {
            p.ld(c.words[0]).andi(0x100 << from);
            p.unless(Zero, |p| {
                let tokens = self.tokens(from, unit);
                p.ld(tokens).jump_if(Zero, underflow).subi(1).st(tokens);
            });
        }
    }

    fn give_tokens(&self, p: &mut Assembler, c: &Context, unit: usize, overflow: Label) {
        for to in (0..3).filter(|&to| to != unit) {
            p.ld(c.words[0]).andi(0x1000 << to);
            p.unless(Zero, |p| {
                let tokens = self.tokens(unit, to);
                p.ldi(MOST_TOKENS).sub(tokens).jump_if(Zero, overflow);
                p.ld(tokens).addi(1).st(tokens);
            });
        }
    }

    /// Hands the descriptor to its unit, and goes on with the next.
    fn run(&self, p: &mut Assembler, c: &Context, next: Label) {
        c.heed_abort(p);
        p.remark("hand out").ld(c.index).addi(1).andi(0xffff).st(c.handed_out);
        p.cycles().st(self.begun);
        let units = [
            (host::LOAD_BUSY, causes::LOAD_ERROR),
            (host::EXEC_BUSY, causes::NONE),
            (host::STORE_BUSY, causes::STORE_ERROR),
        ];
        let done = p.label();
        for (unit, (busy, cause)) in units.into_iter().enumerate() {
            p.field(c.words[0], 3, 0).subi(unit as u32 + 1);
            p.unless(NotZero, |p| {
                p.mark(1 << unit, 0).set(c.bus_cause, cause as u32).call(c.routines.run[unit]);
                if unit != 1 {
                    p.cycles().sub(self.begun).add(busy).st(busy);
                }
                p.mark(0, 1 << unit).jump(done);
            });
        }
        p.bind(done);
        p.field(c.words[0], 4, 4).jump_if(NotZero, self.ends);
        p.copy(c.index, c.handed_out).jump(next);
    }

    fn end(&self, p: &mut Assembler, c: &Context, idle: Label) {
        let behind_abort = p.label();
        p.bind(self.fails);
        p.st(self.cause).copy(host::FAULT_INDEX, c.index);
        // What keeps earlier descriptors from completing comes before what is wrong with this one.
        c.heed_abort(p);
        p.jump(behind_abort);
        p.bind(c.routines.bus_failed);
        p.copy(self.cause, c.bus_cause).copy(host::FAULT_INDEX, c.index);
        p.ld(self.cause).subi(causes::FETCH_ERROR as u32).jump_if(NotZero, behind_abort);
        c.heed_abort(p);
        p.jump(behind_abort);
        p.bind(c.routines.aborted);
        p.set(self.cause, causes::ABORTED as u32).copy(host::FAULT_INDEX, c.handed_out);
        p.set(host::FAULT_ADDRESS, 0);
        p.bind(behind_abort);
        p.ld(self.cause).rotate(3).addi(4).st(self.status);
        let finish = p.label();
        p.jump(finish);
        p.bind(self.ends);
        c.heed_abort(p);
        p.set(self.status, 2);
        p.bind(finish);
        p.copy(host::STATUS, self.status);
        p.ld(host::JOBS).addi(1).st(host::JOBS);
        p.remark("end").cycles().addi(END_CYCLES).st(host::CYCLES).end();
        p.jump(idle);
    }
}
