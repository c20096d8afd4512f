//! What is to be covered of traps, interrupts, CSRs, modes and protection.

use std::collections::BTreeMap;

use systole_golden::Isa;
use systole_isa::Csr;

use super::super::bins::{Class, CsrAccess, MODES, Match, Need, Place, Refusal};
use super::super::table::{Cross, Table, Verdict, axis, given, named};

/// Exceptions by number: causes 0 to 8 and 11.
pub(in super::super) const EXCEPTIONS: [&str; 10] = [
    "misaligned_fetch",
    "fetch_access_fault",
    "illegal_instruction",
    "breakpoint",
    "misaligned_load",
    "load_access_fault",
    "misaligned_store",
    "store_access_fault",
    "ecall_from_user",
    "ecall_from_machine",
];
/// Interrupts: causes 3, 7 and 11.
pub(in super::super) const INTERRUPTS: [&str; 3] =
    ["software_interrupt", "timer_interrupt", "external_interrupt"];
/// Read-only names of the counters, which U mode may be allowed to read.
pub(in super::super) const USER_COUNTERS: [(&str, u16); 6] = [
    ("cycle", 0xc00),
    ("time", 0xc01),
    ("instret", 0xc02),
    ("cycleh", 0xc80),
    ("timeh", 0xc81),
    ("instreth", 0xc82),
];
/// Counters that a program may write.
pub(in super::super) const COUNTERS: [(&str, u16); 4] =
    [("mcycle", 0xb00), ("minstret", 0xb02), ("mcycleh", 0xb80), ("minstreth", 0xb82)];
/// Instructions that a mode or a bit of `mstatus` makes illegal.
pub(in super::super) const REFUSED: [&str; 2] = ["mret-in-U", "wfi-in-U-with-TW"];
/// What happened since `minstret` was written.
pub(in super::super) const SINCE: [&str; 3] = ["nothing", "exception", "interrupt"];
/// Accesses that memory may answer with an error.
pub(in super::super) const ACCESSES: [&str; 6] = ["fetch", "load", "store", "lr", "sc", "amo"];

/// Bits of each CSR, whatever its number, in [`Groups::bit`].
const BITS: usize = 32;

/// The groups of this file.
#[derive(Clone)]
pub(in super::super) struct Groups {
    pub trap: Cross<2>,
    pub trap_at: Cross<2>,
    pub trap_after: Cross<2>,
    pub interrupt: Cross<3>,
    pub interrupt_after: Cross<2>,
    pub interrupted: Cross<2>,
    pub mret: Cross<3>,
    pub mpp: Cross<1>,
    pub refused: Cross<1>,
    pub wfi: Cross<3>,
    pub csr: Cross<2>,
    pub bit: Cross<3>,
    pub csr_beside: Cross<2>,
    pub csr_refused: Cross<2>,
    pub user_counter: Cross<2>,
    pub counter_read_back: Cross<2>,
    pub instret_since: Cross<1>,
    pub stopped: Cross<1>,
    pub event: Cross<1>,
    pub pmp: Cross<5>,
    pub pmp_locked: Cross<1>,
    pub bus_error: Cross<2>,
    pub fetch_fault: Cross<2>,
}

/// CSRs with a place in [`Groups::csr`], in its order.
pub(in super::super) fn csr_axis() -> Vec<Csr> {
    Csr::named()
}

impl Groups {
    pub(super) fn declare(table: &mut Table, isa: &Isa) -> Self {
        let fields = fields(isa).into_iter().map(|field| (field.0.to_string(), field));
        let fields: BTreeMap<String, (Csr, u32)> = fields.collect();
        let mask = |name: &str| fields.get(name);
        let bits: Vec<usize> = (0..BITS).collect();
        let user = isa.user_mode;
        let counters = isa.zicntr || isa.hpm_counters > 0;
        let mode_exists = |mode: &str| mode == "M" || user;
        let class_exists = |class: &str| match class {
            "mul" | "div" => isa.m,
            "atomic" => isa.a,
            _ => true,
        };
        Self {
            trap: table.cross(
                "trap",
                "Every cause, from every mode.",
                [axis(&[&EXCEPTIONS[..], &INTERRUPTS].concat()), axis(&MODES)],
                |[cause, mode]| given(mode_exists(mode) && cause_exists(isa, cause, mode)),
            ),
            trap_at: table.cross(
                "trap-at",
                "Every exception of instructions in either half of a word: mepc and mtval.",
                [axis(&EXCEPTIONS), named("at", &["word", "half"])],
                |[cause, at]| {
                    let mode = if cause == "ecall_from_user" { "U" } else { "M" };
                    let exists = cause_exists(isa, cause, mode) && (user || mode == "M");
                    given(exists && (isa.c || at == "word"))
                },
            ),
            trap_after: table.cross(
                "trap-after",
                "An exception right behind every class of instruction, which it must not disturb.",
                [axis(&EXCEPTIONS), axis(Class::NAMES)],
                |[cause, class]| {
                    let mode = if cause == "ecall_from_user" { "U" } else { "M" };
                    match (cause, class) {
                        _ if !cause_exists(isa, cause, mode) => Verdict::Absent,
                        _ if !class_exists(class) => Verdict::Absent,
                        ("ecall_from_user", _) if !user => Verdict::Absent,
                        (_, "trap") => {
                            Verdict::Never("the handler's first instruction would trap, for ever")
                        }
                        ("ecall_from_user", "wfi") => {
                            Verdict::Never("in U mode an interrupt is taken behind WFI")
                        }
                        _ => Verdict::Possible,
                    }
                },
            ),
            interrupt: table.cross(
                "interrupt",
                "Every interrupt, from every mode, with direct and vectored mtvec.",
                [axis(&INTERRUPTS), axis(&MODES), axis(&["direct", "vectored"])],
                |[_, mode, _]| given(mode_exists(mode)),
            ),
            interrupt_after: table.cross(
                "interrupt-after",
                "Every interrupt right behind every class of instruction.",
                [axis(&INTERRUPTS), axis(Class::NAMES)],
                |[_, class]| match class {
                    "trap" => Verdict::Never("a trap turns interrupts off"),
                    _ => given(class_exists(class)),
                },
            ),
            interrupted: table.cross(
                "interrupted",
                "Every interrupt in front of every class of instruction, which is executed later.",
                [axis(&INTERRUPTS), axis(Class::NAMES)],
                |[_, class]| given(class_exists(class)),
            ),
            mret: table.cross(
                "mret",
                "MRET to every mode, with MPIE and MPRV of both values.",
                [named("to", &MODES), named("MPIE", &[0, 1]), named("MPRV", &[0, 1])],
                |[to, _, mprv]| given(mode_exists(to) && (user || mprv == "0")),
            ),
            mpp: table.cross(
                "mpp-write",
                "A program writes every value of MPP, of which only 0 and 3 are kept.",
                [axis(&[0, 1, 2, 3])],
                |_| Verdict::Possible,
            ),
            refused: table.cross(
                "refused",
                "Instructions that are illegal by mode.",
                [axis(&REFUSED)],
                |_| given(user),
            ),
            wfi: table.cross(
                "wfi",
                "WFI ends in every mode, with an interrupt taken behind it or none.",
                [axis(&MODES), named("MIE", &[0, 1]), axis(&["interrupt", "no-interrupt"])],
                |[mode, mie, next]| match (mode, mie, next) {
                    ("U", ..) if !user => Verdict::Absent,
                    ("U", _, "no-interrupt") | ("M", "1", "no-interrupt") => {
                        Verdict::Never("the interrupt that ends WFI is taken at once")
                    }
                    ("M", "0", "interrupt") => Verdict::Never("interrupts are off"),
                    _ => Verdict::Possible,
                },
            ),
            csr: table.cross(
                "csr",
                "Every register with every CSR instruction that is legal.",
                [axis(&csr_axis()), axis(CsrAccess::NAMES)],
                |[csr, access]| match mask(csr) {
                    None => Verdict::Absent,
                    Some((csr, _)) => given(access == "read" || !csr.is_read_only()),
                },
            ),
            bit: table.cross(
                "csr-bit",
                "Every bit of every register that can change is seen with both values.",
                [axis(&csr_axis()), axis(&bits), axis(&[0, 1])],
                |[csr, bit, _]| {
                    let bit: u32 = bit.parse().unwrap_or_default();
                    given(mask(csr).is_some_and(|(_, mask)| mask >> bit & 1 == 1))
                },
            ),
            csr_beside: table.cross(
                "csr-beside",
                "A CSR instruction right behind and right in front of every class of instruction.",
                [axis(&["behind", "in-front-of"]), axis(Class::NAMES)],
                |[_, class]| given(class_exists(class)),
            ),
            csr_refused: table.cross(
                "csr-refused",
                "Illegal CSR accesses of every kind trap.",
                [axis(Refusal::NAMES), axis(CsrAccess::NAMES)],
                |[why, access]| match (why, access) {
                    ("read-only", "read") => Verdict::Absent,
                    ("no-such-register" | "read-only", _) => Verdict::Possible,
                    ("disabled-by-mcounteren", "read") => given(user && counters),
                    // A write of a read-only number is refused for that.
                    ("disabled-by-mcounteren", _) => Verdict::Absent,
                    _ => given(user),
                },
            ),
            user_counter: table.cross(
                "user-counter",
                "Counters that U mode may read, and that it may not.",
                [axis(&USER_COUNTERS.map(|(name, _)| name)), axis(&["read", "refused"])],
                |_| given(user && isa.zicntr),
            ),
            counter_read_back: table.cross(
                "counter-read-back",
                "A counter is read 1 to 3 instructions behind its write.",
                [axis(&COUNTERS.map(|(name, _)| name)), named("distance", &[1, 2, 3])],
                |_| Verdict::Possible,
            ),
            instret_since: table.cross(
                "instret-since-write",
                "minstret is read after what does not count, or must not count twice.",
                [axis(&SINCE)],
                |_| Verdict::Possible,
            ),
            stopped: table.cross(
                "stopped-counter",
                "A counter is read while mcountinhibit stops it.",
                [axis(&["mcycle", "minstret"])],
                |_| Verdict::Possible,
            ),
            event: table.cross(
                "event",
                "An event counter has counted this event of mhpmevent when it is read.",
                [axis(&EVENTS)],
                |_| given(isa.hpm_counters > 0),
            ),
            pmp: table.cross(
                "pmp",
                "PMP decides every access by every kind of entry, for and against.",
                [
                    axis(Need::NAMES),
                    axis(&MODES),
                    axis(Match::NAMES),
                    axis(&["open", "locked"]),
                    axis(&["allowed", "denied"]),
                ],
                |bins| pmp(isa, bins),
            ),
            pmp_locked: table.cross(
                "pmp-locked-write",
                "A write of a locked entry is ignored.",
                [axis(&["pmpcfg", "pmpaddr", "pmpaddr-below-TOR"])],
                |[which]| given(isa.pmp_regions > u32::from(which == "pmpaddr-below-TOR")),
            ),
            bus_error: table.cross(
                "bus-error",
                "Every access gets an error answer, from memory and where none is.",
                [axis(&ACCESSES), axis(Place::NAMES)],
                |[access, place]| match (access, place) {
                    ("lr" | "sc" | "amo", _) if !isa.a => Verdict::Absent,
                    ("sc", "unmapped" | "device") => {
                        Verdict::Never("LR cannot reserve a word there, so SC does not access it")
                    }
                    _ => Verdict::Possible,
                },
            ),
            fetch_fault: table.cross(
                "fetch-fault",
                "Either half of an instruction across two words cannot be fetched.",
                [axis(&["first-half", "second-half"]), axis(&["bus", "pmp"])],
                |[half, by]| {
                    let denied = user && isa.pmp_regions > 0;
                    given((isa.c || half == "first-half") && (by == "bus" || denied))
                },
            ),
        }
    }
}

/// Numbers of `mhpmevent` that count something.
pub(in super::super) const EVENTS: [usize; 13] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17, 18, 19];

/// Whether a cause can come from a mode.
fn cause_exists(isa: &Isa, cause: &str, mode: &str) -> bool {
    match cause {
        "misaligned_fetch" => !isa.c,
        "ecall_from_user" => mode == "U",
        "ecall_from_machine" => mode == "M",
        _ => true,
    }
}

fn pmp(isa: &Isa, [_, mode, kind, lock, answer]: [&str; 5]) -> Verdict {
    if isa.pmp_regions == 0 || mode == "U" && !isa.user_mode {
        return Verdict::Absent;
    }
    match (mode, kind, lock, answer) {
        (_, "no-match", "locked", _) => Verdict::Absent,
        ("U", "no-match", _, "allowed") => {
            Verdict::Never("what nothing matches is denied to U mode")
        }
        ("M", "no-match", _, "denied") => {
            Verdict::Never("what nothing matches is allowed to M mode")
        }
        ("M", _, "open", "denied") => Verdict::Never("only locked entries bind M mode"),
        _ => Verdict::Possible,
    }
}

/// Every CSR of a hart with `isa`, with the bits that can have both values (`docs/core.md`).
pub(in super::super) fn fields(isa: &Isa) -> Vec<(Csr, u32)> {
    const LINES: u32 = 1 << 3 | 1 << 7 | 1 << 11;
    let event_counters = (((1u64 << isa.hpm_counters) - 1) << 3) as u32;
    let own = |condition: bool, mask: u32| if condition { mask } else { 0 };
    let user = isa.user_mode;
    let mut all = vec![
        (Csr::MSTATUS, 1 << 3 | 1 << 7 | own(user, 3 << 11 | 1 << 17 | 1 << 21)),
        (Csr::MSTATUSH, 0),
        (Csr::MISA, 0),
        (Csr::MIE, LINES),
        (Csr::MIP, LINES),
        (Csr::MTVEC, !2),
        (Csr::MCOUNTINHIBIT, 1 | 1 << 2 | event_counters),
        (Csr::MSCRATCH, !0),
        (Csr::MEPC, if isa.c { !1 } else { !3 }),
        (Csr::MCAUSE, !0),
        (Csr::MTVAL, !0),
        (Csr::MCYCLE, !0),
        (Csr::MCYCLEH, !0),
        (Csr::MINSTRET, !0),
        (Csr::MINSTRETH, !0),
    ];
    let zero = [Csr::MVENDORID, Csr::MARCHID, Csr::MIMPID, Csr::MHARTID, Csr::MCONFIGPTR];
    all.extend(zero.map(|csr| (csr, 0)));
    if user {
        let counters = own(isa.zicntr, 7) | event_counters;
        all.extend([(Csr::MCOUNTEREN, counters), (Csr::MENVCFG, 0), (Csr::MENVCFGH, 0)]);
    }
    if isa.zicntr {
        all.extend([Csr::CYCLE, Csr::INSTRET, Csr::CYCLEH, Csr::INSTRETH].map(|csr| (csr, 0)));
        all.extend([Csr::TIME, Csr::TIMEH].map(|csr| (csr, 0)));
    }
    for counter in 3..32u16 {
        let counts = u32::from(counter) < 3 + isa.hpm_counters;
        all.push((Csr::mhpmevent(counter), own(counts, 0x1f)));
        for upper in [false, true] {
            all.push((Csr::mhpmcounter(counter, upper), own(counts, !0)));
            if isa.hpm_counters > 0 {
                all.push((Csr::hpmcounter(counter, upper), 0));
            }
        }
    }
    if isa.pmp_regions > 0 {
        let there = |entry: u16| u32::from(entry) < isa.pmp_regions;
        for register in 0..4 {
            let bytes = (0..4).map(|byte| own(there(4 * register + byte), 0x9f << (8 * byte)));
            all.push((Csr::pmpcfg(register), bytes.sum()));
        }
        all.extend((0..16).map(|entry| (Csr::pmpaddr(entry), own(there(entry), !0))));
    }
    all
}
