#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""slow_proxy.py REGISTRY STATE: passes GET and HEAD on to a registry on loopback.

STATE/port says where it listens. One line for each blob that was asked for goes to STATE/log: what Range
was asked for ("-" for none), the status, and how many bytes went out. While STATE/limit is there, an answer
stops after so many bytes and waits; with STATE/norange, ranges are not passed on, and with STATE/refuse
they are answered with the status in it.
"""
import http.client
import http.server
import os
import sys
import time

registry, state = sys.argv[1:]


def path(name):
    return os.path.join(state, name)


def limit():
    try:
        with open(path("limit")) as f:
            return int(f.read())
    except FileNotFoundError:
        return None


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send_body(self, answer):
        sent = 0
        while True:
            most = limit()
            room = 65536 if most is None else min(65536, most - sent)
            if room <= 0:
                time.sleep(0.02)
                continue
            data = answer.read(room)
            if not data:
                return sent
            self.wfile.write(data)
            sent += len(data)

    def do_GET(self):
        try:
            self.pass_on()
        except (BrokenPipeError, ConnectionResetError):
            pass  # whoever asked is gone

    def pass_on(self):
        self.close_connection = True
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
        if os.path.exists(path("norange")):
            headers = {k: v for k, v in headers.items() if k.lower() not in ("range", "if-range")}
        if "Range" in self.headers and os.path.exists(path("refuse")):
            self.refuse()
            return
        upstream = http.client.HTTPConnection(registry)
        upstream.request(self.command, self.path, headers=headers)
        answer = upstream.getresponse()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        sent = self.send_body(answer)
        if "/blobs/" in self.path and self.command == "GET":
            with open(path("log"), "a") as f:
                f.write(f"{self.headers.get('Range', '-')} {answer.status} {sent}\n")

    def refuse(self):
        with open(path("refuse")) as f:
            status = int(f.read())
        self.send_response_only(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
        with open(path("log"), "a") as f:
            f.write(f"{self.headers['Range']} {status} 0\n")

    do_HEAD = do_GET


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
server.daemon_threads = True
with open(path("port.new"), "w") as f:
    f.write(str(server.server_address[1]))
os.rename(path("port.new"), path("port"))
server.serve_forever()
