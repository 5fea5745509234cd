"""Where the program starts, as `steelyard` and as `python -m steelyard`."""

from __future__ import annotations

import signal
from typing import NoReturn


def main() -> NoReturn:
    """Run the program; Ctrl-C while it is still being loaded ends it without a word."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from steelyard.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
