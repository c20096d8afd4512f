//! Jobs: their descriptors, how they end, and what the hart does while they run.

mod descriptors;

use systole_golden::npu::{JobEnd, JobRecord, cause, register};
use systole_golden::{NPU_BASE, NpuConfig};

use super::super::bins::{Access, Class, Kind, Meanwhile};
use super::super::model::npu::Groups;
use super::{Counts, Step};

const FENCE_I: u32 = 0x100f;
/// Most tokens that a counter holds.
const FULL: u8 = 15;

/// A job that has ended.
pub(super) struct Job<'a> {
    pub config: &'a NpuConfig,
    pub record: &'a JobRecord,
    pub end: &'a JobEnd,
    /// First word of the descriptor that it ended at, if it can be read.
    pub faulty: Option<u32>,
    /// The bench answered one of its accesses with an error.
    pub injected: bool,
}

/// The jobs of a program.
#[derive(Default)]
pub(super) struct Jobs {
    ended: usize,
    /// `ABORT` was written while the present one ran.
    aborted: bool,
}

impl Jobs {
    /// Counts what the hart does while a job runs.
    #[inline]
    pub(super) fn retire(&mut self, step: &Step, busy: bool, groups: &Groups, counts: &mut Counts) {
        let address = step.retire.mem_addr;
        if address >> 16 == NPU_BASE >> 16 && step.retire.mem_wmask != 0 {
            let abort = address == NPU_BASE + register::ABORT;
            self.aborted |= abort && busy;
            if abort && !busy {
                counts.hit(groups.abort.at([4]));
            }
        }
        if busy {
            meanwhile(step, groups, counts);
        }
    }

    /// Counts a job.
    pub(super) fn ended(&mut self, job: &Job, groups: &Groups, counts: &mut Counts) {
        counts.hit(groups.jobs.at([self.ended.min(3)]));
        self.ended += 1;
        let descriptors = job.record.descriptors();
        let length = match descriptors.len() {
            0 => None,
            1 => Some(0),
            2..=7 => Some(1),
            8..=31 => Some(2),
            32..=127 => Some(3),
            _ => Some(4),
        };
        if let Some(length) = length {
            counts.hit(groups.list.at([length]));
        }
        counts.hit(groups.end.at([job.end.cause as usize]));
        self.how_aborted(job, groups, counts);
        errors(job, groups, counts);
        bus_window(job, groups, counts);
        // Later ones may not have been executed.
        let executed = match job.end.cause {
            cause::NONE => descriptors.len(),
            _ => descriptors.len().min(job.end.fault_index as usize),
        };
        descriptors::count(job, &descriptors[..executed], groups, counts);
        tokens(&descriptors[..executed], groups, counts);
    }

    fn how_aborted(&mut self, job: &Job, groups: &Groups, counts: &mut Counts) {
        if !std::mem::take(&mut self.aborted) {
            return;
        }
        let when = match (job.end.cause, job.end.fault_index as usize) {
            (cause::ABORTED, 0) => 0,
            (cause::ABORTED, index) if index < job.record.descriptors().len() => 1,
            (cause::ABORTED, _) => 2,
            _ => 3,
        };
        counts.hit(groups.abort.at([when]));
    }
}

fn meanwhile(step: &Step, groups: &Groups, counts: &mut Counts) {
    let retire = step.retire;
    let mut hit = |what: Meanwhile| counts.hit(groups.meanwhile.at([what as usize]));
    if retire.intr {
        hit(Meanwhile::Interrupt);
    }
    if step.user() == 1 {
        hit(Meanwhile::UserMode);
    }
    if retire.trap {
        return hit(Meanwhile::Exception);
    }
    match step.class {
        Class::Fence if retire.insn & 0x707f == FENCE_I => hit(Meanwhile::FenceI),
        Class::Fence => hit(Meanwhile::Fence),
        Class::Wfi => hit(Meanwhile::Wfi),
        Class::Mret => hit(Meanwhile::Mret),
        Class::Csr if retire.csr.is_some() => hit(Meanwhile::CsrWrite),
        Class::Mul | Class::Div => hit(Meanwhile::DivideOrMultiply),
        Class::Load => hit(Meanwhile::Load),
        Class::Store => hit(Meanwhile::Store),
        Class::Atomic => hit(match step.decoded.access {
            Some(Access::LoadReserved) => Meanwhile::LoadReserved,
            Some(Access::Amo) => Meanwhile::Amo,
            _ if retire.mem_wmask != 0 => Meanwhile::ScStored,
            _ => Meanwhile::ScFailed,
        }),
        _ => {}
    }
    if retire.mem_addr >> 16 == NPU_BASE >> 16 {
        let register = retire.mem_addr - NPU_BASE;
        let what = match (register, retire.mem_wmask != 0) {
            (register::DOORBELL, true) => Meanwhile::Doorbell,
            (register::ABORT, true) => Meanwhile::Abort,
            (register::CLEAR, true) => Meanwhile::Clear,
            (register::WINDOW_BASE | register::WINDOW_LIMIT, true) => Meanwhile::Window,
            (register::INTERRUPT_ENABLE, true) => Meanwhile::InterruptEnable,
            (register::STATUS, false) => Meanwhile::StatusRead,
            (register::CYCLES..=register::MACS, false) => Meanwhile::CounterRead,
            _ => return,
        };
        hit(what);
    }
}

fn errors(job: &Job, groups: &Groups, counts: &mut Counts) {
    let (record, end) = (job.record, job.end);
    match end.cause {
        cause::BAD_FIELD | cause::TOKEN_UNDERFLOW | cause::TOKEN_OVERFLOW => {
            if let Some(kind) = job.faulty.and_then(kind) {
                let number = (end.cause - cause::BAD_FIELD) as usize;
                counts.hit(groups.refused.at([number, kind as usize]));
            }
        }
        cause::FETCH_ERROR | cause::LOAD_ERROR | cause::STORE_ERROR => {
            let known = *end == record.end || record.faults.contains(end);
            let origin = if !record.window.allows(end.fault_address) {
                0
            } else if known && !job.injected {
                1
            } else {
                2
            };
            counts.hit(groups.bus_error.at([(end.cause - cause::FETCH_ERROR) as usize, origin]));
        }
        _ => {}
    }
}

/// What the descriptor with this first word is.
fn kind(word: u32) -> Option<Kind> {
    Some(match (word & 15, word >> 17 & 3) {
        (1, _) => Kind::Load,
        (2, 0) => Kind::Product,
        (2, 1) => Kind::Convolution,
        (2, 2) => Kind::Depthwise,
        (3, _) => Kind::Store,
        _ => return None,
    })
}

fn bus_window(job: &Job, groups: &Groups, counts: &mut Counts) {
    let window = job.record.window;
    let kind = match (window.base, window.limit) {
        (0, 0) => 0,
        (_, 0) => 1,
        (base, limit) if base >= limit => 4,
        (0, _) => 2,
        _ => 3,
    };
    let bus_error = matches!(job.end.cause, cause::FETCH_ERROR..=cause::STORE_ERROR);
    if bus_error && !window.allows(job.end.fault_address) {
        counts.hit(groups.window.at([kind, 1]));
    } else if job.end.cause == cause::NONE {
        counts.hit(groups.window.at([kind, 0]));
    }
}

/// The balances of tokens as the list goes on.
fn tokens(
    descriptors: &[systole_golden::npu::descriptor::Descriptor],
    groups: &Groups,
    counts: &mut Counts,
) {
    let mut held = [[0u8; 3]; 3];
    for descriptor in descriptors {
        let unit = descriptor.unit() as usize;
        for other in (0..3).filter(|&other| other != unit) {
            if descriptor.wait >> other & 1 == 1 {
                held[other][unit] = held[other][unit].saturating_sub(1);
            }
            if descriptor.signal >> other & 1 == 1 {
                let balance = &mut held[unit][other];
                *balance = balance.saturating_add(1);
                let class = match *balance {
                    0 | 1 => 0,
                    FULL.. => 2,
                    _ => 1,
                };
                // The pair's number: two for each unit that gives.
                let pair = 2 * unit + usize::from(other > usize::from(unit == 0));
                counts.hit(groups.tokens_held.at([pair, class]));
            }
        }
        let [waits, signals] = [descriptor.wait, descriptor.signal].map(usize::from);
        counts.hit(groups.tokens.at([unit, waits, signals]));
    }
}
