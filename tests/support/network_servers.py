#!/usr/bin/env python3
"""network_servers.py COMMAND...: the servers and the way out of network_world, while it runs.

All of them live in this process; "outside" is held by a child that dies with it.
"""
import ctypes
import os
import select
import signal
import socket
import subprocess
import sys

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)
HAS_V6 = bool(os.environ.get("WORLD_V6"))


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def ip(commands):
    subprocess.run(["ip", "-batch", "-"], input=commands, text=True, check=True)


def listen(family, kind, address):
    server = socket.socket(family, kind)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    server.bind(address)
    if kind == socket.SOCK_STREAM:
        server.listen(64)
    return server


def inet_servers(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return [listen(family, socket.SOCK_STREAM, (address, 4001)),
            listen(family, socket.SOCK_DGRAM, (address, 4002))]


def answer_query(query):
    """The A record of name.world; no other name or type is known."""
    question = query[12:]
    known = question.startswith(b"\4name\5world\0\0\1")
    end = question.index(b"\0") + 5
    head = query[:2] + (b"\x81\x80\0\1\0\1\0\0\0\0" if known else b"\x81\x83\0\1\0\0\0\0\0\0")
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton("203.0.113.9")
    return head + question[:end] + (record if known else b"")


def serve(servers, resolver):
    """Until it is killed; a connection is answered when it says something."""
    poll = select.poll()
    for server in [*servers, resolver]:
        if server:
            poll.register(server, select.POLLIN)
    by_fd = {server.fileno(): server for server in [*servers, resolver] if server}
    while True:
        for fd, _ in poll.poll():
            server = by_fd[fd]
            if server is resolver:
                data, sender = server.recvfrom(4096)
                if len(data) > 16:
                    server.sendto(answer_query(data), sender)
            elif server.type == socket.SOCK_DGRAM:
                _, sender = server.recvfrom(4096)
                server.sendto(b"!", sender)
            else:
                connection, _ = server.accept()
                connection.settimeout(10)
                try:
                    connection.recv(1)
                    connection.sendall(b"!")
                except OSError:
                    pass
                connection.close()


def start(function, *arguments):
    """A child that runs it; it is ready when this returns."""
    read_fd, write_fd = os.pipe()
    child = os.fork()
    if child == 0:
        die_with_parent()
        os.close(read_fd)
        function(lambda: os.write(write_fd, b"!"), *arguments)
        os._exit(0)
    os.close(write_fd)
    if os.read(read_fd, 1) != b"!":
        sys.exit("network_servers.py: a part of the world did not come up")
    os.close(read_fd)
    return child


def outside(ready):
    """Its end of the link is up before the other one is, so that nothing that is sent gets lost."""
    if libc.unshare(CLONE_NEWNET) < 0:
        sys.exit("network_servers.py: no network namespace")
    ip(f"""link set lo up
link add up1 type veth peer name up0 netns {os.getppid()}
address add 198.51.100.1/24 dev up1
address add 169.254.169.254/32 dev up1
address add 203.0.113.9/32 dev up1
link set up1 up
route add default via 198.51.100.2
""")
    servers = inet_servers("0.0.0.0")
    if HAS_V6:
        ip("address add 2001:db8::1/64 dev up1 nodad\n")
        servers += inet_servers("::")
    ready()
    serve(servers, None)


def here(ready):
    servers = inet_servers("127.0.0.1")
    if HAS_V6:
        servers += inet_servers("::1")
    servers.append(listen(socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 4003)))
    servers.append(listen(socket.AF_UNIX, socket.SOCK_STREAM, "\0cbuild-here"))
    if os.environ.get("WORLD_SOCKET"):
        if os.path.exists(os.environ["WORLD_SOCKET"]):
            os.unlink(os.environ["WORLD_SOCKET"])
        servers.append(listen(socket.AF_UNIX, socket.SOCK_STREAM, os.environ["WORLD_SOCKET"]))
        os.chmod(os.environ["WORLD_SOCKET"], 0o777)
    resolver = listen(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.53", 53))
    ready()
    serve(servers, resolver)


def wait_outside():
    """Until the other side answers."""
    while True:
        try:
            with socket.create_connection(("198.51.100.1", 4001), 1) as connection:
                connection.sendall(b"?")
                if connection.recv(1) == b"!":
                    return
        except OSError:
            select.select([], [], [], 0.02)


def main():
    child = start(outside)
    ip("""address add 198.51.100.2/24 dev up0
link set up0 up
route add default via 198.51.100.1
""")
    if HAS_V6:
        ip("""address add 2001:db8::2/64 dev up0 nodad
route add default via 2001:db8::1
""")
    wait_outside()
    children = [child, start(here)]
    command = subprocess.Popen(sys.argv[1:], preexec_fn=die_with_parent)
    status = command.wait()
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    sys.exit(status if status >= 0 else 128 - status)


main()
