from random import Random

import cocotb
from cocotbext.axi import AxiLiteBus, AxiLiteMaster

from axi import access, channels_of, stand_still
from common import ACCESSES, Device, Memory, started


@cocotb.test()
@cocotb.parametrize(percent=[0, 30, 80])
async def a_master_reaches_the_device(dut, percent):
    await started(dut, s_axil_arvalid=0, s_axil_awvalid=0, s_axil_wvalid=0)
    master = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.clk)
    stand_still(channels_of(master), percent)
    Device(dut, percent)
    model, random = Memory(), Random(percent)
    for _ in range(ACCESSES):
        # The device refuses addresses with bit 12.
        address = random.randrange(16) * 4 | random.choice([0, 0, 0, 0x1000])
        length = random.randrange(1, 5)
        await access(master, model, random, address, length, fails=address & 0x1000 != 0)
