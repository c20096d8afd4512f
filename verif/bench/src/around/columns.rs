//! What an instruction changed, in the RTL and in the golden model.

use systole_isa::Register;

use super::golden::Values;
use crate::activity::Retire;

/// The texts of both sides. Where they agree both are the same, and short; else they say all that
/// differs.
pub(super) fn columns(rtl: &Retire, golden: Option<&Values>) -> (String, Option<String>) {
    let Some(golden) = golden else { return (effect(rtl), None) };
    let differences = differences(rtl, golden);
    if differences.is_empty() {
        let same = effect(rtl);
        return (same.clone(), Some(same));
    }
    let (rtl, golden): (Vec<String>, Vec<String>) = differences.into_iter().unzip();
    (rtl.join(", "), Some(golden.join(", ")))
}

/// What it changed in the RTL: a register, memory, or where execution goes on.
fn effect(retire: &Retire) -> String {
    let effect = retire.effect();
    let length = if retire.insn & 3 == 3 { 4 } else { 2 };
    if effect.is_empty() && retire.next_pc != retire.pc.wrapping_add(length) {
        return format!("-> {:08x}", retire.next_pc);
    }
    effect
}

/// Each field that differs, as texts of both sides.
fn differences(rtl: &Retire, golden: &Values) -> Vec<(String, String)> {
    let mut differences = Vec::new();
    let mut compare = |rtl: String, golden: String| {
        if rtl != golden {
            differences.push((rtl, golden));
        }
    };
    let address = |pc: u32| format!("pc={pc:08x}");
    compare(address(rtl.pc), address(golden.pc));
    let word = |insn: u32| format!("insn={insn:08x}");
    compare(word(rtl.insn), word(golden.insn));
    let trap = |traps: bool| if traps { "trap" } else { "no trap" }.to_owned();
    compare(trap(rtl.trap.is_some()), trap(golden.trap));
    let rd = rtl.rd.map_or((0, 0), |rd| (rd.register, rd.value));
    compare(register(rd), register((golden.rd_addr, golden.rd_wdata)));
    // What the golden model did with memory is known only where the RTL did something, too.
    if let Some(access) = rtl.memory {
        let store = access.write_mask != 0;
        let text = |address: u32, data: u32| {
            if store { format!("[{address:08x}]={data:08x}") } else { format!("[{address:08x}]") }
        };
        compare(text(access.address, access.written), text(golden.mem_addr, golden.mem_wdata));
    }
    let next = |pc: u32| format!("-> {pc:08x}");
    compare(next(rtl.next_pc), next(golden.next_pc));
    differences
}

fn register((number, value): (u32, u32)) -> String {
    match number {
        0 => "no register".to_owned(),
        _ => format!("{}={value:08x}", Register::new(number as u8)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::{Access, RegisterWrite};

    fn add() -> (Retire, Values) {
        let rtl = Retire {
            cycle: 7,
            channel: 0,
            order: 3,
            pc: 0x8000_000c,
            next_pc: 0x8000_0010,
            insn: 0x00b5_0633,
            mnemonic: "add a2, a0, a1".into(),
            mode: 3,
            rd: Some(RegisterWrite { register: 12, value: 7 }),
            memory: None,
            trap: None,
            interrupt: None,
            unknown: false,
        };
        let golden = Values {
            pc: rtl.pc,
            insn: rtl.insn,
            rd_addr: 12,
            rd_wdata: 7,
            next_pc: rtl.next_pc,
            ..Values::default()
        };
        (rtl, golden)
    }

    #[test]
    fn both_sides_say_the_same_where_they_agree() {
        let (rtl, golden) = add();
        let same = "a2=00000007".to_owned();
        assert_eq!(columns(&rtl, Some(&golden)), (same.clone(), Some(same.clone())));
        assert_eq!(columns(&rtl, None), (same, None));
    }

    #[test]
    fn all_that_differs_is_told() {
        let (rtl, golden) = add();
        let golden = Values { rd_addr: 0, rd_wdata: 0, next_pc: 0x8000_0100, ..golden };
        let (left, right) = columns(&rtl, Some(&golden));
        assert_eq!(left, "a2=00000007, -> 80000010");
        assert_eq!(right.as_deref(), Some("no register, -> 80000100"));
        let (_, golden) = add();
        let golden = Values { trap: true, insn: 0x13, pc: 0x8000_0000, ..golden };
        let (left, right) = columns(&rtl, Some(&golden));
        assert_eq!(left, "pc=8000000c, insn=00b50633, no trap");
        assert_eq!(right.as_deref(), Some("pc=80000000, insn=00000013, trap"));
    }

    #[test]
    fn data_counts_only_where_something_is_stored() {
        let (mut rtl, mut golden) = add();
        let access =
            Access { address: 0x8000_1000, read_mask: 15, write_mask: 0, read: 1, written: 9 };
        rtl.memory = Some(access);
        golden.mem_addr = access.address;
        assert_eq!(columns(&rtl, Some(&golden)).0, "a2=00000007");
        rtl.memory = Some(Access { write_mask: 15, ..access });
        let (left, right) = columns(&rtl, Some(&golden));
        assert_eq!(
            (left.as_str(), right.as_deref()),
            ("[80001000]=00000009", Some("[80001000]=00000000"))
        );
    }

    #[test]
    fn a_jump_says_where_to() {
        let (rtl, _) = add();
        let jump = Retire { rd: None, next_pc: 0x8000_0100, ..rtl };
        assert_eq!(columns(&jump, None).0, "-> 80000100");
    }
}
