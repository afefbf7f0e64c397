"""`make demo`: starts the playground, says where it is, and stops at Ctrl-C."""

import argparse
import errno
import signal
import sys
import threading

from playground.schedule import DEMO_MINUTE
from playground.world import World


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m playground", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument(
        "--minute",
        type=float,
        default=DEMO_MINUTE,
        metavar="SECONDS",
        help="how long to wait for what the template schedules each minute (default: %(default)g)",
    )
    arguments = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    print("Starting a local AWS and a local Slack ...", flush=True)
    try:
        with World(arguments.host, arguments.port, minute=arguments.minute) as world:
            print(f"\n  EC2 Ops is at {world.url}\n\n  Type /ec2 list there. Ctrl-C stops it.\n", flush=True)
            stop.wait()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        print(f"Port {arguments.port} is in use. Try: make demo PORT={arguments.port + 1}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
