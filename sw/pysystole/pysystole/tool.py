"""The command line tool: where it is, and how it is called."""

import os
import shutil
import subprocess
from pathlib import Path


class Error(RuntimeError):
    """What `systole` says when it cannot do what it was asked for.

    `exit_code` is 1 for a difference that was found, 2 for bad input, 3 for a missing tool.
    """

    def __init__(self, message, exit_code):
        super().__init__(message)
        self.exit_code = exit_code


def find():
    """Path of the `systole` command. Raises `Error` with what to do where there is none."""
    given = os.environ.get("SYSTOLE")
    if given:
        return given
    on_path = shutil.which("systole")
    if on_path:
        return on_path
    for folder in Path(__file__).resolve().parents:
        built = folder / "target" / "release" / "systole"
        if built.is_file():
            return str(built)
    raise Error(
        "there is no `systole`: build it with `cargo build --release` in its repository, "
        "then set SYSTOLE to target/release/systole or put it on PATH",
        3,
    )


def call(arguments):
    """Runs `systole` with these arguments. Raises `Error` with its message where that fails."""
    command = [find(), *map(str, arguments)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise Error(f"{command[0]} cannot be run: {error}", 3) from error
    if done.returncode != 0:
        raise Error(_message(done), done.returncode)


def _message(done):
    """The message without notes and progress; what was printed where there is no message."""
    lines = done.stderr.splitlines()
    first = next((at for at, line in enumerate(lines) if line.startswith("error")), None)
    if first is not None:
        return "\n".join(lines[first:])
    return (done.stdout + done.stderr).strip() or f"exit code {done.returncode}"
