"""Run a program on a terminal of one's own, and keep what it wrote there."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

_LONGEST = 60.0  # seconds
# Whatever terminal the tests are started on; one without a value is not set.
_OF_A_TERMINAL = {"TERM": "xterm-256color", "COLUMNS": "", "LINES": "", "NO_COLOR": "", "FORCE_COLOR": ""}
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-9]|4[0-7]|9[0-7])(?:;\d+)*m")


@dataclass
class Session:
    """What was seen.

    :ivar seen: all that was written to the terminal.
    :ivar out: what was written to standard output where that is a pipe.
    :ivar is_sane: the terminal's modes are as they were, and its cursor is shown.
    """

    code: int
    seen: str
    out: str
    is_sane: bool


def on_terminal(
    line: Sequence[str],
    environment: Mapping[str, str],
    *,
    columns: int = 80,
    variables: Mapping[str, str] | None = None,
    keys: tuple[str, str] | None = None,
    piped: bool = False,
    cwd: Path | None = None,
) -> Session:
    """Run a program.

    :param variables: on top of the environment.
    :param keys: what is typed, once the words before it are seen.
    :param piped: standard output is a pipe, and only standard error the terminal.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    before = termios.tcgetattr(theirs)

    def own_terminal() -> None:
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    program = subprocess.Popen(
        list(line),
        env={name: value for name, value in {**environment, **_OF_A_TERMINAL, **(variables or {})}.items() if value},
        cwd=cwd,
        stdin=theirs,
        stdout=subprocess.PIPE if piped else theirs,
        stderr=theirs,
        preexec_fn=own_terminal,
        text=piped,
    )
    seen = b""
    end = monotonic() + _LONGEST
    try:
        while program.poll() is None or select.select([ours], [], [], 0)[0]:
            assert monotonic() < end, seen.decode()
            if select.select([ours], [], [], 0.1)[0]:
                seen += os.read(ours, 1 << 16)
            if keys and keys[0].encode() in seen:
                os.write(ours, keys[1].encode())
                keys = None
        text = seen.decode()
        hidden, shown = text.rfind("\x1b[?25l"), text.rfind("\x1b[?25h")
        out = program.communicate()[0] or ""
        return Session(program.returncode, text, out, termios.tcgetattr(theirs) == before and hidden <= shown)
    finally:
        program.kill()
        program.wait()
        os.close(ours)
        os.close(theirs)
