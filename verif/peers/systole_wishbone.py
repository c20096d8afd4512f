import cocotb
from cocotbext.wishbone.driver import WBOp, WishboneMaster

import chip
from common import Memory, started
from wishbone import WishboneMemory
from wishbone_slave import SIGNALS


@cocotb.test()
@cocotb.parametrize(patience=[0, 2])
async def a_host_starts_a_job_beside_the_hart(dut, patience):
    memory = Memory()
    data = chip.fill(memory.store)
    buses = ["wbm_ibus", "wbm_dbus", "wbm_npu"]
    quiet = {f"{bus}_{end}_i": 0 for bus in buses for end in ["ack", "err"]}
    await started(dut, external_interrupt=0, wbs_cyc_i=0, wbs_stb_i=0, **quiet)
    for seed, bus in enumerate(buses):
        WishboneMemory(dut, bus, memory, seed, patience)
    host = WishboneMaster(dut, "wbs", dut.clk, timeout=50, signals_dict=SIGNALS)
    host.log.setLevel("WARNING")

    async def read(offset):
        [result] = await host.send_cycle([WBOp(offset)])
        assert result.ack == 1
        return result.datrd.to_unsigned()

    async def write(offset, word):
        [result] = await host.send_cycle([WBOp(offset, word)])
        assert result.ack == 1

    async def fails(offset):
        for operation in [WBOp(offset), WBOp(offset, 0)]:
            [result] = await host.send_cycle([operation])
            assert result.ack == 2

    await chip.exercise(dut, read, write, fails, memory.load, data)
