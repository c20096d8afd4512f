//! Makes a failing program small: drops blocks, instructions, jobs and stalls, unwraps loops and
//! calls, simplifies operands, as long as it keeps failing in the same way.

mod descriptor;

use std::time::{Duration, Instant};

use systole_isa::{BranchOp, Descriptor, Instruction, MemoryOrder, Register};

use self::descriptor::{PLAINER, sizes};
use crate::program::{Block, Compression, Environment, Patcher, Privilege, Program, Usage};

/// L of a byte of `pmpcfg`.
const LOCKED: u8 = 1 << 7;

/// How long shrinking may take.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Runs of a candidate.
    pub runs: u32,
    /// Time.
    pub time: Duration,
}

impl Default for Budget {
    fn default() -> Self {
        Self { runs: 20_000, time: Duration::from_secs(60) }
    }
}

/// The smallest program found for which `fails` still holds, given one for which it holds.
///
/// Deterministic while the time is not used up.
pub fn shrink(program: &Program, budget: Budget, fails: impl FnMut(&Program) -> bool) -> Program {
    let mut search = Search {
        best: program.clone(),
        fails,
        runs_left: budget.runs,
        end: Instant::now() + budget.time,
    };
    loop {
        let before = search.best.clone();
        search.environment();
        search.compression();
        search.drop_blocks();
        search.unwrap_blocks();
        search.drop_instructions();
        search.jobs();
        search.registers();
        search.operands();
        if search.best == before || search.exhausted() {
            return search.best;
        }
    }
}

struct Search<F> {
    best: Program,
    fails: F,
    runs_left: u32,
    end: Instant,
}

impl<F: FnMut(&Program) -> bool> Search<F> {
    fn exhausted(&self) -> bool {
        self.runs_left == 0 || Instant::now() >= self.end
    }

    /// Keeps `candidate` if it fails too.
    fn accept(&mut self, candidate: Program) -> bool {
        if self.exhausted() || candidate == self.best {
            return false;
        }
        self.runs_left -= 1;
        let fails = (self.fails)(&candidate);
        if fails {
            self.best = candidate;
        }
        fails
    }

    fn try_change(&mut self, change: impl FnOnce(&mut Program)) -> bool {
        let mut candidate = self.best.clone();
        change(&mut candidate);
        self.accept(candidate)
    }

    fn environment(&mut self) {
        if self.try_change(|p| p.environment = Environment::IDEAL) {
            return;
        }
        self.try_change(|p| p.environment.hart_errors = 0);
        self.try_change(|p| p.environment.npu_errors = 0);
        self.try_change(|p| p.environment.stall = 0);
        self.try_change(|p| p.environment.latency = 1);
        self.try_change(|p| p.data_seed = 0);
    }

    fn compression(&mut self) {
        if !self.try_change(|p| p.compression = Compression::Never)
            && self.best.compression != Compression::Never
        {
            self.try_change(|p| p.compression = Compression::Always);
        }
    }

    /// Removes ever smaller runs of blocks from every list.
    fn drop_blocks(&mut self) {
        let mut list = 0;
        while let Some(length) = block_list(&mut self.best.clone().blocks, list, |b| b.len()) {
            self.drop_runs(length, |program, start, end| {
                block_list(&mut program.blocks, list, |blocks| {
                    let end = end.min(blocks.len());
                    blocks.drain(start.min(end)..end);
                });
            });
            list += 1;
        }
    }

    fn drop_instructions(&mut self) {
        let mut list = 0;
        while let Some(length) = code_list(&mut self.best.clone().blocks, list, |c| c.len()) {
            self.drop_runs(length, |program, start, end| {
                code_list(&mut program.blocks, list, |code| {
                    let end = end.min(code.len());
                    code.drain(start.min(end)..end);
                });
            });
            list += 1;
        }
    }

    /// Delta debugging over a list of `length` elements; `drop` removes a range of it.
    fn drop_runs(&mut self, length: usize, drop: impl Fn(&mut Program, usize, usize)) {
        let (mut remaining, mut size) = (length, length);
        while size > 0 && !self.exhausted() {
            let mut start = 0;
            while start < remaining {
                let end = (start + size).min(remaining);
                if self.try_change(|program| drop(program, start, end)) {
                    remaining -= end - start;
                } else {
                    start = end;
                }
            }
            size /= 2;
        }
    }

    /// Replaces blocks by their bodies, and long loops by short ones.
    fn unwrap_blocks(&mut self) {
        let mut list = 0;
        while let Some(length) = block_list(&mut self.best.clone().blocks, list, |b| b.len()) {
            let mut index = 0;
            while index < length {
                self.try_change(|program| {
                    block_list(&mut program.blocks, list, |blocks| unwrap(blocks, index));
                });
                self.try_change(|program| {
                    block_list(&mut program.blocks, list, |blocks| {
                        blocks.get_mut(index).map(simplify);
                    });
                });
                self.try_change(|program| {
                    block_list(&mut program.blocks, list, |blocks| {
                        blocks.get_mut(index).map(only_visit);
                    });
                });
                for step in 0..4 {
                    self.try_change(|program| {
                        block_list(&mut program.blocks, list, |blocks| {
                            if let Some(block) = blocks.get_mut(index) {
                                drop_step(block, step);
                            }
                        });
                    });
                }
                for delay in [0, 1, 16] {
                    self.try_change(|program| {
                        block_list(&mut program.blocks, list, |blocks| {
                            set_delay(blocks, index, delay);
                        });
                    });
                }
                for count in [1, 2] {
                    self.try_change(|program| {
                        block_list(&mut program.blocks, list, |blocks| {
                            set_count(blocks, index, count);
                        });
                    });
                }
                index += 1;
            }
            list += 1;
        }
    }

    fn jobs(&mut self) {
        for job in 0..self.best.jobs.len() {
            // A write that only a busy NPU ignores would be a race with the end of a shorter job.
            if disturbed(&self.best.blocks, job) {
                continue;
            }
            self.try_change(|program| {
                program.jobs[job].descriptors.clear();
                program.jobs[job].inputs.clear();
            });
            let length = self.best.jobs[job].descriptors.len();
            self.drop_runs(length, |program, start, end| {
                let list = &mut program.jobs[job].descriptors;
                let end = end.min(list.len());
                list.drain(start.min(end)..end);
                if let Some(header) = list.last_mut().and_then(Descriptor::header_mut) {
                    header.last = true;
                }
            });
            for index in 0..self.best.jobs[job].descriptors.len() {
                self.descriptor(job, index);
            }
            for input in 0..self.best.jobs[job].inputs.len() {
                self.try_change(|program| program.jobs[job].inputs[input].1.fill(0));
                self.try_change(|program| program.jobs[job].inputs[input].1.fill(1));
            }
        }
    }

    /// Less work of every kind, then plainer work.
    fn descriptor(&mut self, job: usize, index: usize) {
        let sizes = sizes(&mut self.best.jobs[job].descriptors[index]).len();
        for size in 0..sizes {
            self.size(job, index, size);
        }
        for change in PLAINER {
            self.try_change(|p| change(&mut p.jobs[job].descriptors[index]));
        }
    }

    /// Looks for the smallest value of a size by halving the distance to one that does not fail.
    fn size(&mut self, job: usize, index: usize, size: usize) {
        let value = sizes(&mut self.best.jobs[job].descriptors[index])[size].get();
        let (mut passes, mut fails) = (0, value);
        while fails - passes > 1 && !self.exhausted() {
            // Most sizes do not matter.
            let between = if passes == 0 { 1 } else { passes + (fails - passes) / 2 };
            let smaller = self.try_change(|p| {
                sizes(&mut p.jobs[job].descriptors[index])[size].set(between);
            });
            *(if smaller { &mut fails } else { &mut passes }) = between;
        }
    }

    fn registers(&mut self) {
        self.try_change(|program| program.registers = [0; 31]);
        for index in 0..31 {
            if self.best.registers[index] != 0 {
                for value in [0, 1, u32::MAX] {
                    if self.try_change(|program| program.registers[index] = value) {
                        break;
                    }
                }
            }
        }
    }

    fn operands(&mut self) {
        let mut list = 0;
        while let Some(length) = code_list(&mut self.best.clone().blocks, list, |c| c.len()) {
            for index in 0..length {
                for change in INSTRUCTION_CHANGES {
                    self.try_change(|program| {
                        code_list(&mut program.blocks, list, |code| change(&mut code[index]));
                    });
                }
            }
            list += 1;
        }
    }
}

const INSTRUCTION_CHANGES: &[fn(&mut Instruction)] = &[
    |instruction| match instruction {
        Instruction::Register { rs1, .. }
        | Instruction::Immediate { rs1, .. }
        | Instruction::Unary { rs1, .. } => *rs1 = Register::ZERO,
        Instruction::Compressed(compressed) => *instruction = compressed.expand(),
        _ => {}
    },
    |instruction| {
        if let Instruction::Register { rs2, .. }
        | Instruction::Store { rs2, .. }
        | Instruction::Atomic { rs2, .. } = instruction
        {
            *rs2 = Register::ZERO;
        }
    },
    |instruction| match instruction {
        Instruction::Immediate { imm, .. } => *imm = 0,
        Instruction::Load { offset, .. } | Instruction::Store { offset, .. } => *offset = 0,
        Instruction::Lui { imm, .. } | Instruction::Auipc { imm, .. } => *imm = 0x1000,
        Instruction::Atomic { rs1, order, .. } => {
            *rs1 = Register::ZERO;
            *order = MemoryOrder::default();
        }
        _ => {}
    },
];

/// Runs `visit` on the `index`-th block list in pre-order; `None` when there are fewer.
fn block_list<R>(
    blocks: &mut Vec<Block>,
    index: usize,
    visit: impl FnOnce(&mut Vec<Block>) -> R,
) -> Option<R> {
    fn find<'a>(blocks: &'a mut Vec<Block>, index: &mut usize) -> Option<&'a mut Vec<Block>> {
        if *index == 0 {
            return Some(blocks);
        }
        *index -= 1;
        blocks.iter_mut().filter_map(Block::body_mut).find_map(|body| find(body, index))
    }
    find(blocks, &mut { index }).map(visit)
}

/// Runs `visit` on the `index`-th list of instructions in pre-order.
fn code_list<R>(
    blocks: &mut [Block],
    index: usize,
    visit: impl FnOnce(&mut Vec<Instruction>) -> R,
) -> Option<R> {
    fn find<'a>(blocks: &'a mut [Block], index: &mut usize) -> Option<&'a mut Vec<Instruction>> {
        for block in blocks {
            match block {
                Block::Straight(code)
                | Block::Access { accesses: code, .. }
                | Block::Pointer { usage: Usage::Access { accesses: code, .. }, .. }
                | Block::SoftwareInterrupt { behind: code, .. }
                | Block::SelfModify { versions: code, .. } => {
                    if *index == 0 {
                        return Some(code);
                    }
                    *index -= 1;
                }
                _ => {
                    let found = block.body_mut().and_then(|body| find(body, index));
                    if found.is_some() {
                        return found;
                    }
                }
            }
        }
        None
    }
    find(blocks, &mut { index }).map(visit)
}

fn unwrap(blocks: &mut Vec<Block>, index: usize) {
    if let Some(inner) = blocks.get_mut(index).and_then(Block::body_mut).map(std::mem::take) {
        blocks.splice(index..=index, inner);
    }
}

/// Whether registers are written while job `job` runs.
fn disturbed(blocks: &[Block], job: usize) -> bool {
    blocks.iter().any(|block| match block {
        Block::DisturbJob { job: this, .. } => *this == job,
        _ => block.body().is_some_and(|body| disturbed(body, job)),
    })
}

/// Leaves out one of several steps that a block takes, which the others may not need.
fn drop_step(block: &mut Block, step: usize) {
    fn remove<T>(steps: &mut Vec<T>, step: usize) {
        if steps.len() > 1 && step < steps.len() {
            steps.remove(step);
        }
    }
    match block {
        Block::DisturbJob { writes, .. } => remove(writes, step),
        Block::SetClock { writes, .. } => remove(writes, step),
        Block::Regions { entries, .. } => remove(entries, step),
        _ => {}
    }
}

/// A simpler block of the same purpose.
fn simplify(block: &mut Block) {
    match block {
        Block::Timer { scratch, .. } => {
            *block =
                Block::SoftwareInterrupt { scratch: scratch[0], enable: true, behind: Vec::new() };
        }
        Block::StartJob { window, .. } => *window = None,
        Block::DisturbJob { job, scratch, .. } => {
            let (job, scratch) = (*job, *scratch);
            *block = Block::StartJob { job, interrupt: false, window: None, scratch };
        }
        Block::WaitJob { reads, .. } => reads.clear(),
        Block::Access { privilege, .. } => *privilege = Privilege::Own,
        Block::WaitForInterrupt { user, global, then, .. } => {
            (*user, *global, *then) = (false, Some(false), None);
        }
        Block::TrapVector { first, .. } => *first = None,
        Block::User { leave, probe, direct, .. } => (*leave, *probe, *direct) = (0, false, false),
        // What is locked stays where nothing needs it.
        Block::Protect { bottom, config, .. } if *config & LOCKED == 0 => *bottom = None,
        Block::Far { short_of, .. } => *short_of = 0,
        Block::Pointer { between, .. } => between.clear(),
        Block::Loop { op, .. } => *op = BranchOp::Bne,
        Block::SelfModify { by, .. } => *by = Patcher::Words,
        Block::Regions { entries, .. } => drop(entries.pop()),
        Block::Visit { targets, .. } if targets.len() > 1 => drop(targets.remove(0)),
        Block::Visit { user, .. } => *user = false,
        _ => {}
    }
}

/// A visit to U mode instead of what is done there.
fn only_visit(block: &mut Block) {
    if let Block::WaitForInterrupt { user: true, scratch, .. } = block {
        let (scratch, body) = (scratch[0], Vec::new());
        *block = Block::User { scratch, leave: 0, probe: false, direct: false, body };
    }
}

fn set_delay(blocks: &mut [Block], index: usize, new: u16) {
    if let Some(Block::Timer { delay, .. } | Block::WaitForInterrupt { delay, .. }) =
        blocks.get_mut(index)
    {
        *delay = new.min(*delay);
    }
}

fn set_count(blocks: &mut [Block], index: usize, new: u8) {
    match blocks.get_mut(index) {
        Some(
            Block::Loop { count, .. }
            | Block::Nest { depth: count, .. }
            | Block::Astray { returns: count, .. },
        ) => {
            *count = new.min(*count);
        }
        Some(Block::Visit { targets, .. }) => targets.truncate(new.into()),
        Some(Block::DisturbJob { writes, .. }) => writes.truncate(new.into()),
        Some(Block::Dispatch { visits, rounds, .. }) => {
            *visits = (new + 1).min(*visits);
            *rounds = new.min(*rounds);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use systole_golden::Isa;
    use systole_isa::{Exec, Header, RegisterOp};

    use crate::program::Job;

    fn empty() -> Program {
        Program {
            isa: Isa { m: true, ..Isa::default() },
            ram_bytes: 1 << 17,
            compression: Compression::Never,
            registers: [0; 31],
            data_seed: 0,
            blocks: Vec::new(),
            jobs: Vec::new(),
            environment: Environment::IDEAL,
        }
    }

    fn mul(rd: u8) -> Instruction {
        let [rd, rs1, rs2] = [rd, 11, 12].map(Register::new);
        Instruction::Register { op: RegisterOp::Mul, rd, rs1, rs2 }
    }

    fn add(rd: u8) -> Instruction {
        let [rd, rs1, rs2] = [rd, 11, 12].map(Register::new);
        Instruction::Register { op: RegisterOp::Add, rd, rs1, rs2 }
    }

    fn writes(program: &Program, rd: u8) -> bool {
        let image = crate::program::lower(program).expect("small");
        image.body.iter().any(|(_, instruction)| {
            matches!(instruction, Instruction::Register { op: RegisterOp::Mul, rd: r, .. }
                if *r == Register::new(rd))
        })
    }

    #[test]
    fn what_does_not_matter_goes_at_every_depth() {
        let inner =
            vec![Block::Straight(vec![add(1), mul(7), add(2)]), Block::Straight(vec![add(3)])];
        let blocks = vec![
            Block::Straight((1..20).map(add).collect()),
            Block::Loop {
                counter: Register::new(20),
                count: 9,
                op: BranchOp::Bgeu,
                body: vec![Block::Call { link: Register::RA, indirect: true, body: inner }],
            },
            Block::SoftwareInterrupt {
                scratch: Register::new(3),
                enable: true,
                behind: Vec::new(),
            },
        ];
        let environment = Environment { stall: 9, latency: 3, ..Environment::IDEAL };
        let registers = [5; 31];
        let program = Program { registers, data_seed: 3, blocks, environment, ..empty() };
        let small = shrink(&program, Budget::default(), |program| writes(program, 7));
        assert_eq!(small.environment, Environment::IDEAL);
        assert_eq!(small.registers, [0; 31]);
        let [Block::Straight(code)] = &small.blocks[..] else { panic!("{:?}", small.blocks) };
        let zero = Register::ZERO;
        let expected = Instruction::Register {
            op: RegisterOp::Mul,
            rd: Register::new(7),
            rs1: zero,
            rs2: zero,
        };
        assert_eq!(code, &[expected]);
    }

    #[test]
    fn the_budget_of_runs_is_kept() {
        let blocks = vec![Block::Straight((0..200).map(|_| add(1)).collect())];
        let program = Program { registers: [1; 31], data_seed: 1, blocks, ..empty() };
        let mut runs = 0;
        let budget = Budget { runs: 10, time: Duration::from_secs(60) };
        shrink(&program, budget, |_| {
            runs += 1;
            false
        });
        assert_eq!(runs, 10);
    }

    #[test]
    fn sizes_become_as_small_as_still_fails() {
        let exec = Exec { m_rows: 37, k_tiles: 4, n_tiles: 6, accumulate: true, ..Exec::default() };
        let job = Job {
            list: 0,
            descriptors: vec![Descriptor::Exec(Header::default(), exec); 3],
            inputs: Vec::new(),
            results: (0, 0),
            description: String::new(),
        };
        let program = Program { jobs: vec![job], ..empty() };
        let fails = |program: &Program| {
            program.jobs[0].descriptors.iter().any(|descriptor| match descriptor {
                Descriptor::Exec(_, exec) => exec.m_rows > 8 && exec.n_tiles > 2,
                _ => false,
            })
        };
        let small = shrink(&program, Budget::default(), fails);
        let [Descriptor::Exec(_, small)] = &small.jobs[0].descriptors[..] else {
            panic!("{:?}", small.jobs)
        };
        assert_eq!([small.m_rows, small.k_tiles, small.n_tiles], [9, 1, 3]);
        assert!(!small.accumulate);
    }
}
