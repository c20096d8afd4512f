//! Routing of the hart's data accesses outside the SoC.

use systole_hdl::prelude::*;

use super::map::{DEVICE_ADDRESS_BITS, GPIO_BASE, UART_BASE};
use crate::soc::bus::DataBus;

/// Module `board_data_bus`: the accesses of `hart` go to the `uart`, to the `gpio`, or to the
/// memory at `ram`, which answers unmapped ones with an error.
///
/// Every access takes its turn at the memory, whatever its address, which is one that the memory
/// refuses when a device is meant: so who is served next does not wait for the address. All targets
/// answer in the cycle after a transfer, thus in order.
pub fn data_bus() -> Module {
    module("board_data_bus", |m| {
        m.doc("Routes the hart's data accesses to memory and devices.");
        let hart = DataBus::sink(m, "hart", 32);
        let ram = DataBus::source(m, "ram", 32);
        let uart = DataBus::source(m, "uart", DEVICE_ADDRESS_BITS);
        let gpio = DataBus::source(m, "gpio", DEVICE_ADDRESS_BITS);

        m.section("Requests");
        let page = hart.req_address.bits(31, DEVICE_ADDRESS_BITS).named("page");
        let at_uart = page.eq(UART_BASE >> DEVICE_ADDRESS_BITS).named("at_uart");
        let at_gpio = page.eq(GPIO_BASE >> DEVICE_ADDRESS_BITS).named("at_gpio");
        let taken = (hart.req_valid & hart.req_ready).named("taken");
        hart.req_ready.drive(ram.req_ready);
        for (target, valid) in
            [(ram, hart.req_valid), (uart, taken & at_uart), (gpio, taken & at_gpio)]
        {
            target.req_valid.drive(valid);
            target.req_address.drive(hart.req_address.resize(target.req_address.width()));
            target.req_write.drive(hart.req_write);
            target.req_wdata.drive(hart.req_wdata);
            target.req_wstrb.drive(hart.req_wstrb);
        }

        m.section("Responses");
        let from_uart = m.reg("from_uart", Bit);
        let from_gpio = m.reg("from_gpio", Bit);
        m.clocked(|| {
            from_uart.set(at_uart);
            from_gpio.set(at_gpio);
        });
        let answer =
            |uart: Signal, gpio: Signal, ram: Signal| from_uart.mux(uart, from_gpio.mux(gpio, ram));
        hart.rsp_valid.drive(ram.rsp_valid);
        hart.rsp_rdata.drive(answer(uart.rsp_rdata, gpio.rsp_rdata, ram.rsp_rdata));
        hart.rsp_error.drive(answer(uart.rsp_error, gpio.rsp_error, ram.rsp_error));

        m.assume("devices_are_always_ready", uart.req_ready & gpio.req_ready);
        let answered = answer(uart.rsp_valid, gpio.rsp_valid, ram.rsp_valid);
        m.assume("answers_come_together", ram.rsp_valid.eq(answered));
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::soc::map::RAM_BASE;

    const TARGETS: [&str; 3] = ["ram", "uart", "gpio"];

    /// One access, which the memory lets wait for `waits` cycles: which targets saw it, in the
    /// cycle in which it was taken, and the response when each answers with its number.
    fn access(sim: &mut Interpreter, address: u32, waits: u32) -> (Vec<&'static str>, u64, bool) {
        sim.set("hart_req_valid", 1);
        sim.set("hart_req_address", u64::from(address));
        for _ in 0..waits {
            assert_eq!(sim.get("hart_req_ready"), 0);
            assert_eq!((sim.get("uart_req_valid"), sim.get("gpio_req_valid")), (0, 0));
            sim.step();
        }
        sim.set("ram_req_ready", 1);
        assert_eq!(sim.get("hart_req_ready"), 1);
        let saw = |target: &&str| sim.get(&format!("{target}_req_valid")) == 1;
        let seen: Vec<_> = TARGETS.into_iter().filter(saw).collect();
        for target in &seen {
            let bits = sim.get(&format!("{target}_req_address"));
            assert_eq!(bits & 0xfff, u64::from(address & 0xfff));
        }
        sim.step();
        sim.set("hart_req_valid", 0);
        sim.set("ram_req_ready", 0);
        for (number, target) in TARGETS.into_iter().enumerate() {
            let answers = u64::from(seen.contains(&target));
            sim.set(&format!("{target}_rsp_valid"), answers);
            sim.set(&format!("{target}_rsp_rdata"), number as u64);
            sim.set(&format!("{target}_rsp_error"), u64::from(target == "ram"));
        }
        assert_eq!(sim.get("hart_rsp_valid"), 1);
        let response = (sim.get("hart_rsp_rdata"), sim.get("hart_rsp_error") == 1);
        sim.step();
        TARGETS.iter().for_each(|target| sim.set(&format!("{target}_rsp_valid"), 0));
        assert_eq!(sim.get("hart_rsp_valid"), 0);
        (seen, response.0, response.1)
    }

    #[test]
    fn each_device_has_its_page_and_the_memory_all_the_rest() {
        let mut sim = Interpreter::new(&check(&data_bus()).unwrap());
        for device in ["uart", "gpio"] {
            sim.set(&format!("{device}_req_ready"), 1);
        }
        sim.reset();
        let both = |device| vec!["ram", device];
        for waits in 0..3 {
            for (base, device, number) in [(UART_BASE, "uart", 1), (GPIO_BASE, "gpio", 2)] {
                for offset in [0, 4, 0xffc] {
                    let found = access(&mut sim, base + offset, waits);
                    assert_eq!(found, (both(device), number, false), "{device} + {offset:#x}");
                }
            }
            let others = [RAM_BASE, 0, UART_BASE - 4, UART_BASE + 0x1000, GPIO_BASE + 0x1000];
            for address in others {
                assert_eq!(access(&mut sim, address, waits), (vec!["ram"], 0, true));
            }
        }
        assert!(sim.failed().is_empty(), "{:?}", sim.failed());
    }
}
