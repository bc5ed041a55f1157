# SPDX-License-Identifier: Apache-2.0
"""cbuild-net and its client against registries that behave, and that do not.

usage: test_net.py DIRECTORY-OF-PROGRAMS [unittest arguments]
"""
import base64
import contextlib
import ctypes
import http.server
import json
import os
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../support'))
from bad_registry import BadRegistry, digest_of, on, times  # noqa: E402

PROGRAMS = ''
CONFIG = b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'
MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'


class Case(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.dir = self.stack.enter_context(tempfile.TemporaryDirectory(prefix='cbuild-net-'))
        self.environment = {'PATH': os.environ['PATH'], 'HOME': self.dir}
        for name in ('ASAN_OPTIONS', 'UBSAN_OPTIONS', 'CBUILD_TRACE'):
            if name in os.environ:
                self.environment[name] = os.environ[name]

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, data, mode=0o600):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        os.chmod(path, mode)
        return path

    def read(self, name):
        with open(self.path(name), 'rb') as file:
            return file.read()

    def dead_port(self):
        """Where nobody listens, nor can begin to as long as the test goes on."""
        holder = self.stack.enter_context(socket.socket())
        holder.bind(('127.0.0.1', 0))
        return holder.getsockname()[1]

    def registry(self, *rules, **options):
        return self.stack.enter_context(BadRegistry(*rules, **options))

    def start(self, *requests, client=None, **more):
        client = client or os.path.join(PROGRAMS, 'net-client')
        process = subprocess.Popen([client, *requests], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env={**self.environment, **more})
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return process

    def ask(self, *requests, timeout=240, **more):
        """The answers in the order of the requests, without their numbers."""
        process = self.start(*requests, **more)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        self.err = err.decode()
        if 'CBUILD_TRACE' not in {**self.environment, **more}:
            self.assertEqual(self.err, '')
        self.helper_lines = [line for line in out.decode().splitlines() if line.startswith('- ')]
        lines = sorted((line for line in out.decode().splitlines() if line[0].isdigit()),
                       key=lambda line: int(line.split()[0]))
        return [line.split(' ', 1)[1] for line in lines]

    def one(self, *request, **more):
        answers = self.ask(' '.join(str(word) for word in request), **more)
        self.assertEqual(len(answers), 1)
        return answers[0]

    def assertOk(self, answer):
        self.assertTrue(answer.startswith('ok'), answer)


class Registries(Case):
    """Debian's docker-registry."""

    def serve(self, auth=''):
        config = self.write('registry.yml', f'''
version: 0.1
log: {{level: info, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {self.path('registry')}}}
http: {{addr: 127.0.0.1:0}}
{auth}''')
        log = self.stack.enter_context(open(self.path('registry.log'), 'wb'))
        process = subprocess.Popen(['docker-registry', 'serve', config], stdout=log, stderr=log)
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        while process.poll() is None:
            if at := re.search(r'listening on (127\.0\.0\.1:\d+)', self.read('registry.log').decode()):
                return at[1]
            time.sleep(0.05)
        self.fail('docker-registry does not start: ' + self.read('registry.log').decode())

    def push_requests(self, repository):
        layer = os.urandom(3_000_000)
        self.layer, self.layer_path = layer, self.write('layer', layer)
        config_path = self.write('config', CONFIG)
        self.manifest = json.dumps({
            'schemaVersion': 2, 'mediaType': MANIFEST_TYPE,
            'config': {'mediaType': 'application/vnd.oci.image.config.v1+json',
                       'digest': digest_of(CONFIG), 'size': len(CONFIG)},
            'layers': [{'mediaType': 'application/vnd.oci.image.layer.v1.tar',
                        'digest': digest_of(layer), 'size': len(layer)}]}).encode()
        manifest_path = self.write('manifest', self.manifest)
        return [f'put-blob {repository} {digest_of(layer)} {len(layer)} {self.layer_path}',
                f'put-blob {repository} {digest_of(CONFIG)} {len(CONFIG)} {config_path}',
                f'put-manifest {repository} v1 {MANIFEST_TYPE} {manifest_path}']

    def check_push_and_pull(self, host):
        answers = self.ask(*self.push_requests(f'{host}/a/b'))
        self.assertTrue(answers[0].startswith('ok uploaded'), answers)
        self.assertTrue(answers[1].startswith('ok uploaded'), answers)
        self.assertEqual(answers[2], 'ok')
        digest, layer = digest_of(self.manifest), digest_of(self.layer)
        answers = self.ask(
            f'get-manifest {host}/a/b v1 {self.path("m1")}',
            f'get-manifest {host}/a/b {digest} {self.path("m2")}',
            f'find-manifest {host}/a/b v1', f'find-manifest {host}/a/b v2',
            f'get-blob {host}/a/b {layer} {len(self.layer)} {self.path("out")}',
            f'get-blob {host}/a/b {layer} {len(self.layer)} pipe:{self.path("piped")}',
            f'find-blob {host}/a/b {layer} {len(self.layer)}',
            f'find-blob {host}/a/c {layer} {len(self.layer)}',
            f'put-blob {host}/a/b {layer} {len(self.layer)} {self.layer_path}',
            f'put-blob {host}/a/c {layer} {len(self.layer)} {self.layer_path} {host}/a/b',
            f'find-blob {host}/a/c {layer} {len(self.layer)}')
        self.assertEqual(answers[:4], [f'ok {digest} {MANIFEST_TYPE}'] * 2 +
                         [f'ok 1 {digest}', 'ok 0 -'])
        self.assertOk(answers[4])
        self.assertOk(answers[5])
        self.assertEqual(answers[6:8], ['ok 1', 'ok 0'])
        self.assertTrue(answers[8].startswith('ok was-there'), answers)
        self.assertTrue(answers[9].startswith('ok was-there'), answers)  # mounted
        self.assertEqual(answers[10], 'ok 1')
        self.assertEqual(self.read('m1'), self.manifest)
        self.assertEqual(self.read('m2'), self.manifest)
        self.assertEqual(self.read('out'), self.layer)
        self.assertEqual(self.read('piped'), self.layer)

    def login(self, host, user, password):
        auth = base64.b64encode(f'{user}:{password}'.encode()).decode()
        self.write('.docker/config.json', json.dumps({'auths': {host: {'auth': auth}}}))

    def test_open_registry(self):
        host = self.serve()
        self.check_push_and_pull(host)
        # another program agrees
        if shutil.which('skopeo'):
            out = subprocess.run(['skopeo', 'inspect', '--tls-verify=false', '--raw',
                                  f'docker://{host}/a/b:v1'], check=True, capture_output=True)
            self.assertEqual(out.stdout, self.manifest)

    def test_many_at_once(self):
        host = self.serve()
        blobs = [os.urandom(200_000 + i) for i in range(24)]
        paths = [self.write(f'blob{i}', blob) for i, blob in enumerate(blobs)]
        puts = self.ask('-j', *(f'put-blob {host}/many {digest_of(b)} {len(b)} {p}'
                                for b, p in zip(blobs, paths)))
        self.assertEqual(len(puts), len(blobs))
        for answer in puts:
            self.assertTrue(answer.startswith('ok uploaded'), answer)
        gets = self.ask('-j', *(f'get-blob {host}/many {digest_of(b)} {len(b)} {p}.out'
                                for b, p in zip(blobs, paths)))
        for answer in gets:
            self.assertOk(answer)
        for i, blob in enumerate(blobs):
            self.assertEqual(self.read(f'blob{i}.out'), blob)
        self.assertEqual(len(self.helper_lines), 1)

    def htpasswd(self):
        # bcrypt, the only kind docker-registry reads, is in libcrypt
        crypt = ctypes.CDLL('libcrypt.so.1').crypt
        crypt.restype = ctypes.c_char_p
        hashed = crypt(b's3cret', b'$2b$04$abcdefghijklmnopqrstuu').decode()
        return self.write('htpasswd', f'me:{hashed}\n')

    def test_basic_auth(self):
        host = self.serve('auth: {htpasswd: {realm: r, path: %s}}' % self.htpasswd())
        self.login(host, 'me', 's3cret')
        self.check_push_and_pull(host)

    def test_basic_auth_refusals_say_who_and_where_from(self):
        host = self.serve('auth: {htpasswd: {realm: r, path: %s}}' % self.htpasswd())
        answer = self.one('get-manifest', f'{host}/a/b', 'v1', self.path('m'))
        self.assertTrue(answer.startswith(f'error auth {host}/a/b:v1: '), answer)
        self.assertIn(f'{self.dir}/.docker/config.json', answer)
        self.login(host, 'me', 'wr0ng-password')
        answer = self.one('get-manifest', f'{host}/a/b', 'v1', self.path('m'), CBUILD_TRACE='all')
        self.assertTrue(answer.startswith('error auth '), answer)
        self.assertIn(f"user 'me' from {self.dir}/.docker/config.json", answer)
        self.assertIn('401', answer)
        secret = base64.b64encode(b'me:wr0ng-password').decode()
        for leak in ('wr0ng-password', secret):
            self.assertNotIn(leak, answer)
            self.assertNotIn(leak, self.err)
        self.assertIn('trace', self.err)

    def test_token_auth(self):
        tokens = self.stack.enter_context(TokenServer(self))
        host = self.serve(f'''
auth:
  token:
    realm: http://127.0.0.1:{tokens.port}/token
    service: the service
    issuer: tests
    rootcertbundle: {tokens.certificate}
''')
        self.login(host, 'me', 's3cret')
        self.check_push_and_pull(host)
        # one token for each scope, not for each request; pushing came twice, in two runs
        self.assertEqual(tokens.scopes.count('repository:a/b:pull,push'), 2)
        self.assertEqual(tokens.scopes.count('repository:a/b:pull'), 1)
        self.login(host, 'me', 'wrong')
        answer = self.one('get-manifest', f'{host}/a/b', 'v1', self.path('m'))
        self.assertTrue(answer.startswith('error auth '), answer)
        self.assertIn("refused user 'me' from", answer)


class TokenServer:
    """Docker's token protocol, signed with openssl."""

    def __init__(self, case):
        self.case = case
        self.key, self.certificate = case.path('token.key'), case.path('token.crt')
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
                        '-subj', '/CN=tests', '-keyout', self.key, '-out', self.certificate],
                       check=True, capture_output=True)
        with open(self.certificate, encoding='ascii') as file:
            self.x5c = ''.join(line.strip() for line in file if '-----' not in line)
        self.scopes = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_GET(self):
                status, body = outer.answer(self)
                self.send_response(status)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(request.path).query)
        expected = 'Basic ' + base64.b64encode(b'me:s3cret').decode()
        if request.headers.get('Authorization') != expected:
            return 401, b'{"details":"incorrect username or password"}'
        if query.get('service') != ['the service']:
            return 400, b'{"details":"what service?"}'
        self.scopes.append(query['scope'][0])
        access = []
        for scope in query['scope']:
            kind, name, actions = scope.split(':')
            access.append({'type': kind, 'name': name, 'actions': actions.split(',')})
        now = int(time.time())
        token = self.sign({'iss': 'tests', 'sub': 'me', 'aud': 'the service', 'jti': str(now),
                           'iat': now, 'nbf': now - 5, 'exp': now + 300, 'access': access})
        return 200, json.dumps({'token': token, 'expires_in': 300}).encode()

    def sign(self, claims):
        def part(data):
            return base64.urlsafe_b64encode(data).rstrip(b'=')
        header = {'typ': 'JWT', 'alg': 'RS256', 'x5c': [self.x5c]}
        text = part(json.dumps(header).encode()) + b'.' + part(json.dumps(claims).encode())
        signature = subprocess.run(['openssl', 'dgst', '-sha256', '-sign', self.key], input=text,
                                   check=True, capture_output=True).stdout
        return (text + b'.' + part(signature)).decode()


class Faults(Case):
    """Registries that misbehave."""

    def blob(self, size=300_000):
        return os.urandom(size)

    def get(self, registry, blob, **more):
        return self.one('get-blob', f'{registry.name}/x', digest_of(blob), len(blob),
                        self.path('out'), **more)

    def put(self, registry, blob, **more):
        return self.one('put-blob', f'{registry.name}/x', digest_of(blob), len(blob),
                        self.write('in', blob), **more)

    #
    def test_nobody_there(self):
        port = self.dead_port()
        answer = self.one('get-manifest', f'127.0.0.1:{port}/x', 'y', self.path('m'))
        self.assertTrue(answer.startswith(
            f'error network 127.0.0.1:{port}/x:y: cannot reach registry 127.0.0.1:{port}: '
            'connection refused'), answer)
        self.assertIn('is it running', answer)

    def test_unknown_name(self):
        answer = self.one('get-manifest', 'registry.invalid/x', 'y', self.path('m'))
        self.assertIn('cannot reach registry registry.invalid: its name does not resolve', answer)

    def test_no_such_image(self):
        registry = self.registry()
        answer = self.one('get-manifest', f'{registry.name}/x', 'y', self.path('m'))
        self.assertEqual(answer, f'error not-found {registry.name}/x:y: no such image '
                         '(the registry answered 404 MANIFEST_UNKNOWN: manifest unknown)')

    #
    def test_truncated_body_is_resumed(self):
        blob = self.blob()

        def cut(request):
            return request.break_off(200, {'Content-Length': len(blob)}, blob[:100_000])
        registry = self.registry(times(1, on('GET', '/blobs/', cut)))
        registry.add_blob(blob)
        self.assertOk(self.get(registry, blob))
        self.assertEqual(self.read('out'), blob)
        gets = registry.requests('GET', '/blobs/')
        self.assertEqual(len(gets), 2)
        self.assertTrue(gets[1][2]['range'].startswith('bytes='), gets[1])
        self.assertNotEqual(gets[1][2]['range'], 'bytes=0-')

    #
    def test_truncated_body_of_a_server_without_ranges(self):
        blob = self.blob()

        def cut(request):
            return request.break_off(200, {'Content-Length': len(blob)}, blob[:100_000])

        def whole(request):
            return request.answer(200, {}, blob)
        registry = self.registry(times(2, on('GET', '/blobs/', cut)), on('GET', '/blobs/', whole))
        self.assertOk(self.get(registry, blob))
        self.assertEqual(self.read('out'), blob)

    # M-03
    def test_wrong_digest_once(self):
        blob = self.blob()
        wrong = blob[:-1] + bytes([blob[-1] ^ 1])
        registry = self.registry(times(1, on('GET', '/blobs/',
                                             lambda r: r.answer(200, {}, wrong))))
        registry.add_blob(blob)
        self.assertOk(self.get(registry, blob))
        self.assertEqual(self.read('out'), blob)
        self.assertEqual(registry.requests('GET', '/blobs/')[1][2]['cache-control'], 'no-cache')

    # M-03
    def test_wrong_digest_for_ever(self):
        blob = self.blob()
        registry = self.registry(on('GET', '/blobs/', lambda r: r.answer(200, {}, b'x' * len(blob))))
        answer = self.get(registry, blob)
        self.assertTrue(answer.startswith('error corrupt blob ' + digest_of(blob)), answer)
        self.assertIn(digest_of(b'x' * len(blob)), answer)
        self.assertEqual(len(registry.requests('GET', '/blobs/')), 2)

    # M-03
    def test_too_much(self):
        blob = self.blob()
        registry = self.registry(on('GET', '/blobs/', lambda r: r.answer(200, {}, blob + b'more')))
        answer = self.get(registry, blob)
        self.assertTrue(answer.startswith('error corrupt'), answer)
        self.assertIn(f'more came than the {len(blob)} bytes', answer)

    # M-03
    def test_too_little(self):
        blob = self.blob()
        registry = self.registry(on('GET', '/blobs/', lambda r: r.answer(200, {}, blob[:-1])))
        answer = self.get(registry, blob)
        self.assertTrue(answer.startswith('error corrupt'), answer)
        self.assertIn(f'{len(blob) - 1} bytes came instead of the {len(blob)}', answer)

    # M-04
    def test_too_large_a_manifest(self):
        registry = self.registry(on('GET', '/manifests/',
                                    lambda r: r.answer(200, {}, b' ' * 5_000_000)))
        answer = self.one('get-manifest', f'{registry.name}/x', 'y', self.path('m'))
        self.assertTrue(answer.startswith('error corrupt'), answer)
        self.assertIn('larger than 4194304 bytes', answer)

    # M-04
    def test_too_many_headers(self):
        registry = self.registry(on('GET', '/manifests/', lambda r: r.answer(
            200, {f'X-{i}': 'y' for i in range(500)}, b'{}')))
        answer = self.one('get-manifest', f'{registry.name}/x', 'y', self.path('m'))
        self.assertTrue(answer.startswith('error corrupt'), answer)

    #
    def test_busy_for_a_while(self):
        blob = self.blob()
        statuses = [500, 502, 503, 504, 408]

        def busy(request):
            return request.answer(statuses.pop(), {}, b'busy')
        registry = self.registry(times(3, on('GET', '/blobs/', busy)))
        registry.add_blob(blob)
        self.assertOk(self.get(registry, blob))

    #
    def test_too_many_requests(self):
        blob = self.blob()
        registry = self.registry(times(1, on('PUT', '/blobs/', lambda r: (
            r.read_body(), r.answer(429, {'Retry-After': '2'}))[1])))
        start = time.monotonic()
        self.assertTrue(self.put(registry, blob).startswith('ok uploaded'))
        self.assertGreaterEqual(time.monotonic() - start, 2)
        self.assertEqual(registry.blobs[digest_of(blob)], blob)

    #
    def test_endless_401(self):
        registry = self.registry(lambda r: r.answer(
            401, {'WWW-Authenticate': 'Basic realm="r"'}))
        auth = base64.b64encode(b'me:pw').decode()
        config = json.dumps({'auths': {registry.name: {'auth': auth}}})
        answer = self.one('get-manifest', f'{registry.name}/x', 'y', self.path('m'),
                          DOCKER_AUTH_CONFIG=config)
        self.assertTrue(answer.startswith('error auth'), answer)
        self.assertIn("user 'me' from $DOCKER_AUTH_CONFIG", answer)
        self.assertLess(len(registry.log), 5)

    #
    def test_redirect_gets_no_credentials(self):
        blob = self.blob()
        other = self.registry()
        other.add_blob(blob)

        def challenge(request):
            if request.headers.get('Authorization'):
                return False
            return request.answer(401, {'WWW-Authenticate': 'Basic realm="r"'})
        registry = self.registry(challenge, on('GET', '/blobs/', lambda r: r.answer(
            307, {'Location': f'http://{other.name}{r.path}?sig=1'})))
        auth = base64.b64encode(b'me:pw').decode()
        # credentials for the other host too: a redirect does not use them
        config = json.dumps({'auths': {registry.name: {'auth': auth}, other.name: {'auth': auth}}})
        self.assertOk(self.get(registry, blob, DOCKER_AUTH_CONFIG=config))
        self.assertIn('authorization', registry.log[-1][2])
        self.assertEqual(len(other.log), 1)
        self.assertNotIn('authorization', other.log[0][2])

    #
    def test_redirects_that_lead_astray(self):
        for location in ('file:///etc/passwd', 'http://169.254.169.254/latest/meta-data/',
                         'gopher://127.0.0.1/', 'http://u:p@127.0.0.1/', 'http://0.0.0.0:1/'):
            registry = self.registry(on('GET', '/manifests/', lambda r: r.answer(
                302, {'Location': location})))
            answer = self.one('get-manifest', f'{registry.name}/x', 'y', self.path('m'))
            self.assertTrue(answer.startswith('error '), answer)
            self.assertNotIn('u:p', answer)

    #
    def test_redirect_loop(self):
        registry = self.registry(on('GET', '/', lambda r: r.answer(302, {'Location': r.path})))
        answer = self.one('get-manifest', f'{registry.name}/x', 'y', self.path('m'))
        self.assertIn('redirects more than 5 times', answer)
        self.assertEqual(len(registry.log), 6)

    #
    def test_upload_sent_elsewhere(self):
        other = self.registry()
        registry = self.registry(on('POST', '/uploads/', lambda r: r.answer(
            202, {'Location': f'http://{other.name}/steal'})))
        answer = self.put(registry, self.blob())
        self.assertTrue(answer.startswith('error network'), answer)
        self.assertIn(f'{other.name}: refused', answer)
        self.assertEqual(other.log, [])

    #
    def test_broken_upload_goes_on_where_it_stopped(self):
        blob = self.blob(2_000_000)

        def cut(request):
            name = request.url.path.rpartition('/')[2]
            request.server.registry.uploads[name] = request.read_body(700_000)
            return request.hang_up()
        registry = self.registry(times(1, on('PUT', '/uploads/', cut)))
        answer = self.put(registry, blob)
        self.assertTrue(answer.startswith('ok uploaded'), answer)
        self.assertEqual(registry.blobs[digest_of(blob)], blob)
        patches = registry.requests('PATCH', '/uploads/')
        self.assertEqual(len(patches), 1)
        self.assertEqual(patches[0][2]['content-range'], '700000-1999999')
        self.assertEqual(patches[0][2]['content-length'], '1300000')

    # "0-0" is what a session says that has one byte, and one that has none
    def test_upload_that_broke_after_its_first_byte(self):
        for size in (1, 2, 5_000):
            turns = iter((True, False) * 3)

            def cut(request):
                if not next(turns, False):
                    return False
                name = request.url.path.rpartition('/')[2]
                request.server.registry.uploads[name] += request.read_body(1)
                return request.hang_up()
            blob = self.blob(size)
            registry = self.registry(on('PUT', '/uploads/', cut))
            answer = self.put(registry, blob)
            self.assertTrue(answer.startswith('ok uploaded'), answer)
            self.assertEqual(registry.blobs[digest_of(blob)], blob)
            self.assertEqual(len(registry.requests('PUT')), 2)

    #
    def test_upload_in_chunks_where_the_whole_is_too_large(self):
        blob = self.blob(40_000_000)

        def too_large(request):
            if int(request.headers['Content-Length']) <= 20_000_000:
                return False
            request.read_body()
            return request.answer(413)
        registry = self.registry(on('PUT', '/uploads/', too_large),
                                 on('PATCH', '/uploads/', too_large))
        answer = self.put(registry, blob)
        self.assertTrue(answer.startswith('ok uploaded'), answer)
        self.assertEqual(registry.blobs[digest_of(blob)], blob)
        self.assertEqual(len(registry.requests('PATCH')), 3)

    #
    def test_lost_upload_session_starts_over(self):
        blob = self.blob()

        def lose(request):
            request.server.registry.uploads.clear()
            return request.hang_up()
        registry = self.registry(times(1, on('PUT', '/uploads/', lose)))
        answer = self.put(registry, blob)
        self.assertTrue(answer.startswith('ok uploaded'), answer)
        self.assertEqual(registry.blobs[digest_of(blob)], blob)

    #
    def test_silent_and_garbled_servers(self):
        def garble(request):
            request.wfile.write(b'\x15\x03\x03\x00\x02\x02\x0a garbage\r\n\r\n')
            return request.hang_up()
        registry = self.registry(on('GET', '/', garble))
        answer = self.one('get-manifest', f'{registry.name}/x', 'y', self.path('m'))
        self.assertTrue(answer.startswith('error network'), answer)

    # L-01
    def test_control_characters_do_not_reach_the_terminal(self):
        body = json.dumps({'errors': [{'code': 'X\x1b]0;pwned\x07', 'message': 'a\nb\u202e'}]})
        registry = self.registry(on('GET', '/', lambda r: r.answer(400, {}, body.encode())))
        answer = self.one('get-manifest', f'{registry.name}/x', 'y', self.path('m'))
        self.assertNotIn('\x1b', answer)
        self.assertNotIn('\x07', answer)
        self.assertIn('X\\x1b', answer)

    def test_manifest_put_stored_otherwise(self):
        registry = self.registry(on('PUT', '/manifests/', lambda r: (r.read_body(), r.answer(
            201, {'Docker-Content-Digest': digest_of(b'other')}))[1]))
        answer = self.one('put-manifest', f'{registry.name}/x', 'y', MANIFEST_TYPE,
                          self.write('m', b'{}'))
        self.assertTrue(answer.startswith('error corrupt'), answer)


class Chaos(Case):
    """One answer in five is a fault of some kind; everything arrives all the same."""

    ROUNDS = int(os.environ.get('CBUILD_CHAOS_ROUNDS', '4'))

    @staticmethod
    def fault(random):
        lock = threading.Lock()

        def busy(request):
            request.read_body()
            return request.answer(random.choice((408, 425, 429, 500, 502, 503, 504)))

        def cut(request):
            if request.command == 'GET' and '/blobs/sha256' in request.path:
                body = request.server.registry.blobs.get(request.path.rpartition('/')[2], b'')
                if 'Range' in request.headers or not body:
                    return request.hang_up()
                return request.break_off(200, {'Content-Length': len(body)},
                                         body[:random.randrange(len(body))])
            if request.command in ('PUT', 'PATCH') and '/uploads/' in request.path:
                name = request.url.path.rpartition('/')[2]
                uploads = request.server.registry.uploads
                part = request.read_body(random.randrange(
                    int(request.headers['Content-Length']) + 1))
                if name in uploads:
                    uploads[name] += part
            return request.hang_up()

        def lose(request):
            request.server.registry.uploads.clear()
            return request.hang_up()

        def rule(request):
            with lock:
                act = random.choices((None, busy, cut, lose), (80, 9, 9, 2))[0]
            return act(request) if act else False
        return rule

    #
    def test_everything_arrives(self):
        for round_ in range(self.ROUNDS):
            chance = random.Random(round_)
            registry = self.registry(self.fault(chance))
            blobs = [chance.randbytes(chance.choice((1, 5_000, 600_000))) for _ in range(6)]
            puts, gets = [], []
            for i, blob in enumerate(blobs):
                path = self.write(f'in{i}', blob)
                puts.append(f'put-blob {registry.name}/x {digest_of(blob)} {len(blob)} {path}')
                gets.append(f'get-blob {registry.name}/x {digest_of(blob)} {len(blob)} '
                            + self.path(f'out{i}'))
            manifest = self.write('manifest', b'{"round": %d}' % round_)
            for requests in (['-j', *puts], [f'put-manifest {registry.name}/x y '
                                             f'{MANIFEST_TYPE} {manifest}'],
                             ['-j', *gets, f'get-manifest {registry.name}/x y {self.path("m")}']):
                for answer in self.ask(*requests, timeout=240):
                    self.assertTrue(answer.startswith('ok'), f'round {round_}: {answer}')
            for i, blob in enumerate(blobs):
                self.assertEqual(self.read(f'out{i}'), blob)
            self.assertEqual(self.read('m'), b'{"round": %d}' % round_)


class Tls(Case):
    def make_certificate(self, name, subject):
        pem = self.path(name)
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
                        '-subj', '/CN=test', '-addext', f'subjectAltName={subject}',
                        '-keyout', pem + '.key', '-out', pem + '.crt'],
                       check=True, capture_output=True)
        with open(pem, 'wb') as file:
            for part in ('.key', '.crt'):
                with open(pem + part, 'rb') as source:
                    file.write(source.read())
        return pem

    #
    def test_loopback_with_tls_is_found_and_believed_only_when_vouched_for(self):
        pem = self.make_certificate('server', 'IP:127.0.0.1')
        registry = self.registry(certificate=pem)
        registry.manifests['y'] = (MANIFEST_TYPE, b'{}')
        answer = self.one('get-manifest', f'{registry.name}/x', 'y', self.path('m'))
        self.assertTrue(answer.startswith('error network'), answer)
        self.assertIn(f'no trusted connection to registry {registry.name}', answer)
        self.assertOk(self.one('get-manifest', f'{registry.name}/x', 'y', self.path('m'),
                               SSL_CERT_FILE=pem + '.crt'))

    #
    def test_the_name_must_fit(self):
        pem = self.make_certificate('server', 'DNS:other.example')
        registry = self.registry(certificate=pem)
        answer = self.one('get-manifest', f'{registry.name}/x', 'y', self.path('m'),
                          SSL_CERT_FILE=pem + '.crt')
        self.assertIn('no trusted connection', answer)
        self.assertEqual(registry.log, [])

    def test_authorities_and_client_certificates_of_a_host(self):
        pem = self.make_certificate('server', 'IP:127.0.0.1')
        mine = self.make_certificate('mine', 'DNS:me')
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        context.load_verify_locations(mine + '.crt')
        context.verify_mode = ssl.CERT_REQUIRED
        # with 1.3 the refusal comes after the handshake, and may be lost on the way
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        registry = self.registry(context=context)
        registry.manifests['y'] = (MANIFEST_TYPE, b'{}')
        home = self.path('home')
        directory = f'home/.config/containers/certs.d/{registry.name}'
        request = 'get-manifest', f'{registry.name}/x', 'y', self.path('m')
        self.assertIn('no trusted connection', self.one(*request, HOME=home))
        self.write(f'{directory}/ca.crt', self.read('server.crt'))
        self.assertIn('no trusted connection', self.one(*request, HOME=home))
        self.assertEqual(registry.log, [])
        # one without the other is told, as docker does
        self.write(f'{directory}/client.cert', self.read('mine.crt'))
        answer = self.one(*request, HOME=home)
        self.assertIn('missing key client.key for client certificate client.cert', answer)
        self.assertTrue(answer.startswith('error not-found'), answer)
        self.write(f'{directory}/client.key', self.read('mine.key'))
        self.assertOk(self.one(*request, HOME=home))
        os.unlink(self.path(f'{directory}/client.cert'))
        answer = self.one(*request, HOME=home)
        self.assertIn('missing client certificate client.cert for key client.key', answer)

    def test_token_server_has_the_trust_of_its_registry(self):
        pem = self.make_certificate('server', 'IP:127.0.0.1')
        mine = self.make_certificate('mine', 'DNS:me')
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        context.load_verify_locations(mine + '.crt')
        context.verify_mode = ssl.CERT_REQUIRED
        # with 1.3 the refusal comes after the handshake, and may be lost on the way
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        tokens = self.registry(lambda r: r.answer(200, {}, b'{"token": "t0ken"}'), context=context)

        def challenge(request):
            if request.headers.get('Authorization') == 'Bearer t0ken':
                return False
            return request.answer(401, {
                'WWW-Authenticate': f'Bearer realm="https://{tokens.name}/token",service="s"'})
        registry = self.registry(challenge, certificate=pem)
        registry.manifests['y'] = (MANIFEST_TYPE, b'{}')
        home = self.path('home')
        certs = 'home/.config/containers/certs.d'
        request = 'get-manifest', f'{registry.name}/x', 'y', self.path('m')
        # the authority is the registry's, and the token server's with it; so is the client's
        # certificate
        self.write(f'{certs}/{registry.name}/ca.crt', self.read('server.crt'))
        self.assertIn('no trusted connection to token server', self.one(*request, HOME=home))
        self.assertEqual(tokens.log, [])
        self.write(f'{certs}/{registry.name}/client.cert', self.read('mine.crt'))
        self.write(f'{certs}/{registry.name}/client.key', self.read('mine.key'))
        self.assertOk(self.one(*request, HOME=home))
        self.assertEqual(len(tokens.log), 1)
        # what there is for its own name counts as well, and is nothing for the registry
        os.rename(self.path(f'{certs}/{registry.name}'), self.path(f'{certs}/{tokens.name}'))
        self.assertIn('no trusted connection', self.one(*request, HOME=home))
        self.write(f'{certs}/{registry.name}/ca.crt', self.read('server.crt'))
        os.unlink(self.path(f'{certs}/{tokens.name}/ca.crt'))
        self.assertOk(self.one(*request, HOME=home))
        self.assertEqual(len(tokens.log), 2)

    def test_through_a_proxy(self):
        pem = self.make_certificate('server', 'DNS:registry.test')
        registry = self.registry(certificate=pem)
        registry.manifests['y'] = (MANIFEST_TYPE, b'{}')
        proxy = self.stack.enter_context(Proxy(registry.port))
        url = f'http://someone:pr0xypw@127.0.0.1:{proxy.port}'
        answer = self.one('get-manifest', 'registry.test/x', 'y', self.path('m'),
                          SSL_CERT_FILE=pem + '.crt', HTTPS_PROXY=url)
        self.assertOk(answer)
        self.assertIn('CONNECT registry.test:443', proxy.seen[0])
        self.assertIn('Proxy-Authorization: Basic', proxy.seen[0])
        for _, _, headers in registry.log:
            self.assertNotIn('proxy-authorization', headers)
        # NO_PROXY, and the error of a proxy that is not there, name no password
        answer = self.one('get-manifest', 'registry.test/x', 'y', self.path('m'),
                          HTTPS_PROXY=f'http://someone:pr0xypw@127.0.0.1:{self.dead_port()}')
        self.assertTrue(answer.startswith('error network'), answer)
        self.assertNotIn('pr0xypw', answer)


class Proxy:
    """CONNECT, always to the same place."""

    def __init__(self, target):
        self.seen = []
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.target = target
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.listener.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        head = b''
        while b'\r\n\r\n' not in head:
            head += client.recv(4096)
        self.seen.append(head.decode())
        with client, socket.create_connection(('127.0.0.1', self.target)) as server:
            client.sendall(b'HTTP/1.1 200 ok\r\n\r\n')
            back = threading.Thread(target=self.copy, args=(client, server), daemon=True)
            back.start()
            self.copy(server, client)
            back.join()

    @staticmethod
    def copy(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


class Helpers(Case):
    """docker-credential-NAME."""

    def ask_with(self, script, name='test', config=None):
        registry = self.registry(lambda r: False if r.headers.get('Authorization') ==
                                 'Basic ' + base64.b64encode(b'me:pw').decode() else
                                 r.answer(401, {'WWW-Authenticate': 'Basic realm="r"'}))
        registry.manifests['y'] = (MANIFEST_TYPE, b'{}')
        if script is not None:
            self.write(f'bin/docker-credential-{name}', '#!/bin/sh\n' + script, 0o755)
        self.write('.docker/config.json',
                   json.dumps(config or {'credHelpers': {registry.name: name}}))
        self.name = registry.name
        return self.one('get-manifest', f'{registry.name}/x', 'y', self.path('m'),
                        PATH=self.path('bin') + ':/usr/bin:/bin', LEAK='s3cret')

    def test_answer(self):
        answer = self.ask_with(f'''
[ "$1" = get ] || exit 3
read server
echo "$server" >> {self.path('asked')}
echo '{{"ServerURL":"x","Username":"me","Secret":"pw"}}'
''')
        self.assertOk(answer)
        self.assertEqual(self.read('asked').decode(), self.name + '\n')

    def test_none(self):
        answer = self.ask_with('echo credentials not found in native keychain; exit 1')
        self.assertTrue(answer.startswith('error auth'), answer)
        self.assertIn('there are none for it in', answer)

    def test_failures_quote_nothing(self):
        for script, part in (('echo "$LEAK"; echo "$LEAK" >&2; exit 7', 'ended with status 7'),
                             ('echo "$LEAK"', 'printed no usable JSON'),
                             ('yes "$LEAK"', 'printed more than 64 KiB'),
                             ('kill -9 $$', 'ended with status')):
            answer = self.ask_with(script)
            self.assertTrue(answer.startswith('error auth'), answer)
            self.assertIn(f'docker-credential-test {part}', answer)
            self.assertNotIn('s3cret', answer)

    def test_not_there(self):
        self.assertIn('is not on PATH', self.ask_with(None, 'absent'))

    def test_bad_name(self):
        answer = self.ask_with(None, 'x', {'credsStore': f'a b;touch {self.path("canary")}'})
        self.assertIn('is no name of a credential helper', answer)
        self.assertFalse(os.path.exists(self.path('canary')))


    def test_unreadable_files_are_named_when_credentials_are_wanted(self):
        if os.getuid() != 0:
            self.skipTest('needs root to become somebody else')
        registry = self.registry(lambda r: r.answer(401, {'WWW-Authenticate': 'Basic realm="r"'}))
        path = self.write('locked/.docker/config.json', '{}', 0o600)
        os.chmod(self.dir, 0o755)
        programs = self.path('bin')
        shutil.copytree(PROGRAMS, programs)
        process = subprocess.run(
            [os.path.join(programs, 'net-client'), f'find-manifest {registry.name}/x y'],
            env={**self.environment, 'HOME': self.path('locked')}, capture_output=True,
            user=65534, group=65534, extra_groups=[], check=True)
        self.assertIn(f'{path} (which may not be read)', process.stdout.decode())


class Program(Case):
    """Starting the helper, and its death."""

    def place(self, helper):
        client = self.path('bin/net-client')
        os.makedirs(os.path.dirname(client), exist_ok=True)
        shutil.copy(os.path.join(PROGRAMS, 'net-client'), client)
        if helper:
            os.makedirs(os.path.dirname(self.path(helper)), exist_ok=True)
            shutil.copy(os.path.join(PROGRAMS, 'cbuild-net'), self.path(helper))
        return client

    def test_beside_and_in_libexec(self):
        registry = self.registry()
        for helper in ('bin/cbuild-net', 'libexec/cbuild/cbuild-net'):
            client = self.place(helper)
            self.assertEqual(self.one('find-manifest', f'{registry.name}/x', 'y', client=client),
                             'ok 0 -')
            os.unlink(self.path(helper))

    def test_missing(self):
        client = self.place(None)
        # never from PATH
        answer = self.one('find-manifest', '127.0.0.1:1/x', 'y', client=client, PATH=PROGRAMS)
        self.assertEqual(answer, 'error system the network needs the program cbuild-net, which is '
                         f"neither '{self.dir}/bin/cbuild-net' nor "
                         f"'{self.dir}/libexec/cbuild/cbuild-net'")

    def test_of_another_release(self):
        client = self.place(None)
        self.write('bin/cbuild-net', f'''#!{sys.executable}
import socket
server = socket.socket(fileno=3)
message, fds, _, _ = socket.recv_fds(server, 65536, 4)
assert b'"version"' in message
socket.socket(fileno=fds[0]).send(b'{{"version":"9.9.9"}}')
''', 0o755)
        answer = self.one('find-manifest', '127.0.0.1:1/x', 'y', client=client)
        self.assertIn('but the cbuild-net beside it is 9.9.9', answer)

    def test_not_a_program(self):
        client = self.place(None)
        self.write('bin/cbuild-net', 'no program', 0o755)
        answer = self.one('find-manifest', '127.0.0.1:1/x', 'y', client=client)
        self.assertTrue(answer.startswith(f"error system start '{self.dir}/bin/cbuild-net'"), answer)

    def test_started_by_hand(self):
        result = subprocess.run([os.path.join(PROGRAMS, 'cbuild-net')], capture_output=True,
                                stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(result.returncode, 2)
        self.assertIn(b'is started by cbuild', result.stderr)

    def hold(self):
        """A registry that lets a request wait until it is told."""
        self.held, self.go = threading.Event(), threading.Event()

        def wait(request):
            self.held.set()
            self.go.wait(240)
            return False
        self.stack.callback(self.go.set)
        return self.registry(on('HEAD', '/manifests/hold', wait))

    def read_helper_pid(self, process):
        return int(process.stdout.readline().split()[2])

    def test_death_of_the_helper_is_noticed(self):
        registry = self.hold()
        process = self.start('-j', f'find-manifest {registry.name}/x hold',
                             f'find-manifest {registry.name}/y hold')
        pid = self.read_helper_pid(process)
        self.assertTrue(self.held.wait(120))
        os.kill(pid, signal.SIGKILL)
        out = process.communicate(timeout=120)[0].decode()
        self.assertEqual(out.count('error network cbuild-net died'), 2, out)

    def test_dies_with_its_parent_and_hides_its_memory(self):
        registry = self.hold()
        process = self.start(f'find-manifest {registry.name}/x hold')
        pid = self.read_helper_pid(process)
        self.assertTrue(self.held.wait(120))
        with open(f'/proc/{pid}/limits', encoding='ascii') as file:
            core = [line for line in file if line.startswith('Max core file size')][0]
        self.assertEqual(core.split()[4:6], ['0', '0'])
        fds = sorted(int(fd) for fd in os.listdir(f'/proc/{pid}/fd'))
        targets = [os.readlink(f'/proc/{pid}/fd/{fd}') for fd in fds]
        self.assertEqual(targets[:2], ['/dev/null', '/dev/null'])
        self.assertTrue(targets[3].startswith('socket:'))
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(pid, sig)
        time.sleep(0.2)
        self.assertTrue(os.path.exists(f'/proc/{pid}'))
        process.kill()
        process.wait()
        for _ in range(2400):
            if not os.path.exists(f'/proc/{pid}') or 'Z' in self.state(pid):
                break
            time.sleep(0.05)
        else:
            self.fail('cbuild-net outlives its parent')

    @staticmethod
    def state(pid):
        with contextlib.suppress(OSError), open(f'/proc/{pid}/stat', encoding='ascii') as file:
            return file.read().rpartition(')')[2].split()[0]
        return 'Z'

    def test_a_dead_job_takes_its_request_along(self):
        registry = self.hold()
        process = self.start('-j', f'find-manifest {registry.name}/x hold',
                             f'find-manifest {registry.name}/x y')
        pid = self.read_helper_pid(process)
        self.assertTrue(self.held.wait(120))
        children = subprocess.run(['pgrep', '-P', str(process.pid)], capture_output=True,
                                  check=True).stdout.split()
        for child in children:
            # the one that is not held may have ended by now
            if int(child) != pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGKILL)
        out = process.communicate(timeout=120)[0].decode()
        self.assertEqual(process.returncode, 0)
        self.assertNotIn('hold', out)


if __name__ == '__main__':
    PROGRAMS = os.path.abspath(sys.argv.pop(1))
    if not shutil.which('docker-registry'):
        print('docker-registry is not installed: its tests are not run')
        del Registries
    unittest.main(verbosity=2)
