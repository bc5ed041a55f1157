# SPDX-License-Identifier: Apache-2.0
"""A registry in memory that misbehaves as it is told.

Rules are functions of one request, tried in order; the first that returns True has dealt with it.
Where none does, the registry behaves. Every request is kept in `log` as
(method, path, headers in lower case).
"""
import hashlib
import http.server
import itertools
import json
import socket
import ssl
import threading
import urllib.parse


def digest_of(data):
    return 'sha256:' + hashlib.sha256(data).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    timeout = 60

    def log_message(self, *args):
        pass

    # --- what rules use ---------------------------------------------------------------------------

    def answer(self, status, headers=(), body=b''):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        if 'Content-Length' not in dict(headers):
            self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)
        return True

    def break_off(self, status, headers, body):
        """Announces more than it sends, then hangs up."""
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        return self.hang_up()

    def hang_up(self):
        self.wfile.flush()
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        return True

    def read_body(self, limit=None):
        left = int(self.headers.get('Content-Length', 0))
        if limit is not None:
            left = min(left, limit)
        parts = []
        while left:
            part = self.rfile.read(min(left, 1 << 20))
            if not part:
                break
            parts.append(part)
            left -= len(part)
        return b''.join(parts)

    # --- the registry that behaves ----------------------------------------------------------------

    def handle_any(self):
        registry = self.server.registry
        self.url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(self.url.query))
        headers = {k.lower(): v for k, v in self.headers.items()}
        with registry.lock:
            registry.log.append((self.command, self.path, headers))
        for rule in list(registry.rules):
            if rule(self):
                return
        self.behave(registry)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = handle_any

    def behave(self, registry):
        kind, _, what = self.url.path.rpartition('/')
        if '/manifests/' in self.url.path:
            return self.manifest(registry, what)
        if kind.endswith('/blobs'):
            return self.blob(registry, what)
        if '/blobs/uploads' in self.url.path:
            return self.upload(registry, what)
        return self.answer(404)

    def manifest(self, registry, what):
        if self.command == 'PUT':
            body = self.read_body()
            entry = (self.headers['Content-Type'], body)
            registry.manifests[what] = registry.manifests[digest_of(body)] = entry
            return self.answer(201, {'Docker-Content-Digest': digest_of(body)})
        if what not in registry.manifests:
            return self.answer(404, {'Content-Type': 'application/json'}, json.dumps(
                {'errors': [{'code': 'MANIFEST_UNKNOWN', 'message': 'manifest unknown'}]}).encode())
        kind, body = registry.manifests[what]
        return self.answer(200, {'Content-Type': kind, 'Docker-Content-Digest': digest_of(body),
                                 'Content-Length': str(len(body))}, body)

    def blob(self, registry, what):
        body = registry.blobs.get(what)
        if body is None:
            return self.answer(404)
        value = self.headers.get('Range')
        if value:
            start = int(value[len('bytes='):].split('-')[0])
            return self.answer(206, {
                'Content-Range': f'bytes {start}-{len(body) - 1}/{len(body)}'}, body[start:])
        return self.answer(200, {'Content-Length': str(len(body))}, body)

    def location(self, name):
        path = self.url.path.split('/blobs/uploads')[0]
        return f'{path}/blobs/uploads/{name}?_state=x'

    def upload(self, registry, name):
        uploads = registry.uploads
        if self.command == 'POST':
            name = str(next(registry.names))
            uploads[name] = b''
            return self.answer(202, {'Location': self.location(name)})
        if name not in uploads:
            self.read_body()
            return self.answer(404)
        if self.command == 'GET':
            return self.answer(204, {'Location': self.location(name),
                                     'Range': f'0-{max(len(uploads[name]) - 1, 0)}'})
        uploads[name] += self.read_body()
        if self.command == 'PATCH':
            return self.answer(202, {'Location': self.location(name),
                                     'Range': f'0-{len(uploads[name]) - 1}'})
        body = uploads.pop(name)
        if digest_of(body) != self.query['digest']:
            return self.answer(400, body=b'{"errors":[{"code":"DIGEST_INVALID"}]}')
        registry.blobs[digest_of(body)] = body
        return self.answer(201, {'Docker-Content-Digest': digest_of(body)})


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # broken connections are what this is for


class BadRegistry:
    def __init__(self, *rules, certificate=None, context=None):
        self.rules = list(rules)
        self.lock = threading.Lock()
        self.log = []
        self.blobs = {}
        self.manifests = {}
        self.uploads = {}
        self.names = itertools.count()
        self.server = Server(('127.0.0.1', 0), Handler)
        self.server.registry = self
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.name = f'127.0.0.1:{self.port}'
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.server.shutdown()
        self.server.server_close()

    def add_blob(self, data):
        self.blobs[digest_of(data)] = data
        return digest_of(data)

    def requests(self, method=None, part=''):
        return [entry for entry in self.log
                if (method is None or entry[0] == method) and part in entry[1]]


def times(count, rule):
    """The rule, for the first `count` requests that it fits; it is asked `fits` by its name."""
    left = [count]

    def limited(request):
        if left[0] <= 0 or not rule(request):
            return False
        left[0] -= 1
        return True
    return limited


def on(method, part, act):
    """act for requests of that method whose path holds `part`."""
    def rule(request):
        if request.command != method or part not in request.path:
            return False
        return act(request)
    return rule
