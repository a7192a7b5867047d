# SPDX-License-Identifier: Apache-2.0
"""A mail server for `MailTests`: says its port, then each mail that it took, a line of JSON each; ends with its standard input.

usage: mail_server.py plain|starttls|tls|injecting CERTIFICATE
"""

import datetime
import ipaddress
import json
import socket
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "127.0.0.1"


def say(what):
    print(json.dumps(what), flush=True)


class Inbox:
    async def handle_DATA(self, server, session, envelope):
        say(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "text": envelope.content.decode("ascii"),
                "tls": session.ssl is not None or server.transport.get_extra_info("ssl_object") is not None,
                "user": session.auth_data.login.decode() if session.authenticated else None,
            }
        )
        return "250 Taken"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"dhow", b"hunter2"), handled=False, auth_data=data)


class FreePortController(Controller):
    """Tells the port that the system chose."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def make_certificate(path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    with open(path, "wb") as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
    with open(path + ".key", "wb") as file:
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        file.write(key.private_bytes(encoding, form, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, path + ".key")
    return context


def inject(listener):
    """Sends more than its answer before TLS begins, as an attacker between would."""
    connection, _ = listener.accept()
    with connection:
        connection.sendall(b"220 mail\r\n")
        connection.recv(1000)
        connection.sendall(b"250-mail\r\n250 STARTTLS\r\n")
        connection.recv(1000)
        connection.sendall(b"220 go\r\n250 AUTH PLAIN\r\n")
        connection.recv(1000)


mode, path = sys.argv[1:]
context = make_certificate(path)
if mode == "injecting":
    listener = socket.create_server((HOST, 0))
    threading.Thread(target=inject, args=[listener], daemon=True).start()
    say(listener.getsockname()[1])
else:
    options = {
        "plain": {},
        "starttls": {
            "tls_context": context,
            "require_starttls": True,
            "authenticator": authenticate,
            "auth_required": True,
        },
        "tls": {
            "ssl_context": context,
            "authenticator": authenticate,
            "auth_required": True,
            "auth_require_tls": False,
        },
    }[mode]
    controller = FreePortController(Inbox(), hostname=HOST, port=0, **options)
    controller.start()
    say(controller.port)
sys.stdin.read()
