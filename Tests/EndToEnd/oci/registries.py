# SPDX-License-Identifier: Apache-2.0
"""Debian's `docker-registry` on an address that the server may send to, and a wire to it that breaks on demand."""

import http.client
import os
import socket
import subprocess
import threading
import time

HOST = "127.0.0.2"


def free_port():
    with socket.socket() as found:
        found.bind((HOST, 0))
        return found.getsockname()[1]


class DebianRegistry:
    """A registry of its own on a folder; settings as environment variables without `REGISTRY_`."""

    def __init__(self, folder, **settings):
        self.folder = folder
        self.authority = f"{HOST}:{free_port()}"
        (folder / "data").mkdir(parents=True, exist_ok=True)
        configuration = folder / "registry.yaml"
        configuration.write_text(
            f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
            f"http: {{addr: '{self.authority}', secret: wire}}\n"
        )
        environment = {**os.environ, **{f"REGISTRY_{name}": value for name, value in settings.items()}}
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(["docker-registry", "serve", str(configuration)], env=environment, stdout=log, stderr=log)
        host, port = self.authority.split(":")
        for _ in range(400):
            try:
                socket.create_connection((host, int(port))).close()
                return
            except OSError:
                assert self.process.poll() is None, (folder / "log").read_text()
                time.sleep(0.05)
        raise AssertionError("the registry did not start")

    def ask(self, method, path, accept="*/*"):
        """Status and body."""
        connection = http.client.HTTPConnection(self.authority, timeout=30)
        try:
            connection.request(method, f"/v2/{path}", headers={"Accept": accept})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


class Wire:
    """Stands before a registry. `fault(head, number)` says of each request, which has a connection of its own, what becomes of it:

    nothing, `"before"` (cut before the registry hears of it), `"inside"` (cut after half of a piece), `"silent"` (no answer ever), or a
    number of bytes a second.
    """

    def __init__(self, registry, fault):
        self.target = registry.authority.split(":")
        self.fault = fault
        self.heads = []
        self.lock = threading.Lock()
        self.listener = socket.create_server((HOST, 0))
        self.authority = f"{HOST}:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client:
            begun = client.recv(1 << 16)
            if not begun:
                return
            head = begun.split(b"\r\n")[0].decode()
            with self.lock:
                self.heads.append(head)
                number = len(self.heads)
            what = self.fault(head, number)
            if what == "before":
                return
            if what == "silent":
                while client.recv(1 << 16):
                    pass
                return
            with socket.create_connection((self.target[0], int(self.target[1]))) as registry:
                registry.sendall(begun)
                threading.Thread(target=self.pump, args=(registry, client), daemon=True).start()
                self.pump(client, registry, limit=300_000 if what == "inside" else None, rate=what if isinstance(what, int) else None)

    @staticmethod
    def pump(source, sink, limit=None, rate=None):
        count = 0
        try:
            while part := source.recv(1 << 16):
                sink.sendall(part)
                count += len(part)
                if rate:
                    time.sleep(len(part) / rate)
                if limit and count > limit:
                    break
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def stop(self):
        self.listener.close()
