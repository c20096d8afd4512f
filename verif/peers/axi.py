"""What the tests of AXI share: channels that stand still, an access and what must come of it."""

from cocotbext.axi import AxiResp

from common import pauses


def channels_of(peer):
    """The channels of a master or slave that reads and writes."""
    write, read = peer.write_if, peer.read_if
    return [write.aw_channel, write.w_channel, write.b_channel, read.ar_channel, read.r_channel]


def stand_still(channels, percent):
    """Lets channels pause, each on its own."""
    for seed, channel in enumerate(channels):
        channel.set_pause_generator(pauses(seed, percent))


async def access(master, model, random, address, length, fails):
    """Writes or reads at random, as `model` does where it does not fail."""
    resp = AxiResp.SLVERR if fails else AxiResp.OKAY
    if random.random() < 0.5:
        data = random.randbytes(length)
        assert (await master.write(address, data)).resp == resp
        if not fails:
            model.store(address, data)
    else:
        answer = await master.read(address, length)
        assert answer.resp == resp
        assert fails or answer.data == model.load(address, length)
