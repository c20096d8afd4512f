import cocotb
from cocotbext.axi import AxiLiteReadBus, AxiLiteSlaveRead

from common import Hart, Memory, pauses, started


@cocotb.test()
@cocotb.parametrize(percent=[0, 30, 80])
async def fetches_reach_a_slave(dut, percent):
    await started(dut, bus_req_valid=0)
    slave = AxiLiteSlaveRead(AxiLiteReadBus.from_prefix(dut, "m_axil"), dut.clk, target=Memory())
    for seed, channel in enumerate([slave.ar_channel, slave.r_channel]):
        channel.set_pause_generator(pauses(seed, percent))
    await Hart(dut, percent, writes=False).run(100 - percent // 2)
