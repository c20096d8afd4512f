//! What a retirement changed, in short.

use systole_gen::viewer::names;
use systole_golden::Retire;
use systole_isa::{Csr, Register};

use super::model::Difference;
use crate::lockstep::Pair;

/// A change: what, and the text that says both what and its new value.
struct Change {
    what: String,
    text: String,
}

/// A register under both of its names.
pub(super) fn register(number: u8) -> String {
    format!("x{number}/{}", Register::new(number))
}

/// What the RTL changed, and what the golden model changed otherwise. `differences` are those of the
/// records, for what the short form leaves out.
pub(super) fn columns(pair: &Pair, differences: &[Difference]) -> (String, Option<String>) {
    let apart = pair.rtl.next_pc != pair.golden.next_pc;
    let [rtl, golden] = [&pair.rtl, &pair.golden].map(|retire| changes(retire, apart));
    let own = join(rtl.iter().map(|change| &change.text));
    if pair.rtl == pair.golden {
        return (own, None);
    }
    let mut other: Vec<String> = golden
        .iter()
        .filter(|change| rtl.iter().all(|own| own.text != change.text))
        .map(|change| change.text.clone())
        .collect();
    // Who traps does nothing else.
    for change in rtl.iter().filter(|_| !pair.golden.trap) {
        if golden.iter().all(|other| other.what != change.what) {
            other.push(format!("no {}", change.what));
        }
    }
    if !other.is_empty() {
        return (own, Some(join(other.iter())));
    }
    let side = |value: fn(&Difference) -> &String| {
        let texts: Vec<String> = differences
            .iter()
            .map(|difference| {
                let value = value(difference);
                format!("{}={}", difference.field, value.strip_prefix("0x").unwrap_or(value))
            })
            .collect();
        join(texts.iter())
    };
    (side(|difference| &difference.rtl), Some(side(|difference| &difference.golden)))
}

fn join<'a>(texts: impl Iterator<Item = &'a String>) -> String {
    texts.map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// All changes; where to go on is one after a jump, and when there is nothing else or it is `asked`.
fn changes(retire: &Retire, asked: bool) -> Vec<Change> {
    let mut all = Vec::new();
    let mut add = |what: &str, text: String| all.push(Change { what: what.to_owned(), text });
    if retire.trap {
        let cause = names::trap(retire.cause);
        add("trap", format!("trap: {cause}, tval {:08x}", retire.tval));
        return all;
    }
    if retire.mem_wmask != 0 {
        add("store", format!("[{:08x}]={:08x}", retire.mem_addr, retire.mem_wdata));
    }
    if retire.rd_addr != 0 {
        let name = register(retire.rd_addr);
        add(&name, format!("{name}={:08x}", retire.rd_wdata));
    }
    if let Some((number, value)) = retire.csr {
        let name = Csr(number).to_string();
        add(&name, format!("{name}={value:08x}"));
    }
    let length = if retire.insn & 3 == 3 { 4 } else { 2 };
    if asked || all.is_empty() || retire.next_pc != retire.pc.wrapping_add(length) {
        let text = format!("-> {:08x}", retire.next_pc);
        all.push(Change { what: "jump".to_owned(), text });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add() -> Retire {
        let (pc, insn, next_pc) = (0x8000_000c, 0x00b5_0633, 0x8000_0010);
        Retire { pc, insn, next_pc, rd_addr: 12, rd_wdata: 7, mode: 3, ..Retire::default() }
    }

    fn both(rtl: Retire, golden: Retire) -> (String, Option<String>) {
        let difference = Difference {
            field: "mstatus".into(),
            name: "mstatus".into(),
            rtl: "0x1".into(),
            golden: "0x0".into(),
            xor: "0x1".into(),
        };
        columns(&Pair { order: 0, cycle: 0, rtl, golden }, &[difference])
    }

    #[test]
    fn the_golden_side_says_only_what_differs() {
        assert_eq!(both(add(), add()), ("x12/a2=00000007".into(), None));
        let other = Retire { rd_wdata: 9, ..add() };
        assert_eq!(both(add(), other).1.as_deref(), Some("x12/a2=00000009"));
        let none = Retire { rd_addr: 0, rd_wdata: 0, ..add() };
        assert_eq!(both(add(), none).1.as_deref(), Some("-> 80000010, no x12/a2"));
        let jump = Retire { next_pc: 0x8000_0000, ..add() };
        assert_eq!(both(jump, add()).0, "x12/a2=00000007, -> 80000000");
        assert_eq!(both(jump, add()).1.as_deref(), Some("-> 80000010"));
    }

    #[test]
    fn what_the_short_form_leaves_out_is_told_when_nothing_else_differs() {
        let (rtl, golden) = both(Retire { mstatus: 1, ..add() }, add());
        assert_eq!((rtl.as_str(), golden.as_deref()), ("mstatus=1", Some("mstatus=0")));
    }

    #[test]
    fn an_instruction_that_changes_two_things_says_both() {
        let atomic = Retire { mem_wmask: 15, mem_addr: 0x8000_8000, mem_wdata: 1, ..add() };
        assert_eq!(both(atomic, atomic).0, "[80008000]=00000001, x12/a2=00000007");
        let csr = Retire { csr: Some((0x300, 8)), rd_addr: 0, ..add() };
        assert_eq!(both(csr, csr).0, "mstatus=00000008");
    }
}
