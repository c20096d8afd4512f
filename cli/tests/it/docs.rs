//! The documents name files that exist and commands that work.

use std::path::{Path, PathBuf};

use crate::support::*;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn documents() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = [".", "docs", "docs/decisions"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(root().join(folder)).expect("a folder"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    found.sort();
    found
}

#[test]
fn links_lead_to_files() {
    let mut links = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).expect("a text file");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("http") {
                continue;
            }
            let target = document.with_file_name(link.split('#').next().unwrap_or_default());
            assert!(target.exists(), "{}: no {link}", document.display());
            links += 1;
        }
    }
    assert!(links > 40, "only {links} links seen");
}

#[test]
fn the_commands_of_the_readme_exist() {
    let folder = folder();
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let code = readme.split("```").skip(1).step_by(2).flat_map(str::lines);
    let mut commands = 0;
    for line in code {
        let line = line.split(" # ").next().unwrap_or_default();
        let command =
            line.strip_prefix("systole ").or(line.strip_prefix("cargo run --release -- "));
        let Some(command) = command else { continue };
        let mut words = command.split_whitespace();
        let subcommand = words.next().unwrap_or_default();
        let help = run(folder.path(), &format!("{subcommand} --help")).code(0).stdout;
        for option in words.filter(|word| word.starts_with("--")) {
            assert!(help.contains(option), "{subcommand} has no {option}");
        }
        commands += 1;
    }
    assert!(commands >= 8, "only {commands} commands seen");
}
