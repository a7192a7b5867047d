# SPDX-License-Identifier: Apache-2.0
"""What it costs to stand before models that other servers answer for: Dhow's remote models beside nginx with split_clients.

The server behind is nginx too and answers at once with the same bytes, so that what is measured is the one in front. nginx passes bytes on;
Dhow reads the tensors, checks them against the signature, assigns each row and logs it. Run it with the Python of .venv-serving.
"""

import argparse
import json
import pathlib
import tempfile

import contenders
import load
import models

FEATURES = 15
ANSWER = {
    "model_name": "behind",
    "outputs": [
        {"name": "label", "datatype": "INT64", "shape": [1], "data": [1]},
        {"name": "probabilities", "datatype": "FP32", "shape": [1, 2], "data": [0.25, 0.75]},
    ],
}
SIGNATURE = {
    "inputs": [{"name": "features", "datatype": "FP32", "shape": [-1, FEATURES]}],
    "outputs": [{"name": "label", "datatype": "INT64", "shape": [-1]}, {"name": "probabilities", "datatype": "FP32", "shape": [-1, 2]}],
}


class Nginx(contenders.Contender):
    """One worker, with the access log off."""

    def __init__(self, folder, model, servers=""):
        super().__init__(folder, model)
        self.servers = servers

    def command(self):
        file = self.folder / f"{self.name}.conf"
        file.write_text(
            f"daemon off; worker_processes 1; pid {self.folder}/{self.name}.pid; error_log {self.folder}/{self.name}.log;\n"
            f"events {{ worker_connections 4096; }}\nhttp {{ access_log off; keepalive_requests 10000000; {self.temporary()}\n{self.site()}\n}}\n"
        )
        return ["nginx", "-c", str(file), "-p", str(self.folder)]

    def temporary(self):
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        return " ".join(f"{kind}_temp_path {self.folder}/{self.name}-{kind};" for kind in kinds)


class Behind(Nginx):
    name = "behind"

    def site(self):
        return f"server {{ listen 127.0.0.1:{self.port}; default_type application/json; location / {{ return 200 '{json.dumps(ANSWER)}'; }} }}"


class Splitting(Nginx):
    """nginx as people split traffic with it: nine of ten requests to one group of servers, one to another, over kept connections."""

    name = "nginx"

    def site(self):
        groups = "".join(f"upstream {name} {{ server {self.servers}; keepalive 64; keepalive_requests 10000000; }}\n" for name in ("stable", "canary"))
        return (
            f'{groups}split_clients "$request_id" $group {{ 10% canary; * stable; }}\n'
            f"server {{ listen 127.0.0.1:{self.port}; location / {{ proxy_pass http://$group; proxy_http_version 1.1;"
            ' proxy_set_header Connection ""; } }'
        )


class Remote(contenders.Dhow):
    """Dhow with a model that the server behind answers for, and the prediction log on."""

    def __init__(self, folder, model, server):
        super().__init__(folder, model)
        self.server = server

    def command(self):
        return [*super().command(), "--egress-allow", "127.0.0.1"]

    def release(self, endpoint, file, percents=(100,)):
        description = self.folder / "dhow-remote.json"
        description.write_text(json.dumps({"url": f"http://{self.server}", "protocol": "v2", "model": "behind", **SIGNATURE}))
        super().release(endpoint, description, percents)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", default="1,8,64")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="proxy-serving.") as text:
        folder = pathlib.Path(text)
        models.make(folder, "logreg")
        with Behind(folder, "behind") as behind:
            server = f"127.0.0.1:{behind.port}"
            with Splitting(folder, "behind", server) as nginx, Remote(folder, "behind", server) as dhow:
                for connections in map(int, options.connections.split(",")):
                    for _ in range(options.rounds):
                        for contender in (behind, nginx, dhow):
                            cell = load.run(contender, 1, connections, options.seconds, folder)
                            print(
                                f"{connections:4} connections  {contender.name:7}{cell.rate:9.0f} requests/s  CPU {cell.cpu:.4f} ms"
                                f"  p50 {cell.p50:7.3f} ms  p99 {cell.p99:7.2f} ms  {cell.errors} failed",
                                flush=True,
                            )


if __name__ == "__main__":
    main()
