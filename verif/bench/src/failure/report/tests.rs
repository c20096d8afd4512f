//! All faces of one report that has everything.

use super::model::*;
use super::{Report, Style};
use crate::program::Environment;

/// A report with every part, in which `text` stands wherever text may.
fn sample(text: &str) -> Report {
    let any = || text.to_owned();
    let hex = |value: u32| format!("{value:#010x}");
    let retired = |retire, golden| Retired {
        retire,
        cycle: 10 + retire,
        pc: hex(0x8000_1000),
        insn: hex(0x02b5_0633),
        assembly: any(),
        rtl: any(),
        golden,
    };
    let step = |line, note: &str| Step {
        file: format!("hw/{text}.rs"),
        line,
        signal: any(),
        cycle: 12,
        value: any(),
        note: note.to_owned(),
    };
    let signal =
        |width, changes| WaveSignal { name: any(), group: any(), width, changes, differs: true };
    let span = Span { begin: 11, end: 13, label: any(), detail: any(), failed: true };
    Report {
        subject: Subject {
            preset: any(),
            options: any(),
            isa: any(),
            dim: 4,
            fault: Some(any()),
            verilator: Some(any()),
            seed: u64::MAX,
            index: 7,
        },
        mismatch: Mismatch {
            kind: "retire".into(),
            cycle: 12,
            retire: 2,
            message: any(),
            summary: format!("x12 (a2) differs after `{text}`"),
            differences: vec![Difference {
                field: any(),
                name: any(),
                rtl: hex(5),
                golden: hex(4),
                xor: hex(1),
            }],
            retired: vec![retired(1, None), retired(2, Some(any()))],
            state: State {
                pc: "ok".into(),
                registers: any(),
                csr: "ok".into(),
                mem: "ok".into(),
                npu: "ok".into(),
            },
        },
        program: Listing {
            original_instructions: 142,
            instructions: 1,
            registers: vec![Initial { register: any(), value: hex(3) }],
            body: vec![Line { address: hex(0x8000_1000), assembly: any(), failing: true }],
            outside: Some(any()),
        },
        jobs: vec![Job {
            number: 0,
            description: any(),
            list: hex(0x8001_0000),
            descriptors: vec![any()],
        }],
        memory: Environment { seed: 3, stall: 9, latency: 4, hart_errors: 1, npu_errors: 2 },
        waves: Some(Waves { fst: any(), vcd: any(), cycles: (0, 32) }),
        source: Some(Source { steps: vec![step(52, text), step(88, "")] }),
        timeline: Some(Timeline {
            from: 0,
            to: 32,
            lanes: vec![Lane { name: any(), spans: vec![span] }],
        }),
        wave: Some(WaveView {
            from: 0,
            to: 32,
            signals: vec![
                signal(1, vec![(0, any()), (3, "1".into())]),
                signal(8, vec![(0, any())]),
            ],
        }),
        rerun: any(),
        replay: any(),
    }
}

/// Without what others fill in.
fn bare(report: &Report) -> Report {
    Report { source: None, timeline: None, wave: None, ..report.clone() }
}

#[test]
fn no_text_gets_out_of_its_place_in_the_page() {
    let page = sample("<script>alert('1')</script>&\"</title></style></svg>").html();
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("</script").count(), 1);
    assert_eq!(page.matches("</title></style").count(), 0);
    assert_eq!(page.matches("</style").count(), 1);
    assert!(!page.contains("alert('1')") && !page.contains("&\""));
    assert!(page.matches("&#60;script&#62;alert(&#39;1&#39;)").count() > 30);
}

#[test]
fn the_page_needs_nothing_else_and_is_the_same_each_time() {
    let report = sample("text");
    let page = report.html();
    for outside in ["http:", "https:", "src=", "href=", "url(", "@import", "<link"] {
        assert!(!page.contains(outside), "the page needs {outside}");
    }
    assert_eq!(page, report.html());
}

#[test]
fn only_what_is_there_is_shown() {
    let (full, bare) = (sample("text"), bare(&sample("text")));
    for section in ["<section id=\"source\">", "<section id=\"timeline\">", "<section id=\"wave\">"]
    {
        assert!(full.html().contains(section), "{section}");
        assert!(!bare.html().contains(section), "{section}");
    }
    for line in
        ["\n  source    hw/text.rs:88  (text)\n", "\n  failed in text text, cycles 11 to 12"]
    {
        assert!(full.text(Style::Plain).contains(line), "{line}");
        assert!(!bare.text(Style::Plain).contains(&line[..10]), "{line}");
    }
    let bare = bare.json();
    for key in ["\"source\"", "\"timeline\"", "\"wave\""] {
        assert!(!bare.contains(key), "{key}");
    }
}

#[test]
fn json_is_the_report_and_documented() {
    let report = sample("text \"quoted\" \\ \n");
    let json = report.json();
    assert_eq!(serde_json::from_str::<Report>(&json).expect("JSON"), report);
    let manual = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md");
    let manual = std::fs::read_to_string(manual).expect("the manual");
    let mut keys = 0;
    let mut values = vec![serde_json::from_str(&json).expect("JSON")];
    while let Some(value) = values.pop() {
        match value {
            serde_json::Value::Object(object) => {
                for (key, value) in object {
                    assert!(
                        manual.contains(&format!("`{key}`")),
                        "docs/cli.md does not name {key}"
                    );
                    keys += 1;
                    values.push(value);
                }
            }
            serde_json::Value::Array(array) => values.extend(array),
            _ => {}
        }
    }
    assert!(keys > 80, "{keys} keys");
}

#[test]
fn the_last_step_is_the_place() {
    let report = sample("text");
    assert_eq!(report.place(), Some(("hw/text.rs", 88)));
    assert_eq!(bare(&report).place(), None);
    assert_eq!(Report { source: Some(Source { steps: Vec::new() }), ..report }.place(), None);
}

#[test]
fn colours_add_nothing_but_escape_sequences() {
    let report = sample("text");
    let coloured = report.text(Style::Coloured);
    let mut plain = String::new();
    for (index, part) in coloured.split("\x1b[").enumerate() {
        let text = if index == 0 { part } else { part.split_once('m').expect("a sequence").1 };
        plain += text;
    }
    assert_ne!(plain, coloured);
    assert_eq!(plain, report.text(Style::Plain));
}

#[test]
fn a_long_program_has_a_line_each_and_ends() {
    let mut report = sample("text");
    let line = report.program.body[0].clone();
    let other = Line { address: "0x80001004".into(), failing: false, ..line.clone() };
    report.program.body = [vec![line], vec![other; 40]].concat();
    let text = report.text(Style::Plain);
    assert!(text.contains("\n  >         80001000 text\n"), "{text}");
    assert!(text.contains("\n            80001004 text\n            and 17 more\n"), "{text}");
}

#[test]
fn assembly_says_what_it_is_and_stays_comments() {
    let assembly = sample("a\nb").assembly();
    assert!(assembly.starts_with("# a\n# b\n"), "{assembly}");
    assert!(assembly.contains("_start:\n"), "{assembly}");
}
