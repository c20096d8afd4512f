//! The system on chip: hart, NPU, CLINT and what connects them.

pub mod axi;
pub mod bus;
pub mod clint;
pub mod host;
pub mod interconnect;
pub mod map;
mod vivado;
pub mod wishbone;

#[cfg(test)]
mod tests;

use systole_hdl::ir::Direction;
use systole_hdl::prelude::*;

use crate::ChipConfig;
use crate::core::core;
use crate::npu::npu;
pub use axi::systole_axi;
use bus::DataBus;
use clint::clint;
use host::{device_arbiter, host_routes};
use interconnect::data_interconnect;
pub use wishbone::systole_wishbone;

/// The top module `systole_soc`, with the ports of `docs/soc.md`; `rvfi` adds the retire port and
/// those of the NPU's jobs and units. `config` is a validated one; without an NPU there are no ports
/// of it.
pub fn soc(config: &ChipConfig, rvfi: bool) -> Module {
    system(config, rvfi, false)
}

/// The same with what a system around the chip wants of it: `host_*` reaches the devices ([`mod@host`]),
/// `external_interrupt` goes to the hart, `npu_interrupt` the NPU's.
pub fn soc_with_host(config: &ChipConfig) -> Module {
    system(config, false, true)
}

fn system(config: &ChipConfig, rvfi: bool, with_host: bool) -> Module {
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
        let to_timer = DataBus::of_instance(&routes, "clint", map::CLINT_ADDRESS_BITS);
        let mut devices = vec![("clint", to_timer, timer, "bus")];
        if let Some((unit, _)) = unit {
            let to_npu = DataBus::of_instance(&routes, "npu", map::NPU_ADDRESS_BITS);
            devices.push(("npu", to_npu, unit, "reg"));
        }
        if with_host {
            host(m, &devices);
        } else {
            for (_, from_hart, device, port) in devices {
                from_hart.into_instance(&device, port);
            }
        }

        m.section("Interrupts");
        hart.pin("timer_interrupt", timer.out("timer_interrupt"));
        hart.pin("software_interrupt", timer.out("software_interrupt"));
        hart.pin("external_interrupt", external_interrupt(m, unit, with_host));
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

/// What interrupts the hart from outside: the NPU, and the system around.
fn external_interrupt(m: M, unit: Option<(Instance, &Module)>, with_host: bool) -> Signal {
    if !with_host {
        return of_npu(unit, "interrupt");
    }
    let external = m.input("external_interrupt", Bit).doc("of the system around");
    let Some((unit, _)) = unit else { return external };
    let of_npu = unit.out_as("interrupt", "interrupt_of_npu");
    m.output("npu_interrupt", of_npu);
    of_npu | external
}

/// A line that the NPU raises; 0 without one.
fn of_npu(unit: Option<(Instance, &Module)>, name: &str) -> Signal {
    unit.map_or_else(|| lit(0, Bit), |(unit, _)| unit.out(name))
}

/// The port `host_*`, which shares the devices with the hart: the name of each, what the hart asks of
/// it, itself, and the prefix of its port.
fn host(m: M, devices: &[(&str, DataBus, Instance, &str)]) {
    m.section("Accesses of a host");
    let host = DataBus::sink(m, "host", host::ADDRESS_BITS);
    let routes = m.instance("host_routes", &host_routes(devices.len() > 1));
    host.into_instance(&routes, "host");
    for &(name, from_hart, device, port) in devices {
        let bits = from_hart.req_address.width();
        let name_of_arbiter = format!("{name}_arbiter");
        let arbiter = m.instance(&name_of_arbiter, &device_arbiter(&name_of_arbiter, bits));
        from_hart.into_instance(&arbiter, "hart");
        DataBus::of_instance(&routes, name, bits).into_instance(&arbiter, "host");
        DataBus::of_instance(&arbiter, "device", bits).into_instance(&device, port);
    }
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
