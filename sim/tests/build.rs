//! Tools that are there or not, and the cache.

mod common;

use std::ffi::OsString;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::*;
use systole_sim::{Dut, Error, Settings, StopReason, Variant, Verilator, build_model, silent};

/// Settings with an empty cache, and the tools that the other tests use.
fn empty_cache(folder: &tempfile::TempDir) -> Settings {
    let program = Verilator::provide(&settings(), &silent).unwrap().program;
    Settings { cache: folder.path().into(), verilator: Some(program), ..settings() }
}

fn failure(settings: &Settings) -> Error {
    build_model(settings, &model(&verilog(), Variant::default()), &silent).err().unwrap()
}

#[test]
fn the_second_build_comes_from_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let settings = empty_cache(&folder);
    let verilog = verilog();
    let compilations = AtomicUsize::new(0);
    let build = |verilog: &[(String, String)]| {
        let count = |phase: &str, _: f32| {
            if phase.starts_with("Verilog") {
                compilations.fetch_add(1, Ordering::Relaxed);
            }
        };
        build_model(&settings, &model(verilog, Variant::default()), &count).unwrap()
    };
    let first = build(&verilog);
    assert_eq!(first.path(), build(&verilog).path());
    assert_eq!(compilations.load(Ordering::Relaxed), 1);
    let mut other = verilog.clone();
    other[0].1.push_str("// one more line\n");
    assert_ne!(build(&other).path(), first.path());
    assert_eq!(compilations.load(Ordering::Relaxed), 2);
}

#[test]
fn concurrent_builds_of_one_model_share_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let settings = empty_cache(&folder);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let verilog = verilog();
                let model = model(&verilog, Variant::default());
                let library = build_model(&settings, &model, &silent).unwrap();
                let mut dut = Dut::new(&library).unwrap();
                load(&mut dut, &[jump(0)]);
                assert_eq!(dut.run(100), StopReason::Limit);
            });
        }
    });
    let models = fs::read_dir(folder.path().join("models")).unwrap();
    let folders = models.filter(|entry| entry.as_ref().unwrap().path().is_dir());
    assert_eq!(folders.count(), 1, "one entry and no temporary folders");
}

#[test]
fn progress_goes_forward_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let steps = std::sync::Mutex::new(Vec::new());
    let note =
        |phase: &str, fraction: f32| steps.lock().unwrap().push((phase.to_owned(), fraction));
    build_model(&empty_cache(&folder), &model(&verilog(), Variant::default()), &note).unwrap();
    let steps = steps.into_inner().unwrap();
    assert!(steps.iter().any(|(phase, _)| phase == "compile C++"), "{steps:?}");
    assert_eq!(steps.last().unwrap().1, 1.0);
}

#[test]
fn a_missing_compiler_is_named_with_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let named = Settings { cxx: Some("/nonexistent".into()), ..empty_cache(&folder) };
    let error = failure(&named);
    assert!(error.is_tool());
    let text = error.to_string();
    assert!(text.contains("CXX is `/nonexistent`") && text.contains("apt install g++"), "{text}");
    let none = Settings { cxx: None, path: OsString::new(), ..named };
    let text = failure(&none).to_string();
    assert!(text.contains("no C++ compiler") && text.contains("xcode-select"), "{text}");
}

#[test]
fn a_compiler_that_fails_is_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let settings =
        Settings { cxx: Some("g++ -include /nonexistent.h".into()), ..empty_cache(&folder) };
    let text = failure(&settings).to_string();
    assert!(text.contains("/nonexistent.h"), "{text}");
}

#[test]
fn without_python_the_message_says_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        cache: folder.path().into(),
        verilator: None,
        path: OsString::new(),
        ..settings()
    };
    let error = Verilator::provide(&settings, &silent).unwrap_err();
    assert!(error.is_tool());
    let text = error.to_string();
    assert!(text.contains("no python3") && text.contains("apt install python3-pip"), "{text}");
    assert!(text.contains("SYSTOLE_VERILATOR"), "{text}");
}

#[cfg(unix)]
mod fake_tools {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    /// A folder with one shell script in it.
    fn script(folder: &Path, name: &str, text: &str) {
        let path = folder.join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn only(folder: &tempfile::TempDir) -> Settings {
        Settings {
            cache: folder.path().join("cache"),
            verilator: None,
            path: folder.path().into(),
            ..settings()
        }
    }

    #[test]
    fn a_failing_pip_is_quoted_with_ways_out() {
        let folder = tempfile::tempdir().unwrap();
        script(
            folder.path(),
            "python3",
            "case \"$*\" in *--version*) exit 0;; esac; echo 'Could not connect' >&2; exit 1",
        );
        let text = Verilator::provide(&only(&folder), &silent).unwrap_err().to_string();
        assert!(text.contains("Could not connect") && text.contains("PIP_INDEX_URL"), "{text}");
        assert!(text.contains("verilator.org"), "{text}");
    }

    #[test]
    fn a_python_without_pip_and_venv_is_named() {
        let folder = tempfile::tempdir().unwrap();
        script(folder.path(), "python3", "exit 1");
        let text = Verilator::provide(&only(&folder), &silent).unwrap_err().to_string();
        assert!(text.contains("neither pip nor a working venv"), "{text}");
    }

    #[test]
    fn an_old_verilator_on_the_path_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("include")).unwrap();
        fs::write(folder.path().join("include/verilated.h"), "").unwrap();
        let answer = |version: &str| {
            let root = folder.path().display();
            format!("case $1 in --version) echo '{version}';; *) echo '{root}';; esac")
        };
        script(folder.path(), "verilator", &answer("Verilator 4.038 2020-07-11"));
        assert_eq!(Verilator::find(&only(&folder)).unwrap(), None);
        script(folder.path(), "verilator", &answer("Verilator 5.020 2024-01-01"));
        let found = Verilator::find(&only(&folder)).unwrap().unwrap();
        assert_eq!(
            (found.root.as_path(), found.version.as_str()),
            (folder.path(), "Verilator 5.020 2024-01-01")
        );

        script(folder.path(), "verilator", &answer("Verilator 4.038 2020-07-11"));
        let mut named = only(&folder);
        named.verilator = Some(folder.path().join("verilator"));
        let text = Verilator::find(&named).unwrap_err().to_string();
        assert!(text.contains("needs 5.0 or newer"), "{text}");
        named.verilator = Some("/nonexistent".into());
        let text = Verilator::find(&named).unwrap_err().to_string();
        assert!(text.contains("SYSTOLE_VERILATOR is `/nonexistent`"), "{text}");
    }
}

#[test]
fn wrong_verilog_is_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let verilog = vec![("systole_soc.v".to_owned(), "module systole_soc(;".to_owned())];
    let model = model(&verilog, Variant::default());
    let text = build_model(&empty_cache(&folder), &model, &silent).err().unwrap().to_string();
    assert!(text.contains("syntax error"), "{text}");
}
