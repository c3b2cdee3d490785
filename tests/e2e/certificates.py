"""Certificates for the tests, made when they run, and clients that speak TLS."""

import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile

from http_client import Client, ConnectionLost

P256 = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)


class Pair:
    """A self-signed certificate and its key, in files that can be written anew under the same names."""

    def __init__(self, folder, name="server", **options):
        self.certificate = folder / f"{name}.pem"
        self.key = folder / f"{name}.key"
        self.renew(name, **options)

    def renew(self, name, days=30, algorithm=P256):
        """Another pair under the same file names; `name` is its subject."""
        openssl("req", "-x509", "-newkey", *algorithm, "-nodes", "-days", str(days), "-subj", f"/CN={name}",
                "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-keyout", str(self.key), "-out", str(self.certificate))

    def config(self, **more):
        return {"certificate": str(self.certificate), "key": str(self.key), **more}


class Folder:
    """A folder of pairs, gone with the test that made it."""

    def __init__(self, test):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="spillway-tls-"))
        test.addCleanup(shutil.rmtree, self.path)

    def pair(self, name="server", **options):
        return Pair(self.path, name, **options)


def client_context(alpn=None, least=ssl.TLSVersion.TLSv1_2, most=ssl.TLSVersion.TLSv1_3, ciphers=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version, context.maximum_version = least, most
    if alpn:
        context.set_alpn_protocols(alpn)
    if ciphers:
        context.set_ciphers(ciphers)
    return context


class SecureClient(Client):
    """As Client, over TLS; an end without close_notify is a ConnectionLost that says so."""

    def __init__(self, address, timeout=15.0, context=None, session=None, **options):
        super().__init__(address, timeout, **options)
        try:
            self.socket = (context or client_context()).wrap_socket(
                self.socket, suppress_ragged_eofs=False, session=session)
        except OSError:
            self.socket.close()
            raise

    def fill(self, what):
        try:
            return super().fill(what)
        except ssl.SSLEOFError:
            raise ConnectionLost(f"{what}: cut without close_notify", self.buffer) from None

    def say_end(self):
        """close_notify, and nothing more: the socket stays as it is."""
        try:
            self.socket.settimeout(0)
            self.socket.unwrap()
        except (ssl.SSLWantReadError, OSError):
            pass

    def fin(self):
        """A bare FIN."""
        socket.socket.shutdown(self.socket, socket.SHUT_WR)

    def certificate(self):
        return self.socket.getpeercert(binary_form=True)


def hello(server_hostname="localhost", context=None):
    """The first flight of a client, as bytes, and the object that made it: (bytes, feed, tls)."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = (context or client_context()).wrap_bio(incoming, outgoing, server_hostname=server_hostname)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read(), incoming, outgoing, tls
