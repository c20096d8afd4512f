"""A module around one whose AXI has fewer signals than the models of cocotbext-axi want."""

import re

PORT = re.compile(r"^\s*(input|output) +(?:wire|reg) +(\[\d+:0\] +)?(\w+)", re.MULTILINE)

# Signals of AXI and their bits, by who drives them.
OF_ADDRESS = {"id": 1, "size": 3, "burst": 2, "lock": 1, "cache": 4, "prot": 3, "qos": 4, "region": 4,
              "user": 1}
OF_MASTER = {f"{channel}{name}": bits for channel in ("aw", "ar") for name, bits in OF_ADDRESS.items()}
OF_MASTER["wuser"] = 1
OF_SLAVE = {"bid": 1, "rid": 1, "buser": 1, "ruser": 1}

# Modules with such a bus, its prefix, and whether they are its master.
BUSES = {"axi_to_wishbone": ("s_axi", False), "systole_axi": ("m_axi", True)}


def bench(module, verilog):
    """Verilog of the module `bench`, around `module`, whose own is given."""
    header = verilog[verilog.index(f"module {module} "):]
    ports = PORT.findall(header[:header.index(");")])
    there = {name for _, _, name in ports}
    prefix, is_master = BUSES[module]
    # As ports, because Icarus drops what nothing reads.
    declared = [f"{way} wire {width}{name}" for way, width, name in ports]
    for signals, ours in [(OF_MASTER, is_master), (OF_SLAVE, not is_master)]:
        missing = [item for item in signals.items() if f"{prefix}_{item[0]}" not in there]
        for name, bits in missing:
            signal = f"[{bits - 1}:0] {prefix}_{name}"
            declared.append(f"output reg {signal} = 0" if ours else f"input wire {signal}")
    pins = ", ".join(f".{name}({name})" for _, _, name in ports)
    listed = ",\n    ".join(declared)
    return f"module bench (\n    {listed}\n);\n    {module} dut ({pins});\nendmodule\n"
