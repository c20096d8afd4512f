"""A program for the hart and a job for the NPU, and what both must have done to the memory."""

from random import Random

from cocotb.triggers import RisingEdge, with_timeout

RAM = 0x8000_0000
COUNTER = RAM + 0x1000
LIST = RAM + 0x2000
SOURCE = RAM + 0x3000
DESTINATION = RAM + 0x4004
ROWS = 16
ROW_BYTES = 16

# Where the host finds the NPU's registers and the CLINT's.
ID, STATUS, INTERRUPT_ENABLE, DOORBELL = 0x00, 0x08, 0x0C, 0x10
MTIME = 0x1_0000 + 0xBFF8
NOTHING = 0x3000


def words(*values):
    return b"".join((value & 0xFFFF_FFFF).to_bytes(4, "little") for value in values)


def program():
    """Counts in memory, and writes each count twice."""
    base, count = 1, 2
    return words(
        COUNTER & 0xFFFF_F000 | base << 7 | 0x37,  # lui base, COUNTER
        base << 15 | 2 << 12 | count << 7 | 0x03,  # loop: lw count, 0(base)
        1 << 20 | count << 15 | count << 7 | 0x13,  # addi count, count, 1
        count << 20 | base << 15 | 2 << 12 | 0 << 7 | 0x23,  # sw count, 0(base)
        count << 20 | base << 15 | 2 << 12 | 4 << 7 | 0x23,  # sw count, 4(base)
        0xFF1F_F06F,  # j loop
    )


def job():
    """Copies ROWS rows from SOURCE to DESTINATION through the scratchpad."""
    load, store, last = 1, 3, 1 << 4
    chunks = ROW_BYTES // 4
    return words(
        load | 1 << 14, SOURCE, ROW_BYTES, ROWS | ROW_BYTES << 16, chunks << 16, 1, 0, 0,
        store | last | 1 << 8 | 2 << 16, DESTINATION, ROW_BYTES, ROWS | ROW_BYTES << 16,
        1 << 16, chunks, 0, 0,
    )


def fill(write):
    """Puts all into the memory: `write(address, bytes)`. Gives the data that are copied."""
    data = Random(1).randbytes(ROWS * ROW_BYTES)
    for address, contents in [(RAM, program()), (COUNTER, bytes(8)), (LIST, job()), (SOURCE, data)]:
        write(address, contents)
    return data


async def exercise(dut, read, write, fails, peek, data):
    """A host starts a job and sees it end, beside the running hart.

    `read(offset)` and `write(offset, word)` are its accesses, `fails(offset)` is one that must fail,
    `peek(address, length)` reads the memory.
    """
    assert await read(ID) == 0x5359_4E50
    before = await read(MTIME)
    await fails(NOTHING)
    assert await read(MTIME) > before
    await write(INTERRUPT_ENABLE, 1)
    await write(DOORBELL, LIST)
    await with_timeout(RisingEdge(dut.npu_interrupt), 200, "us")
    assert await read(STATUS) == 2, "done"
    assert peek(DESTINATION, len(data)) == data
    await write(DOORBELL, LIST + 4)
    while (status := await read(STATUS)) & 1:
        pass
    assert status == 5 << 8 | 4, "a list that is not aligned"
    counts = [int.from_bytes(peek(COUNTER + 4 * n, 4), "little") for n in range(2)]
    assert counts[0] > 10 and counts[0] - counts[1] in (0, 1), counts
