from random import Random

import cocotb
from cocotbext.wishbone.driver import WBOp, WishboneMaster

from common import ACCESSES, Device, Memory, started

SIGNALS = {"cyc": "cyc_i", "stb": "stb_i", "we": "we_i", "adr": "adr_i", "sel": "sel_i",
           "datwr": "dat_i", "datrd": "dat_o", "ack": "ack_o", "err": "err_o"}


@cocotb.test()
async def a_master_reaches_the_device(dut):
    await started(dut, wbs_cyc_i=0, wbs_stb_i=0)
    master = WishboneMaster(dut, "wbs", dut.clk, timeout=50, signals_dict=SIGNALS)
    master.log.setLevel("WARNING")
    Device(dut, 1)
    model, random = Memory(), Random(1)
    for _ in range(ACCESSES):
        address = random.randrange(16) * 4 | random.choice([0, 0, 0, 0x1000])
        word, sel = random.getrandbits(32), random.randrange(1, 16)
        writes = random.random() < 0.5
        operation = WBOp(address, word, sel=sel) if writes else WBOp(address)
        [result] = await master.send_cycle([operation])
        assert result.ack == (2 if address & 0x1000 else 1)
        if result.ack == 1 and not writes:
            assert result.datrd == int.from_bytes(model.load(address, 4), "little")
        if result.ack == 1 and writes:
            for lane in range(4):
                if sel >> lane & 1:
                    model.store(address + lane, [word >> 8 * lane & 0xFF])
