//! From a proof to what Yosys reads.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use systole_gen::write_files;
use systole_hdl::fault::{FAULT_SELECT, FAULT_SELECT_BITS, inject};
use systole_hdl::ir::{Item, Location, Module, PropertyKind};
use systole_hdl::{Design, check};
use systole_sim::Error;

use super::{Property, Task};

/// The script that Yosys runs.
pub const SCRIPT: &str = "model.ys";
/// The transition system that the script writes.
pub const MODEL: &str = "model.smt2";

/// The design of a proof, with its fault.
pub fn design(task: &Task) -> Result<Design, Error> {
    let wrong = |errors: systole_hdl::Errors| Error::Design(errors.to_string());
    let design = check(&(task.proof.module)()).map_err(wrong)?;
    let design = match task.fault {
        Some(fault) => inject(&design, &[*fault]).map_err(wrong)?,
        None => design,
    };
    Ok(Design::unchecked(demand(&design.top, true, &mut HashMap::new())))
}

/// The module with the assumptions of everything below the proof turned into assertions: what a
/// module expects of its environment, the proof's environment has to do.
fn demand(
    module: &Arc<Module>,
    is_proof: bool,
    done: &mut HashMap<String, Arc<Module>>,
) -> Arc<Module> {
    if let Some(done) = done.get(&module.name) {
        return done.clone();
    }
    let mut copy = Module::clone(module);
    for instance in &mut copy.instances {
        instance.module = demand(&instance.module, false, done);
    }
    for item in &mut copy.items {
        if let Item::Property { kind: kind @ PropertyKind::Assume, .. } = item
            && !is_proof
        {
            *kind = PropertyKind::Assert;
        }
    }
    let copy = Arc::new(copy);
    done.insert(module.name.clone(), copy.clone());
    copy
}

/// Writes Verilog and script into a folder.
pub fn write(design: &Design, folder: &Path, faulty: bool) -> Result<(), Error> {
    let mut files = systole_gen::verilog(design);
    files.retain(|file| file.path.ends_with(".v"));
    let sources: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let text = script(&sources, &design.top.name, faulty);
    files.push(systole_gen::GeneratedFile { path: SCRIPT.into(), text });
    write_files(folder, &files).map_err(|error| Error::Io {
        action: "write",
        path: error.path,
        source: error.source,
    })
}

/// Reset is high in the first cycle and low in all others.
fn script(sources: &[&str], top: &str, faulty: bool) -> String {
    let select = format!(
        "delete -input w:{FAULT_SELECT}\n\
         connect -set {FAULT_SELECT} {FAULT_SELECT_BITS}'d1\n"
    );
    format!(
        "read_verilog -formal -DCHECKS -DFORMAL {}\n\
         hierarchy -check -top {top}\n\
         proc\n\
         flatten\n\
         cd {top}\n\
         {}fminit -seq rst 1'b1,1'b0\n\
         cd ..\n\
         opt -nodffe -nosdff\n\
         memory -nordff -nomap\n\
         memory_map\n\
         async2sync\n\
         chformal -early\n\
         dffunmap\n\
         opt_clean\n\
         write_smt2 -wires {MODEL}\n",
        sources.join(" "),
        if faulty { &select } else { "" },
    )
}

/// The property that a solver names by its path, with the place where it is written.
pub fn property(top: &Module, path: &str) -> Property {
    Property { name: path.to_owned(), location: location(top, path) }
}

fn location(module: &Module, path: &str) -> Option<Location> {
    if let Some((instance, rest)) = path.split_once('.') {
        let instance = module.instances.iter().find(|candidate| candidate.name == instance)?;
        return location(&instance.module, rest);
    }
    module.items.iter().find_map(|item| match item {
        Item::Property { name, location, .. } if name == path => Some(*location),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_is_found_by_its_path() {
        let proof = systole_chip::proofs::find("fifo").expect("there is one");
        let task = Task { proof, fault: None };
        let design = design(&task).expect("well formed");
        let line = |path: &str| property(&design.top, path).location.map(|place| place.file);
        assert!(line("oldest_first").is_some_and(|file| file.ends_with("proofs/fifo.rs")));
        assert!(line("queue.level_in_range").is_some_and(|file| file.ends_with("blocks/fifo.rs")));
        assert_eq!(line("queue.nothing"), None);
    }

    #[test]
    fn the_environment_has_to_do_what_a_module_assumes() {
        let proof = systole_chip::proofs::find("interconnect").expect("there is one");
        let design = design(&Task { proof, fault: None }).expect("well formed");
        let kind = |module: &Module, wanted: &str| {
            module.items.iter().find_map(|item| match item {
                Item::Property { kind, name, .. } if name == wanted => Some(*kind),
                _ => None,
            })
        };
        let below = &design.top.instances[0].module;
        assert_eq!(kind(below, "ram_answers_in_turn"), Some(PropertyKind::Assert));
        assert_eq!(kind(&design.top, "ram_answers_what_it_was_asked"), Some(PropertyKind::Assume));
    }
}
