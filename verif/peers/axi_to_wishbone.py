from random import Random

import cocotb
from cocotbext.axi import AxiBus, AxiMaster

from axi import access, channels_of, stand_still
from common import BAD, Memory, started
from wishbone import WishboneMemory

BURSTS = 100


@cocotb.test()
@cocotb.parametrize(percent=[0, 50])
async def bursts_reach_a_slave(dut, percent):
    quiet = {f"s_axi_{name}": 0 for name in ["arvalid", "awvalid", "wvalid", "rready", "bready"]}
    await started(dut, wbm_ack_i=0, wbm_err_i=0, **quiet)
    memory, model, random = Memory(), Memory(), Random(percent)
    WishboneMemory(dut, "wbm", memory, 1, percent // 20)
    master = AxiMaster(AxiBus.from_prefix(dut, "s_axi"), dut.clk, max_burst_len=16)
    # The bridge has no IDs.
    master.write_if.id_count = master.read_if.id_count = 1
    stand_still(channels_of(master), percent)
    for _ in range(BURSTS):
        address = random.randrange(0x2000) | random.choice([0, 0, 0, BAD])
        length = random.randrange(1, 200)
        await access(master, model, random, address, length, fails=address & BAD != 0)
