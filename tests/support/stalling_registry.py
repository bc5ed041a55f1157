#!/usr/bin/env python3
"""stalling_registry.py REGISTRY FOLDER: hands on what REGISTRY (host:port) has, but stops after the first
chunk of a big blob: it makes FOLDER/stalled, and goes on when FOLDER/release is there. Its port is
written to FOLDER/port."""
import http.server
import os
import sys
import time
import urllib.error
import urllib.request

UPSTREAM, FOLDER = sys.argv[1:3]
CHUNK = 65536
BIG = 500000


def stall():
    open(os.path.join(FOLDER, "stalled"), "w").close()
    while not os.path.exists(os.path.join(FOLDER, "release")):
        time.sleep(0.05)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        headers = {k: v for k, v in self.headers.items() if k in ("Accept", "Range")}
        request = urllib.request.Request(f"http://{UPSTREAM}{self.path}", method=self.command, headers=headers)
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as e:
            answer = e
        body = answer.read()
        self.send_response(answer.status)
        for name in ("Content-Type", "Docker-Content-Digest", "Content-Length", "Content-Range"):
            if answer.headers[name]:
                self.send_header(name, answer.headers[name])
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(body[:CHUNK])
        self.wfile.flush()
        if "/blobs/" in self.path and len(body) > BIG:
            stall()
        self.wfile.write(body[CHUNK:])


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(os.path.join(FOLDER, "port.new"), "w") as port:
    port.write(str(server.server_address[1]))
os.rename(os.path.join(FOLDER, "port.new"), os.path.join(FOLDER, "port"))
server.serve_forever()
