//! The system on chip: hart, NPU, CLINT and what connects them.

pub mod bus;
pub mod clint;
pub mod interconnect;
pub mod map;

#[cfg(test)]
mod tests;

use systole_hdl::ir::Direction;
use systole_hdl::prelude::*;

use crate::ChipConfig;
use crate::core::core;
use crate::npu::npu;
use bus::DataBus;
use clint::clint;
use interconnect::data_interconnect;

/// The top module `systole_soc`, with the ports of `docs/soc.md`; `rvfi` adds the retire port and
/// those of the NPU's jobs and units. `config` is a validated one; without an NPU there are no ports
/// of it.
pub fn soc(config: &ChipConfig, rvfi: bool) -> Module {
    let core = core(&config.core, rvfi);
    let npu = config.has_npu().then(|| npu(&config.npu, rvfi));
    module("systole_soc", |m| {
        m.doc(match npu {
            Some(_) => "Systole: a RISC-V hart and an int8 inference unit.",
            None => "Systole: a RISC-V hart.",
        });
        let hart = m.instance("hart", &core);
        export(m, hart, &core, "ibus_");
        let dbus = DataBus::source(m, "dbus", 32);
        let unit = npu.as_ref().map(|npu| (m.instance("npu", npu), npu));
        if let Some((unit, npu)) = unit {
            export(m, unit, npu, "m_axi_");
            burst_form(m, config);
        }

        m.section("Data accesses of the hart");
        let routes = m.instance("data_bus", &data_interconnect(config.has_npu()));
        DataBus::of_instance(&hart, "dbus", 32).into_instance(&routes, "hart");
        routes.pin("hart_req_partial", hart.out("dbus_req_partial"));
        DataBus::of_instance(&routes, "ram", 32).connect_to(dbus);
        let timer = m.instance("timer", &clint());
        DataBus::of_instance(&routes, "clint", map::CLINT_ADDRESS_BITS)
            .into_instance(&timer, "bus");
        if let Some((unit, _)) = unit {
            DataBus::of_instance(&routes, "npu", map::NPU_ADDRESS_BITS).into_instance(&unit, "reg");
        }

        m.section("Interrupts");
        hart.pin("timer_interrupt", timer.out("timer_interrupt"));
        hart.pin("software_interrupt", timer.out("software_interrupt"));
        hart.pin("external_interrupt", of_npu(unit, "interrupt"));
        if config.core.zicntr {
            hart.pin("mtime", timer.out("mtime"));
        } else {
            timer.unused("mtime");
        }
        if config.core.atomics {
            hart.pin("reservation_kill", of_npu(unit, "writing"));
        } else if let Some((unit, _)) = unit {
            unit.unused("writing");
        }

        if rvfi {
            m.section("Retire port");
            export(m, hart, &core, "rvfi_");
            if let Some((unit, npu)) = unit {
                export(m, unit, npu, "npu_job_");
                export(m, unit, npu, "npu_unit_");
            }
        }
    })
}

/// A line that the NPU raises; 0 without one.
fn of_npu(unit: Option<(Instance, &Module)>, name: &str) -> Signal {
    unit.map_or_else(|| lit(0, Bit), |(unit, _)| unit.out(name))
}

/// What AXI4 wants to know of every burst and never changes: full-width beats at rising addresses.
fn burst_form(m: M, config: &ChipConfig) {
    const INCR: i64 = 1;
    let beat_bytes = config.npu.bus_bits / 8;
    for channel in ["ar", "aw"] {
        m.output(format!("m_axi_{channel}size"), lit(i64::from(beat_bytes.ilog2()), U(3)));
        m.output(format!("m_axi_{channel}burst"), lit(INCR, U(2)));
    }
}

/// Makes the ports of a child whose names start with `prefix` ports of the module being built.
fn export(m: M, instance: Instance, child: &Module, prefix: &str) {
    for port in child.ports().filter(|port| port.name.starts_with(prefix)) {
        match port.port {
            Some(Direction::Input) => {
                instance.pin(&port.name, m.input(&port.name, port.ty).doc(&port.doc));
            }
            _ => {
                m.output(&port.name, instance.out(&port.name)).doc(&port.doc);
            }
        }
    }
}
