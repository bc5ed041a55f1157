#!/usr/bin/env python3
"""terminal.py [WAIT SEND]... -- COMMAND...: runs a command at a terminal of its own. Each time that
WAIT has appeared in what it shows since the last, SEND is typed ('' types nothing; "signal NAME" is
a signal for the command). Prints all that was shown; ends with the command's status, 128+n of a
signal, 99 when something was waited for in vain."""
import os
import pty
import select
import signal
import sys
import termios
import time

split = sys.argv.index("--")
script = sys.argv[1:split]
steps = list(zip(script[0::2], script[1::2]))
pid, terminal = pty.fork()
if pid == 0:
    termios.tcsetwinsize(0, (33, 77))
    os.execvp(sys.argv[split + 1], sys.argv[split + 1:])
shown = b""
since = 0
end = time.monotonic() + 240
while time.monotonic() < end:
    if select.select([terminal], [], [], 0.2)[0]:
        try:
            block = os.read(terminal, 65536)
        except OSError:
            break
        if not block:
            break
        shown += block
    while steps and (at := shown.find(steps[0][0].encode(), since)) >= 0:
        wait, send = steps.pop(0)
        since = at + len(wait)
        if send.startswith("signal "):
            os.kill(pid, getattr(signal, send.split()[1]))
        else:
            os.write(terminal, send.encode().decode("unicode_escape").encode())
else:
    os.kill(pid, signal.SIGKILL)
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stdout.buffer.write(shown)
if steps:
    print(f"\nwaited in vain for {steps[0][0]!r}")
    sys.exit(99)
sys.exit(status if status >= 0 else 128 - status)
