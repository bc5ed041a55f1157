#!/usr/bin/env python3
"""busy_registry.py REGISTRY FOLDER: hands on what REGISTRY (host:port) has, but answers the first six
requests for manifests with 503. Its port is written to FOLDER/port, how often it refused to
FOLDER/refused."""
import http.server
import os
import sys
import urllib.error
import urllib.request

UPSTREAM, FOLDER = sys.argv[1:3]
TIMES = 6
refused = 0


def write(name, text):
    with open(os.path.join(FOLDER, name + ".new"), "w") as out:
        out.write(text)
    os.rename(os.path.join(FOLDER, name + ".new"), os.path.join(FOLDER, name))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        global refused
        if "/manifests/" in self.path and refused < TIMES:
            refused += 1
            write("refused", str(refused))
            self.answer(503, {"Content-Length": "4"}, b"busy")
            return
        headers = {k: v for k, v in self.headers.items() if k in ("Accept", "Range")}
        request = urllib.request.Request(f"http://{UPSTREAM}{self.path}", method=self.command, headers=headers)
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as e:
            answer = e
        body = answer.read()
        names = ("Content-Type", "Docker-Content-Digest", "Content-Length", "Content-Range")
        self.answer(answer.status, {n: answer.headers[n] for n in names if answer.headers[n]}, body)


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
write("port", str(server.server_address[1]))
server.serve_forever()
