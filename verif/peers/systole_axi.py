import cocotb
from cocotbext.axi import AxiBus, AxiLiteBus, AxiLiteMaster, AxiLiteRam, AxiLiteRamRead
from cocotbext.axi import AxiLiteReadBus, AxiRam, AxiResp
from cocotbext.axi.sparse_memory import SparseMemory

import chip
from axi import channels_of, stand_still
from common import started


@cocotb.test()
@cocotb.parametrize(percent=[0, 50])
async def a_host_starts_a_job_beside_the_hart(dut, percent):
    memory = SparseMemory(2**32)
    ram = {"size": 2**32, "mem": memory}
    data = chip.fill(lambda address, contents: memory.write(address, contents))
    quiet = {f"m_axi_{name}": 0 for name in ["arready", "awready", "wready", "rvalid", "bvalid"]}
    for bus in ["m_axil_ibus_ar", "m_axil_dbus_ar", "m_axil_dbus_aw", "m_axil_dbus_w"]:
        quiet[f"{bus}ready"] = 0
    for bus in ["m_axil_ibus_r", "m_axil_dbus_r", "m_axil_dbus_b", "s_axil_ar", "s_axil_aw", "s_axil_w"]:
        quiet[f"{bus}valid"] = 0
    await started(dut, external_interrupt=0, **quiet)
    npu = AxiRam(AxiBus.from_prefix(dut, "m_axi"), dut.clk, **ram)
    fetch = AxiLiteRamRead(AxiLiteReadBus.from_prefix(dut, "m_axil_ibus"), dut.clk, **ram)
    loads = AxiLiteRam(AxiLiteBus.from_prefix(dut, "m_axil_dbus"), dut.clk, **ram)
    host = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.clk)
    channels = [fetch.ar_channel, fetch.r_channel]
    for both in [npu, loads, host]:
        channels += channels_of(both)
    stand_still(channels, percent)

    async def read(offset):
        return int.from_bytes((await host.read(offset, 4)).data, "little")

    async def write(offset, word):
        assert (await host.write(offset, word.to_bytes(4, "little"))).resp == AxiResp.OKAY

    async def fails(offset):
        assert (await host.read(offset, 4)).resp == AxiResp.SLVERR
        assert (await host.write(offset, bytes(4))).resp == AxiResp.SLVERR

    peek = lambda address, length: bytes(memory.read(address, length))
    await chip.exercise(dut, read, write, fails, peek, data)
