import cocotb

from common import Hart, Memory, started
from wishbone import WishboneMemory


@cocotb.test()
@cocotb.parametrize(patience=[0, 3])
async def accesses_reach_a_slave(dut, patience):
    await started(dut, bus_req_valid=0, wbm_ack_i=0, wbm_err_i=0)
    WishboneMemory(dut, "wbm", Memory(), 1, patience)
    await Hart(dut, patience).run(70)
