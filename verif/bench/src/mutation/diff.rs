//! A mutant to read: its Verilog before and after.

use std::sync::Arc;

use systole_hdl::mutate::{self, Mutant};
use systole_hdl::{Design, ir};

/// Lines of Verilog that a mutant changes: those of the design with `-`, its own with `+`. Comments
/// are left out.
pub fn diff(design: &Design, mutant: &Mutant) -> Vec<String> {
    let module = design.modules().iter().find(|module| module.name == mutant.module);
    let Some(module) = module else { return Vec::new() };
    let old = verilog(module.clone());
    let new = verilog(Arc::new(mutate::fixed(module, mutant)));
    changed_lines(&old, &new)
}

/// The lines of a module, without comments and the sink of what is not used.
fn verilog(module: Arc<ir::Module>) -> Vec<String> {
    let file = format!("{}.v", module.name);
    let files = systole_gen::verilog(&Design::unchecked(module));
    let text = files.into_iter().find(|one| one.path == file).map_or(String::new(), |one| one.text);
    let code = |line: &str| line.split("//").next().unwrap_or_default().trim().to_owned();
    let says = |line: &String| !line.is_empty() && !line.starts_with("wire _unused");
    text.lines().map(code).filter(says).collect()
}

/// The lines that are only in one of the texts: what is left without a longest common subsequence.
fn changed_lines(old: &[String], new: &[String]) -> Vec<String> {
    let same = |(a, b): &(&String, &String)| a == b;
    let begin = old.iter().zip(new).take_while(same).count();
    let (old, new) = (&old[begin..], &new[begin..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(same).count();
    let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
    // common[i][j] is the length of that of old[i..] and new[j..].
    let mut common = vec![vec![0u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = if old[i] == new[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            lines.push(format!("- {}", old[i]));
            i += 1;
        } else {
            lines.push(format!("+ {}", new[j]));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use systole_hdl::prelude::*;

    #[test]
    fn a_mutant_is_shown_as_the_line_that_it_changes() {
        let adder = module("adder", |m| {
            let (a, b) = (m.input("a", U(8)), m.input("b", U(8)));
            m.output("low", a.bits(3, 0));
            m.output("sum", a + b);
        });
        let design = check(&adder).expect("a good design");
        let all = mutate::mutants(&design);
        let minus = all.iter().find(|mutant| mutant.description.starts_with("`+`"));
        let lines = diff(&design, minus.expect("there is one"));
        assert_eq!(lines, ["- assign sum = a + b;", "+ assign sum = a - b;"]);
    }

    #[test]
    fn lines_between_two_changes_are_left_out() {
        let text = |lines: &str| lines.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let lines = changed_lines(&text("a b c d e f"), &text("a x c d f g"));
        assert_eq!(lines, ["- b", "+ x", "- e", "+ g"]);
    }
}
