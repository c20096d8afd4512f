"""What the tests share: clock and reset, the chip's side of a bridge, memory."""

import itertools
from random import Random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge

# Accesses of each test of a bridge, and cycles after which something must hang.
ACCESSES = 400
PATIENCE = 40 * ACCESSES

# Addresses with this bit fail.
BAD = 1 << 20


async def started(dut, **inputs):
    """Starts the clock and resets; `inputs` have their values from the beginning."""
    for name, value in inputs.items():
        getattr(dut, name).value = value
    dut.rst.value = 1
    cocotb.start_soon(Clock(dut.clk, 10, "ns").start())
    for _ in range(3):
        await RisingEdge(dut.clk)
    dut.rst.value = 0
    await RisingEdge(dut.clk)


def pauses(seed, percent):
    """Cycles in which a channel stands still."""
    random = Random(seed)
    return (random.randrange(100) < percent for _ in itertools.count())


class Memory:
    """Bytes that are read and written as the bus says; addresses with the bit BAD fail."""

    def __init__(self):
        self.bytes = {}

    def load(self, address, length):
        return bytes(self.bytes.get(address + n, (address + n) * 37 & 0xFF) for n in range(length))

    def store(self, address, data):
        self.bytes.update((address + n, byte) for n, byte in enumerate(data))

    # As targets of cocotbext-axi have it: an exception is an error on the bus.
    async def read(self, address, length):
        assert not address & BAD
        return self.load(address, length)

    async def write(self, address, data):
        assert not address & BAD
        self.store(address, data)


class Hart:
    """Asks on `bus_*`, never refuses an answer, and compares it with a memory that obeys at once."""

    def __init__(self, dut, seed, writes=True):
        self.dut, self.random, self.writes = dut, Random(seed), writes
        self.bytes = len(dut.bus_rsp_rdata) // 8
        self.expected, self.model = [], Memory()

    def access(self):
        random = self.random
        # Few words, so that reads meet writes.
        address = random.randrange(16) * self.bytes | random.choice([0, 0, 0, 0, 0, 0, BAD])
        if not self.writes or random.random() < 0.5:
            return address, None
        return address, (random.getrandbits(32), random.randrange(1, 16))

    def obey(self, address, write):
        """The answer: None for an error, the word of a read, 0 of a write."""
        if address & BAD:
            return None
        if write is None:
            return int.from_bytes(self.model.load(address, self.bytes), "little")
        data, strobe = write
        for lane in range(4):
            if strobe >> lane & 1:
                self.model.store(address + lane, [data >> 8 * lane & 0xFF])
        return 0

    def offer(self, offered):
        dut = self.dut
        dut.bus_req_valid.value = offered is not None
        if offered is None:
            return
        address, write = offered
        dut.bus_req_address.value = address
        if self.writes:
            dut.bus_req_write.value = write is not None
            dut.bus_req_wdata.value, dut.bus_req_wstrb.value = write or (0, 0)

    def compare(self):
        dut, expected = self.dut, self.expected.pop(0)
        _, write = expected[0]
        assert (dut.bus_rsp_error.value == 1) == (expected[1] is None), expected
        if write is None and expected[1] is not None:
            assert dut.bus_rsp_rdata.value == expected[1], expected

    async def run(self, percent):
        """ACCESSES accesses, one offered in so many of a hundred cycles at most."""
        offered, asked, answered = None, 0, 0
        for _ in range(PATIENCE):
            await RisingEdge(self.dut.clk)
            if self.dut.bus_rsp_valid.value == 1:
                self.compare()
                answered += 1
            if offered and self.dut.bus_req_ready.value == 1:
                self.expected.append((offered, self.obey(*offered)))
                offered = None
            busy = len(self.expected) >= 4
            if offered is None and asked < ACCESSES and not busy:
                if self.random.randrange(100) < percent:
                    offered = self.access()
                    asked += 1
            self.offer(offered)
            if answered == ACCESSES:
                return
        raise AssertionError(f"{answered} of {ACCESSES} answers")


class Device:
    """A memory behind `bus_*`, which answers when it likes."""

    def __init__(self, dut, seed):
        self.dut, self.random, self.memory = dut, Random(seed), Memory()
        cocotb.start_soon(self.run())

    def perform(self, address, write):
        if address & 0x1000:
            return None
        if write is None:
            return int.from_bytes(self.memory.load(address, 4), "little")
        data, strobe = write
        for lane in range(4):
            if strobe >> lane & 1:
                self.memory.store(address + lane, [data >> 8 * lane & 0xFF])
        return 0

    async def run(self):
        dut, taken = self.dut, None
        dut.bus_rsp_valid.value = 0
        dut.bus_req_ready.value = 0
        while True:
            await RisingEdge(dut.clk)
            if dut.bus_req_valid.value == 1 and dut.bus_req_ready.value == 1:
                assert taken is None, "one at a time"
                word = (dut.bus_req_wdata.value.to_unsigned(), dut.bus_req_wstrb.value.to_unsigned()) \
                    if dut.bus_req_write.value == 1 else None
                taken = (dut.bus_req_address.value.to_unsigned(), word)
            dut.bus_req_ready.value = self.random.random() < 0.6
            answers = taken is not None and self.random.random() < 0.6
            dut.bus_rsp_valid.value = answers
            if answers:
                word = self.perform(*taken)
                dut.bus_rsp_error.value = word is None
                dut.bus_rsp_rdata.value = word or 0
                taken = None
