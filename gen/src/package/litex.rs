//! A CPU for LiteX: the folder `systole`, which LiteX finds in the folder that it is started in.

use askama::Template;

use super::Package;
use crate::{GeneratedFile, rendered};

/// Below the folder of the Verilog; LiteX wants it called like the class in `core.py`, in lower case.
const FOLDER: &str = "systole";

/// All files of the CPU, for a chip with Wishbone.
pub fn print(package: &Package) -> Vec<GeneratedFile> {
    let core = Core {
        top: package.top(),
        isa: package.isa,
        fetch_bits: package.width("wbm_ibus_dat_i"),
        beat_bits: package.width("wbm_npu_dat_i"),
    };
    let files = [
        ("core.py", rendered(&core)),
        ("__init__.py", "from systole.core import Systole\n".to_owned()),
        ("crt0.S", rendered(&Start)),
        ("boot-helper.S", rendered(&BootHelper)),
        ("system.h", rendered(&System)),
        ("irq.h", rendered(&Irq)),
    ];
    let file = |(name, text)| GeneratedFile { path: format!("{FOLDER}/{name}"), text };
    files.into_iter().map(file).collect()
}

#[derive(Template)]
#[template(path = "package/litex/core.py", escape = "none")]
struct Core<'a> {
    top: &'a str,
    isa: &'a str,
    fetch_bits: u32,
    beat_bits: u32,
}

#[derive(Template)]
#[template(path = "package/litex/crt0.S", escape = "none")]
struct Start;

#[derive(Template)]
#[template(path = "package/litex/boot-helper.S", escape = "none")]
struct BootHelper;

#[derive(Template)]
#[template(path = "package/litex/system.h", escape = "none")]
struct System;

#[derive(Template)]
#[template(path = "package/litex/irq.h", escape = "none")]
struct Irq;
