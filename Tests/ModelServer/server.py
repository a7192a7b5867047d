# SPDX-License-Identifier: Apache-2.0
"""A model's server for tests, of the standard library alone: doubles `x`. It does as the file `mode` in the model's folder says."""

import http.server
import json
import os
import pathlib
import signal
import socketserver
import sys
import threading
import time

place, model = sys.argv[1], pathlib.Path(sys.argv[2])
mode = (model / "mode").read_text().strip()
held = []


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, "{}")

    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        x = question["inputs"][0]
        first = x["data"][0]
        if mode == "hang" or first == -1:
            time.sleep(600)
        if first == -3:
            pathlib.Path(f"held-{threading.get_ident()}").touch()
            while not (model / "go").exists():
                time.sleep(0.01)
        if mode == "hang-all":
            os.kill(os.getpid(), signal.SIGSTOP)
            # This thread may run on until another one has taken the signal, and whoever ends a stopped process may wake it first.
            time.sleep(600)
        if mode == "leak":
            for _ in range(64):
                held.append(bytearray(16 << 20))
        if first == -4:
            self.answer(400, json.dumps({"error": "x is -4"}))
            return
        if first == -5:
            self.answer(500, "Traceback\nTypeError: no")
            return
        y = {"name": "y", "shape": x["shape"], "datatype": "FP32", "data": [value * 2 for value in x["data"]]}
        if mode == "garbage":
            y.update(
                {
                    -10: {"shape": [7]},
                    -11: {"datatype": "INT64"},
                    -12: {"data": ["a"]},
                    -13: {"name": "z"},
                    -14: {"data": [1, 2, 3]},
                    -15: {"shape": "wide"},
                }.get(first, {})
            )
            if first == -16:
                self.answer(200, "<html>")
                return
            if first == -17:
                self.answer(200, '{"outputs": 1}')
                return
            if first == -18:
                self.answer(302, "")
                return
        self.answer(200, json.dumps({"outputs": [y]}))

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


class SocketServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


pathlib.Path("pid").write_text(str(os.getpid()))
if mode == "crash":
    print("the model cannot be read", flush=True)
    sys.exit(3)
if mode == "silent":
    time.sleep(600)
server = Server(("127.0.0.1", int(place)), Handler) if place.isdigit() else SocketServer(place, Handler)
if mode == "leak":
    # As a program that cannot go on without memory does.
    threading.excepthook = lambda _: os._exit(9)
    Server.handle_error = lambda *_: os._exit(9)
server.serve_forever()
