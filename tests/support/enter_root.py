#!/usr/bin/env python3
"""Runs a program with another folder as its whole file system: own mount and pid namespaces, /proc
mounted, pivot_root (a chroot would do for the program, but not for what it pivots itself). The
network is this machine's. Needs nothing inside but the program.

usage: enter_root.py ROOT WORKDIR PROGRAM [ARGUMENT...]
"""
import ctypes
import os
import sys

CLONE_NEWNS, CLONE_NEWPID = 0x00020000, 0x20000000
MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH = 0x1000, 0x4000, 0x40000, 2
SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}[os.uname().machine]
libc = ctypes.CDLL(None, use_errno=True)


def must(result, what):
    if result < 0:
        sys.exit(f"enter_root: {what}: {os.strerror(ctypes.get_errno())}")


def mount(source, target, kind, flags):
    must(libc.mount(source, target, kind, flags, None), f"mount {target!r}")


root, workdir, command = os.path.realpath(sys.argv[1]), sys.argv[2], sys.argv[3:]
must(libc.unshare(CLONE_NEWNS | CLONE_NEWPID), "unshare")
child = os.fork()
if child:
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))

mount(None, b"/", None, MS_REC | MS_PRIVATE)
mount(root.encode(), root.encode(), None, MS_BIND)
for folder in ("proc", "dev", "sys", "tmp"):
    os.makedirs(f"{root}/{folder}", exist_ok=True)
mount(b"/dev", f"{root}/dev".encode(), None, MS_BIND | MS_REC)
mount(b"/sys", f"{root}/sys".encode(), None, MS_BIND | MS_REC)
mount(b"proc", f"{root}/proc".encode(), b"proc", 0)
os.chdir(root)
must(libc.syscall(SYS_PIVOT_ROOT, b".", b"."), "pivot_root")
must(libc.umount2(b".", MNT_DETACH), "leave the old root")
os.chdir(workdir)
os.execve(command[0], command, {"PATH": "/usr/bin:/bin", "HOME": "/"})
