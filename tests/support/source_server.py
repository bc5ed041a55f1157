#!/usr/bin/env python3
"""Files, git repositories and redirects over http, on 127.0.0.1 or ADDRESS, for the end-to-end tests.

  source_server.py ROOT [ADDRESS [CERTIFICATE KEY]]
                     serves until it is killed; writes ROOT/port when it listens. https with a certificate

  /files/PATH        ROOT/files/PATH with ETag and Last-Modified; 304 where the ETag is known already
  /plain/PATH        the same without an ETag
  /private/PATH      the same where the header Authorization is what ROOT/authorization holds
  /git/PATH          ROOT/git below `git http-backend`; /private-git/PATH with authorization
  /to/URL            302 to that URL
  /short/PATH        ROOT/files/PATH, half of it, then the connection ends; whole from the second time on

Each request is a line of ROOT/log: "METHOD PATH STATUS AUTHORIZATION".
"""
import hashlib
import http.server
import os
import ssl
import subprocess
import sys
import urllib.parse
from email.utils import formatdate

ROOT = os.path.abspath(sys.argv[1])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_request(self, code='-', size='-'):
        with open(f'{ROOT}/log', 'a') as log:
            log.write(f'{self.command} {self.path} {int(code)} {self.headers.get("Authorization", "-")}\n')

    def log_message(self, *_):
        pass

    def answer(self, status, headers=(), body=b''):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def file(self, path, marks=True):
        full = f'{ROOT}/files/{urllib.parse.unquote(path.split("?")[0])}'
        if not os.path.isfile(full):
            return self.answer(404, body=b'no such file\n')
        with open(full, 'rb') as file:
            body = file.read()
        etag = f'"{hashlib.sha256(body).hexdigest()}"'
        if marks and self.headers.get('If-None-Match') == etag:
            return self.answer(304, [('ETag', etag)])
        headers = [('Last-Modified', formatdate(os.stat(full).st_mtime, usegmt=True)),
                   ('Content-Disposition', 'attachment; filename="../../evil"')]
        self.answer(200, headers + ([('ETag', etag)] if marks else []), body)

    def short(self, path):
        seen = f'{ROOT}/short.seen'
        if os.path.exists(seen):
            return self.file(path, marks=False)
        open(seen, 'w').close()
        with open(f'{ROOT}/files/{path}', 'rb') as file:
            body = file.read()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(bytes(len(body) // 2))
        self.close_connection = True

    def is_authorized(self):
        with open(f'{ROOT}/authorization') as file:
            wanted = file.read().strip()
        if self.headers.get('Authorization') == wanted:
            return True
        self.answer(401, [('WWW-Authenticate', 'Basic realm="tests"')])
        return False

    def git(self, path):
        path, _, query = path.partition('?')
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        environment = {
            'PATH': os.environ['PATH'], 'GIT_PROJECT_ROOT': f'{ROOT}/git', 'GIT_HTTP_EXPORT_ALL': '1',
            'PATH_INFO': '/' + urllib.parse.unquote(path), 'QUERY_STRING': query,
            'REQUEST_METHOD': self.command, 'CONTENT_LENGTH': str(len(body)),
            'CONTENT_TYPE': self.headers.get('Content-Type', ''), 'GIT_CONFIG_NOSYSTEM': '1',
            'GIT_CONFIG_GLOBAL': '/dev/null', 'HOME': '/nonexistent',
            'GIT_PROTOCOL': self.headers.get('Git-Protocol', ''),
            'HTTP_CONTENT_ENCODING': self.headers.get('Content-Encoding', ''),
        }
        done = subprocess.run(['git', 'http-backend'], input=body, env=environment, capture_output=True,
                              check=False)
        head, _, body = done.stdout.partition(b'\r\n\r\n')
        headers = [line.split(': ', 1) for line in head.decode().split('\r\n') if line]
        status = next((int(value.split()[0]) for name, value in headers if name == 'Status'), 200)
        self.answer(status, [header for header in headers if header[0] != 'Status'], body)

    def do_GET(self):
        kind, _, rest = self.path[1:].partition('/')
        if kind.startswith('private') and not self.is_authorized():
            return
        if kind in ('files', 'private'):
            self.file(rest)
        elif kind == 'plain':
            self.file(rest, marks=False)
        elif kind == 'short':
            self.short(rest)
        elif kind in ('git', 'private-git'):
            self.git(rest)
        elif kind == 'to':
            self.answer(302, [('Location', rest)])
        else:
            self.answer(404)

    do_POST = do_GET


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


server = Server((sys.argv[2] if len(sys.argv) > 2 else '127.0.0.1', 0), Handler)
if len(sys.argv) > 3:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = tls.wrap_socket(server.socket, server_side=True)
with open(f'{ROOT}/port.aside', 'w') as port_file:
    port_file.write(f'{server.server_address[1]}\n')
os.rename(f'{ROOT}/port.aside', f'{ROOT}/port')
server.serve_forever()
