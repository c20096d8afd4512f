"""Tries bridges in Icarus Verilog: run.py FOLDER [MODULE...]

FOLDER has a folder with the Verilog of each module, beside which the simulations are built. A module
here has the tests of the Verilog module of its name.
"""

import logging
import os
import sys
from pathlib import Path

from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

from bench import BUSES, bench

MODULES = [
    "axi_lite_master", "axi_lite_fetch", "axi_lite_slave", "wishbone_master", "wishbone_fetch",
    "wishbone_slave", "axi_to_wishbone", "systole_axi", "systole_wishbone",
]


def run(folder, module):
    """The numbers of tests and of those that failed."""
    verilog = folder / module
    names = (verilog / "files.f").read_text().splitlines()
    sources = [verilog / name for name in names if name and not name.startswith("//")]
    runner, build = get_runner("icarus"), folder / f"{module}.build"
    top = module
    if module in BUSES:
        top, around = "bench", folder / f"{module}.bench.v"
        around.write_text(bench(module, (verilog / f"{module}.v").read_text()))
        sources.append(around)
    # With the properties of the modules, which stop the simulation.
    runner.build(sources=sources, hdl_toplevel=top, build_dir=build, defines={"CHECKS": 1},
                 build_args=["-g2005"], timescale=("1ns", "1ns"), always=True)
    log = build / "log.txt"
    # Where this program finds its packages, the simulator does.
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                   "PYTHONDONTWRITEBYTECODE": "1", "COCOTB_LOG_LEVEL": "WARNING"}
    results = runner.test(hdl_toplevel=top, test_module=module, build_dir=build, test_dir=build,
                          extra_env=environment, log_file=log)
    tests, failed = get_results(results)
    if failed or not tests:
        print(log.read_text(), file=sys.stderr)
    return tests, failed


def main():
    folder, *chosen = sys.argv[1:]
    logging.getLogger().setLevel(logging.WARNING)
    failures = 0
    for module in chosen or MODULES:
        tests, failed = run(Path(folder).resolve(), module)
        print(f"{module}: {tests} tests, {failed} failed", flush=True)
        failures += failed or not tests
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
