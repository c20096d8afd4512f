import cocotb
from cocotbext.axi import AxiLiteBus, AxiLiteSlave

from axi import channels_of, stand_still
from common import Hart, Memory, started


@cocotb.test()
@cocotb.parametrize(percent=[0, 30, 80])
async def accesses_reach_a_slave(dut, percent):
    await started(dut, bus_req_valid=0)
    slave = AxiLiteSlave(AxiLiteBus.from_prefix(dut, "m_axil"), dut.clk, target=Memory())
    for channel in channels_of(slave):
        channel.log.setLevel("WARNING")
    stand_still(channels_of(slave), percent)
    await Hart(dut, percent).run(100 - percent // 2)
