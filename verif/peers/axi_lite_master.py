import cocotb
from cocotbext.axi import AxiLiteBus, AxiLiteSlave

from common import Hart, Memory, pauses, started


@cocotb.test()
@cocotb.parametrize(percent=[0, 30, 80])
async def accesses_reach_a_slave(dut, percent):
    await started(dut, bus_req_valid=0)
    slave = AxiLiteSlave(AxiLiteBus.from_prefix(dut, "m_axil"), dut.clk, target=Memory())
    channels = [slave.write_if.aw_channel, slave.write_if.w_channel, slave.write_if.b_channel]
    channels += [slave.read_if.ar_channel, slave.read_if.r_channel]
    for seed, channel in enumerate(channels):
        channel.log.setLevel("WARNING")
        channel.set_pause_generator(pauses(seed, percent))
    await Hart(dut, percent).run(100 - percent // 2)
