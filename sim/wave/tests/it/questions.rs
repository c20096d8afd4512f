//! Names, values, searches and clocks.

use systole_wave::condition::Condition;
use systole_wave::{Clock, Kind, Timescale, search};

use crate::support::*;

#[test]
fn signals_are_found_by_name() {
    let folder = folder();
    let wave = open(&file(folder.path(), "a.vcd", SMALL));
    let names: Vec<String> = wave.signals().map(|signal| signal.name()).collect();
    assert!(names.contains(&"TOP.soc.regs[3]".to_owned()), "{names:?}");
    assert!(names.contains(&"TOP.soc.row[0].acc".to_owned()), "{names:?}");
    for name in ["TOP.soc.count", "soc.count", "count", "count[7:0]", "soc.count[7:0]"] {
        let signal = wave.signal(wave.find(name).expect(name));
        assert_eq!((signal.name(), signal.range()), ("TOP.soc.count".to_owned(), "[7:0]"));
        assert_eq!((signal.kind(), signal.width()), (Kind::Bits(8), 8));
    }
    // Two names of one signal are no choice.
    assert!(wave.find("clk").is_ok());
    assert_eq!(wave.select(&["*clk".to_owned(), "row*".to_owned()]).expect("three").len(), 3);
    let error = wave.find("soc.coumt").expect_err("a typing error");
    assert_eq!(error.message(), "no signal `soc.coumt`");
    assert!(error.help().contains("`TOP.soc.count`"), "{}", error.help());
    assert!(wave.select(&["*".to_owned(), "nothing*".to_owned()]).is_err());
}

#[test]
fn several_signals_of_a_name_are_told() {
    let folder = folder();
    let text = "$scope module a $end $var wire 1 ! x $end $upscope $end \
                $scope module b $end $var wire 1 \" x $end $upscope $end $enddefinitions $end #0";
    let wave = open(&file(folder.path(), "a.vcd", text));
    let error = wave.find("x").expect_err("two signals");
    assert!(error.message().contains("a.x b.x"), "{error}");
    assert!(wave.find("TOP.a.x").is_ok(), "TOP is Verilator's and may be left out or put in");
}

#[test]
fn values_are_those_of_the_file() {
    let folder = folder();
    let wave = load(&file(folder.path(), "a.vcd", SMALL));
    let at = |name: &str, time| wave.value_at(wave.find(name).expect(name), time).to_string();
    assert_eq!(at("count", 9), "0x00");
    assert_eq!(at("count", 15), "0x03");
    assert_eq!(at("regs[3]", 0), "0xxxxxxxxx");
    assert_eq!(at("regs[3]", 10), "0x0000000a");
    assert_eq!(at("level", 1_000), "-1250");
    assert_eq!(at("text", 16), "nop");
    assert_eq!(at("text", 20), "addi a0, a1");
    assert_eq!(at("acc", 19), "0xX");
    assert_eq!(at("wide", 25), "0x3ffffffffffffffffe");
    // Two changes at a time: the last one counts.
    let count = wave.find("count").expect("count");
    assert_eq!(wave.changes(count).map(|(time, _)| time).collect::<Vec<_>>(), [0, 10, 15]);
}

#[test]
fn conditions_are_found_when_they_become_true() {
    let folder = folder();
    let wave = open(&file(folder.path(), "a.vcd", SMALL));
    let times = |condition: &str, from: u64| {
        let condition: Condition = condition.parse().expect(condition);
        let hits = search(&wave, &condition, from, 99).expect("hits");
        hits.iter().map(|hit| hit.time).collect::<Vec<_>>()
    };
    assert_eq!(times("soc.clk", 0), [5, 10, 15, 20, 25]);
    assert_eq!(times("rose(clk)", 6), [15, 25]);
    assert_eq!(times("fell(clk)", 0), [10, 20]);
    assert_eq!(times("rose(clk) && count == 3", 0), [15, 25]);
    assert_eq!(times("count > 0", 0), [10]);
    assert_eq!(times("count > 0", 12), [12], "it holds there already");
    assert_eq!(times("count == 0b11 || count == 0x1", 0), [10]);
    assert_eq!(times("!(regs[3] == 10)", 0), Vec::<u64>::new(), "unknown is not false");
    assert_eq!(times("regs[3] != 1", 0), [10]);
    assert_eq!(times("clk && !(count < 3)", 0), [15, 25]);
    assert_eq!(times("level < 0", 0), [20]);
    assert_eq!(times("text == \"nop\"", 0), [15]);
    assert_eq!(times("changed(text)", 0), [15, 20]);
    assert_eq!(times("count == regs[3]", 0), Vec::<u64>::new());
    assert_eq!(times("wide > 0xffffffffffffffff", 0), [25]);
    assert_eq!(times("clk", 31), Vec::<u64>::new());
}

#[test]
fn a_search_ends_when_it_has_enough() {
    let folder = folder();
    let broken = SMALL.replace("#30", "broken");
    let wave = open(&file(folder.path(), "a.vcd", broken));
    let condition: Condition = "rose(clk)".parse().expect("a condition");
    assert_eq!(search(&wave, &condition, 0, 1).expect("read up to the hit").len(), 1);
    assert!(search(&wave, &condition, 0, 9).is_err());
}

#[test]
fn clocks_are_measured() {
    let folder = folder();
    let wave = open(&file(folder.path(), "a.vcd", SMALL));
    let clock = Clock::of(&wave, None).expect("a clock");
    assert_eq!(clock, Clock { period: 10, phase: 5 });
    assert_eq!([0, 5, 14, 15, 99].map(|time| clock.cycle(time)), [0, 0, 0, 1, 9]);
    assert_eq!(clock.time(2), 25);
    assert_eq!(Clock::of(&wave, Some("soc.clk")).expect("the same"), clock);
    assert!(Clock::of(&wave, Some("count")).is_err());
    let still = open(&file(folder.path(), "b.vcd", SMALL.replace("0!", "1!")));
    let usual = Clock::usual(Timescale::NANOSECOND);
    assert_eq!(Clock::of(&still, None).expect("the usual one"), usual);
    assert_eq!((usual.period, usual.time(u64::MAX)), (10, u64::MAX));
}

#[test]
fn a_first_value_is_a_change_if_it_comes_late() {
    let folder = folder();
    let text = "$scope module m $end $var wire 1 ! a $end $var wire 8 \" \\m[0] [7:0] $end \
                $upscope $end $enddefinitions $end\n#5\n1!\n#7\nb1 \"\n#9\n";
    let wave = open(&file(folder.path(), "a.vcd", text));
    let times = |condition: &str| {
        let condition: Condition = condition.parse().expect(condition);
        let hits = search(&wave, &condition, 0, 9).expect("hits");
        hits.iter().map(|hit| hit.time).collect::<Vec<_>>()
    };
    assert_eq!(times("changed(a)"), Vec::<u64>::new());
    assert_eq!(times("rose(m[0])"), [7], "a name of Icarus, without its backslash");
    assert_eq!(times("m[0][7:0] == 1"), [7]);
}

/// What a simulator writes for `$dumpports`.
const PORTS: &str = "\
$timescale 1 ns $end
$scope module tb.dut $end
$var port 1 <0 clk $end
$var port [3:0] <1 a $end
$var port 1 <2 b $end
$upscope $end
$enddefinitions $end
#0
$dumpports
pD 6 0 <0
pDDDD 6666 0000 <1
pX 6 6 <2
$end
#5
pU 0 6 <0
pUNDZ 0606 6600 <1
pF 0 0 <2
#10
p0 6 0 <2
$vcdclose #12 $end
";

#[test]
fn ports_of_extended_vcd_are_bits() {
    let folder = folder();
    let wave = load(&file(folder.path(), "a.evcd", PORTS));
    let [clk, a, b] = ["clk", "a", "b"].map(|name| wave.find(name).expect(name));
    assert_eq!((wave.signal(a).range(), wave.signal(a).width()), ("[3:0]", 4));
    let texts = |time| {
        [clk, a, b].map(|signal| {
            let value = wave.value_at(signal, time);
            let bits = value.bits().expect("bits");
            bits.characters().map(char::from).collect::<String>()
        })
    };
    assert_eq!(texts(0), ["0", "0000", "x"]);
    assert_eq!(texts(5), ["1", "1x0z", "z"]);
    assert_eq!(texts(10), ["1", "1x0z", "0"]);
}

#[test]
fn mistakes_in_extended_vcd_are_told_by_the_byte() {
    let folder = folder();
    for (good, wrong, message) in [
        ("pX 6 6 <2", "pQ 6 6 <2", "`Q` is not a state of a port"),
        ("pX 6 6 <2", "pX 6 8 <2", "no strength"),
        ("pX 6 6 <2", "pX 6 6 <3", "no variable has the identifier `<3`"),
        ("pX 6 6 <2", "pXX 66 66 <2", "2 bits for a variable of 1"),
        ("[3:0]", "[3:x]", "is not a width"),
    ] {
        let path = file(folder.path(), "a.evcd", PORTS.replace(good, wrong));
        let read = systole_wave::Wave::open(&path).and_then(|mut wave| wave.load(&all(&wave)));
        let error = read.expect_err("a mistake");
        assert!(error.message().contains(message), "{error}");
        assert!(error.offset().is_some(), "{error}");
    }
}
