from random import Random

import cocotb
from cocotbext.axi import AxiBus, AxiMaster, AxiResp

from common import BAD, Memory, pauses, started
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
    channels = [master.write_if.aw_channel, master.write_if.w_channel, master.write_if.b_channel]
    channels += [master.read_if.ar_channel, master.read_if.r_channel]
    for seed, channel in enumerate(channels):
        channel.set_pause_generator(pauses(seed, percent))
    for _ in range(BURSTS):
        address = random.randrange(0x2000) | random.choice([0, 0, 0, BAD])
        length = random.randrange(1, 200)
        resp = AxiResp.SLVERR if address & BAD else AxiResp.OKAY
        if random.random() < 0.5:
            data = random.randbytes(length)
            assert (await master.write(address, data)).resp == resp
            if resp == AxiResp.OKAY:
                model.store(address, data)
        else:
            answer = await master.read(address, length)
            assert answer.resp == resp
            assert resp != AxiResp.OKAY or answer.data == model.load(address, length)
