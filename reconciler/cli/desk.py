"""The two streams and what they can show: colours, width, a terminal; text in, written without failing a command."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import field
from typing import TYPE_CHECKING, TextIO

from reconciler.cli.events import Stream
from reconciler.cli.options import Color, Output
from reconciler.frozen import frozen

if TYPE_CHECKING:
    from reconciler.report.layout import Look

_WIDTH = 80
_DUMB = ("dumb", "unknown")


@frozen
class Desk:
    """What a command talks to people through: stderr, and stdin where somebody may be asked."""

    output: Output
    events: Stream = field(default_factory=Stream)

    def say(self, text: str) -> None:
        """Write lines to stderr; a stream that nobody reads any more is no reason to stop."""
        write(sys.stderr, text)

    def note(self, text: str) -> None:
        """Write lines to stderr unless -q was given."""
        if self.output.detail >= 0:
            self.say(text)

    @property
    def look(self) -> Look:
        """How text on stderr is to look."""
        return look(sys.stderr, self.output)

    @property
    def asks(self) -> bool:
        """Whether there is somebody to ask."""
        return not self.output.no_input and _is_terminal(sys.stdin)

    @property
    def animates(self) -> bool:
        """Whether stderr may be drawn over: a terminal that can, and no build server's."""
        quiet = self.output.detail < 0 or os.environ.get("CI")
        return not quiet and _is_terminal(sys.stderr) and os.environ.get("TERM") not in _DUMB


def look(stream: TextIO | None, output: Output) -> Look:
    """Return how text is to look on a stream; None stands for a file."""
    from reconciler.report.layout import NARROWEST, Look, coloured, plain

    paint = coloured if _colours(stream, output.color) else plain
    return Look(width=max(_columns(stream), NARROWEST), paint=paint, detail=max(output.detail, 0))


def _colours(stream: TextIO | None, wanted: Color) -> bool:
    """Say whether to use colours: the option, NO_COLOR (no-color.org), FORCE_COLOR, then what the stream is."""
    if stream is None or wanted is not Color.AUTO:
        return stream is not None and wanted is Color.ALWAYS
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return _is_terminal(stream) and os.environ.get("TERM") not in _DUMB


def _columns(stream: TextIO | None) -> int:
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said) > 0:
        return int(said)
    if stream is not None and _is_terminal(stream):
        with contextlib.suppress(OSError, ValueError):
            return os.get_terminal_size(stream.fileno()).columns or _WIDTH
    return _WIDTH


def _is_terminal(stream: TextIO | None) -> bool:
    """Say whether a stream is a terminal; a process may be started without any."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def write(stream: TextIO | None, text: str) -> None:
    """Write to a stream at once; when its reader has gone, what is written from now on goes nowhere, quietly."""
    if stream is None:
        return
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        # The interpreter flushes once more at its end, and would complain.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except ValueError:
        return
