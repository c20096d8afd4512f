"""A memory on Wishbone, by the slave of cocotbext-wishbone."""

from random import Random

from cocotbext.wishbone.monitor import WishboneSlave

from common import BAD

READS = {"cyc": "cyc_o", "stb": "stb_o", "adr": "adr_o", "we": "we_o", "sel": "sel_o",
         "datrd": "dat_i", "ack": "ack_i", "err": "err_i"}
ALL = {**READS, "datwr": "dat_o"}

ACK, ERR = 1, 2


class WishboneMemory:
    """Answers on the ports of `prefix`; where there is no data output, it is only read."""

    def __init__(self, dut, prefix, memory, seed, patience):
        self.dut, self.prefix, self.memory, self.random = dut, prefix, memory, Random(seed)
        signals = ALL if hasattr(dut, f"{prefix}_dat_o") else READS
        self.slave = WishboneSlave(
            dut, prefix, dut.clk, signals_dict=signals, datgen=self.words(), ackgen=self.ends(),
            waitreplygen=(self.random.randrange(patience + 1) for _ in iter(int, 1)),
        )
        self.slave.log.setLevel("WARNING")

    def port(self, name):
        return int(getattr(self.dut, f"{self.prefix}_{name}").value)

    def words(self):
        length = len(getattr(self.dut, f"{self.prefix}_dat_i")) // 8
        while True:
            yield int.from_bytes(self.memory.load(self.port("adr_o"), length), "little")

    def ends(self):
        """Asked once for each access: the place to write, too."""
        while True:
            address, good = self.port("adr_o"), not self.port("adr_o") & BAD
            if self.port("we_o") and good:
                data, strobe = self.port("dat_o"), self.port("sel_o")
                for lane in range(strobe.bit_length()):
                    if strobe >> lane & 1:
                        self.memory.store(address + lane, [data >> 8 * lane & 0xFF])
            yield ACK if good else ERR
