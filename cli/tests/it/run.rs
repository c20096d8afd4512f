//! `systole run`: how programs end, and what is written about them.

use systole_isa::{ImmediateOp, Instruction, LoadOp, Register, StoreOp};

use crate::support::*;

const ENGINES: [&str; 3] = ["golden", "rtl", "lockstep"];

fn spin() -> Instruction {
    Instruction::Jal { rd: Register::ZERO, offset: 0 }
}

#[test]
fn the_exit_code_of_the_program_decides() {
    let folder = folder();
    elf(folder.path(), "good.elf", &exit_with(0));
    elf(folder.path(), "bad.elf", &exit_with(37));
    for engine in ENGINES {
        run(folder.path(), &format!("run good.elf --preset nano --engine {engine}")).code(0);
        let arguments = format!("run bad.elf --preset nano --engine {engine} --json r.json");
        run(folder.path(), &arguments).code(1).says(&["exit code 37"]);
        let result = json(&folder.path().join("r.json"));
        assert_eq!(result["exit_code"], 37, "{engine}");
        assert_eq!(result["engine"], engine);
        assert_documented(&result);
    }
}

#[test]
fn a_program_that_never_ends_is_stopped() {
    let folder = folder();
    elf(folder.path(), "forever.elf", &[spin()]);
    for engine in ENGINES {
        let arguments =
            format!("run forever.elf --preset nano --engine {engine} --max-instructions 20000");
        run(folder.path(), &arguments).code(1).says(&["did not end", "--max-instructions"]);
    }
}

#[test]
fn a_program_without_tohost_is_stopped() {
    let folder = folder();
    elf_with(folder.path(), "silent.elf", &exit_with(0), &[], &[]);
    let arguments = "run silent.elf --max-instructions 1000 --json r.json";
    run(folder.path(), arguments).code(1).says(&["did not end", "tohost"]);
    let result = json(&folder.path().join("r.json"));
    assert!(result["exit_code"].is_null());
    assert_eq!(result["instructions"], 1000);
}

#[test]
fn a_jump_into_the_void_is_told() {
    let folder = folder();
    let jump = Instruction::Jalr { rd: Register::ZERO, rs1: Register::ZERO, offset: 64 };
    elf(folder.path(), "void.elf", &[jump]);
    for engine in ENGINES {
        run(folder.path(), &format!("run void.elf --preset nano --engine {engine}"))
            .code(1)
            .says(&["jumped into the void", "0x00000000", "mtvec"]);
    }
}

#[test]
fn an_access_outside_the_ram_traps_into_the_void() {
    let folder = folder();
    let address = Register::new(5);
    let code = [
        Instruction::Lui { rd: address, imm: 0x9000_0000 },
        Instruction::Load { op: LoadOp::Lw, rd: Register::new(6), rs1: address, offset: 0 },
    ];
    elf(folder.path(), "leaves.elf", &code);
    run(folder.path(), "run leaves.elf --trace t.txt").code(1).says(&["jumped into the void"]);
    let trace = std::fs::read_to_string(folder.path().join("t.txt")).expect("a trace");
    assert!(trace.contains("trap 5 tval 90000000"), "{trace}");
}

#[test]
fn signature_and_trace_are_the_same_on_every_engine() {
    let folder = folder();
    let [base, value] = [7, 8].map(Register::new);
    let mut code = vec![
        Instruction::Lui { rd: base, imm: RAM + 0x1000 },
        Instruction::Immediate {
            op: ImmediateOp::Addi,
            rd: value,
            rs1: Register::ZERO,
            imm: 0x123,
        },
        Instruction::Store { op: StoreOp::Sw, rs2: value, rs1: base, offset: 4 },
    ];
    code.extend(exit_with(0));
    let data = [(RAM + 0x1000, vec![0xef, 0xbe, 0xad, 0xde, 0, 0, 0, 0, 1, 2])];
    let symbols =
        [("tohost", TOHOST), ("begin_signature", RAM + 0x1000), ("end_signature", RAM + 0x100a)];
    elf_with(folder.path(), "signed.elf", &code, &data, &symbols);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("written");
    for engine in ENGINES {
        let arguments =
            format!("run signed.elf --preset nano --engine {engine} --signature s --trace t");
        run(folder.path(), &arguments).code(0);
        assert_eq!(read("s"), "deadbeef\n00000123\n00000201\n", "{engine}");
        let trace = read("t");
        let expected =
            "       2 80000008 0083a223  sw s0, 4(t2)                 [80001004]=00000123";
        assert!(trace.lines().any(|line| line == expected), "{engine}:\n{trace}");
        let count = trace.lines().count();
        assert!((7..=8).contains(&count), "{engine}: {count} lines:\n{trace}");
    }
}

#[test]
fn waves_cover_the_window_that_was_asked_for() {
    let folder = folder();
    elf(folder.path(), "good.elf", &exit_with(3));
    let arguments =
        "run good.elf --preset nano --engine rtl --vcd w.vcd --from 2 --to 6 --json r.json";
    run(folder.path(), arguments).code(1);
    let wave = std::fs::read_to_string(folder.path().join("w.vcd")).expect("waves");
    assert!(wave.contains("rvfi_valid"), "{} bytes", wave.len());
    let times: Vec<u64> =
        wave.lines().filter_map(|line| line.strip_prefix('#')?.parse().ok()).collect();
    let (first, last) = (times[0], times[times.len() - 1]);
    assert!((20..70).contains(&first) && (60..=80).contains(&last), "{first}..{last}");
}
