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
