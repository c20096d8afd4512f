from random import Random

import cocotb
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiResp

from common import ACCESSES, Device, Memory, pauses, started


@cocotb.test()
@cocotb.parametrize(percent=[0, 30, 80])
async def a_master_reaches_the_device(dut, percent):
    await started(dut, s_axil_arvalid=0, s_axil_awvalid=0, s_axil_wvalid=0)
    master = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.clk)
    channels = [master.write_if.aw_channel, master.write_if.w_channel, master.write_if.b_channel]
    channels += [master.read_if.ar_channel, master.read_if.r_channel]
    for seed, channel in enumerate(channels):
        channel.set_pause_generator(pauses(seed, percent))
    Device(dut, percent)
    model, random = Memory(), Random(percent)
    for _ in range(ACCESSES):
        # The device refuses addresses with bit 12.
        address = random.randrange(16) * 4 | random.choice([0, 0, 0, 0x1000])
        resp = AxiResp.SLVERR if address & 0x1000 else AxiResp.OKAY
        length = random.randrange(1, 5)
        if random.random() < 0.5:
            data = random.randbytes(length)
            assert (await master.write(address, data)).resp == resp
            if resp == AxiResp.OKAY:
                model.store(address, data)
        else:
            answer = await master.read(address, length)
            assert answer.resp == resp
            assert resp != AxiResp.OKAY or answer.data == model.load(address, length)
