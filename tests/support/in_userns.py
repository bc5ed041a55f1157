#!/usr/bin/env python3
"""Runs a program as root of a new user namespace in which every id of this machine's first 65536 is
itself, as in a pod with hostUsers: false. For root; ends with 77 where the machine refuses.

usage: in_userns.py PROGRAM [ARGUMENT...]
"""
import ctypes
import os
import sys

CLONE_NEWUSER, CLONE_NEWNS = 0x10000000, 0x00020000
libc = ctypes.CDLL(None, use_errno=True)


def main():
    ready, go = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ready[0])
        os.close(go[1])
        if libc.unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0:
            print(f"in_userns: {os.strerror(ctypes.get_errno())}", file=sys.stderr)
            os._exit(77)
        os.write(ready[1], b"x")
        if os.read(go[0], 1) != b"x":
            os._exit(77)
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
        os.execvp(sys.argv[1], sys.argv[1:])
    os.close(ready[1])
    if os.read(ready[0], 1) == b"x":
        for kind in "uid_map", "gid_map":
            with open(f"/proc/{pid}/{kind}", "w") as file:
                file.write("0 0 65536\n")
        os.write(go[1], b"x")
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return status if status >= 0 else 128 - status


sys.exit(main())
