"""Systole as a CPU of LiteX.

LiteX finds it when it is started in the folder above this one:

    litex_sim --cpu-type systole
"""

import os

from migen import *

from litex.soc.interconnect import wishbone
from litex.soc.cores.cpu import CPU, CPU_GCC_TRIPLE_RISCV32

# Where the hart begins; its CLINT is at 0x0200_0000{% if beat_bits > 0 %}, the NPU's registers at 0x4000_0000{% endif %}.
RESET_ADDRESS = 0x8000_0000


class Systole(CPU):
    category             = "softcore"
    family               = "riscv"
    name                 = "systole"
    human_name           = "Systole"
    variants             = ["standard"]
    data_width           = 32
    endianness           = "little"
    gcc_triple           = CPU_GCC_TRIPLE_RISCV32
    linker_output_format = "elf32-littleriscv"
    nop                  = "nop"
    io_regions           = {0xf000_0000: 0x1000_0000}
    mem_map              = {
        "rom":      RESET_ADDRESS,
        "sram":     0x8100_0000,
        "main_ram": 0x9000_0000,
        "csr":      0xf000_0000,
    }

    @property
    def gcc_flags(self):
        return "-march={{ isa }} -mabi=ilp32 -D__systole__"

    def __init__(self, platform, variant="standard"):
        self.platform = platform
        self.variant  = variant
        self.reset    = Signal()

        # {% if beat_bits > 0 %}An interrupt of the hart, and the NPU's for others{% else %}An interrupt of the hart{% endif %}; LiteX's software polls.
        self.external_interrupt = Signal()
{%- if beat_bits > 0 %}
        self.npu_interrupt      = Signal()
{%- endif %}

        self.ibus = ibus = wishbone.Interface(data_width={{ fetch_bits }}, address_width=32)
        self.dbus = dbus = wishbone.Interface(data_width=32, address_width=32)
{%- if beat_bits > 0 %}
        self.npu  = npu  = wishbone.Interface(data_width={{ beat_bits }}, address_width=32)
{%- endif %}
        # A port for another master to {% if beat_bits > 0 %}NPU and {% endif %}CLINT: connect it with add_slave if there is one.
        self.host = host = wishbone.Interface(data_width=32, address_width=32)
        self.periph_buses = [ibus, dbus{% if beat_bits > 0 %}, npu{% endif %}]
        self.memory_buses = []

        # The chip has addresses of bytes, LiteX those of words.
        addresses = {}
        for bus in self.periph_buses:
            addresses[bus] = Signal(32)
            self.comb += bus.adr.eq(addresses[bus][log2_int(bus.data_width//8):])

        self.cpu_params = dict(
            i_clk = ClockSignal("sys"),
            i_rst = ResetSignal("sys") | self.reset,

            i_external_interrupt = self.external_interrupt,
{%- if beat_bits > 0 %}
            o_npu_interrupt      = self.npu_interrupt,
{%- endif %}

            # LiteX ends what fails with both, `ack` and `err`.
            o_wbm_ibus_cyc_o = ibus.cyc,
            o_wbm_ibus_stb_o = ibus.stb,
            o_wbm_ibus_adr_o = addresses[ibus],
            o_wbm_ibus_we_o  = ibus.we,
            o_wbm_ibus_sel_o = ibus.sel,
            i_wbm_ibus_ack_i = ibus.ack & ~ibus.err,
            i_wbm_ibus_err_i = ibus.err,
            i_wbm_ibus_dat_i = ibus.dat_r,

            o_wbm_dbus_cyc_o = dbus.cyc,
            o_wbm_dbus_stb_o = dbus.stb,
            o_wbm_dbus_adr_o = addresses[dbus],
            o_wbm_dbus_we_o  = dbus.we,
            o_wbm_dbus_sel_o = dbus.sel,
            o_wbm_dbus_dat_o = dbus.dat_w,
            i_wbm_dbus_ack_i = dbus.ack & ~dbus.err,
            i_wbm_dbus_err_i = dbus.err,
            i_wbm_dbus_dat_i = dbus.dat_r,
{%- if beat_bits > 0 %}

            o_wbm_npu_cyc_o = npu.cyc,
            o_wbm_npu_stb_o = npu.stb,
            o_wbm_npu_adr_o = addresses[npu],
            o_wbm_npu_we_o  = npu.we,
            o_wbm_npu_sel_o = npu.sel,
            o_wbm_npu_dat_o = npu.dat_w,
            i_wbm_npu_ack_i = npu.ack & ~npu.err,
            i_wbm_npu_err_i = npu.err,
            i_wbm_npu_dat_i = npu.dat_r,
{%- endif %}

            i_wbs_cyc_i = host.cyc,
            i_wbs_stb_i = host.stb,
            i_wbs_adr_i = Cat(Constant(0, 2), host.adr[:15]),
            i_wbs_we_i  = host.we,
            i_wbs_sel_i = host.sel,
            i_wbs_dat_i = host.dat_w,
            o_wbs_ack_o = host.ack,
            o_wbs_err_o = host.err,
            o_wbs_dat_o = host.dat_r,
        )
        self.add_sources(platform)

    def set_reset_address(self, reset_address):
        self.reset_address = reset_address
        assert reset_address == RESET_ADDRESS, "the hart begins at 0x80000000"

    @staticmethod
    def add_sources(platform):
        folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        with open(os.path.join(folder, "files.f")) as listing:
            names = [line.strip() for line in listing]
        for name in names:
            if name and not name.startswith("//"):
                platform.add_source(os.path.join(folder, name))

    def do_finalize(self):
        assert hasattr(self, "reset_address")
        self.specials += Instance("{{ top }}", **self.cpu_params)
