#!/usr/bin/env python3
"""steady_clients.py HOST:PORT PATH CLIENTS FILE: strict keep-alive clients, in closed loop until
the listener refuses them. Writes {"answered", "lost", "errors"}: lost is a request that was sent on
an established connection and got no complete reply. Nothing is retried."""

import http.client
import json
import pathlib
import sys
import threading


class Client(threading.Thread):
    def __init__(self, address, path):
        super().__init__()
        self.address, self.path = address, path
        self.answered, self.error = 0, None

    def run(self):
        while self.error is None:
            connection = http.client.HTTPConnection(self.address, timeout=10)
            try:
                connection.connect()
            except OSError:   # the listener is closed: the end of this client, nothing was sent
                return
            try:
                self.use(connection)
            except (OSError, http.client.HTTPException) as error:
                self.error = repr(error)
            finally:
                connection.close()

    def use(self, connection):
        """Requests on one connection until a reply says that it closes."""
        while connection.sock is not None:   # http.client drops the socket on Connection: close
            connection.request("GET", self.path)
            connection.getresponse().read()
            self.answered += 1


def main(address, path, count, file):
    clients = [Client(address, path) for _ in range(count)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    errors = [c.error for c in clients if c.error]
    result = {"answered": sum(c.answered for c in clients), "lost": len(errors), "errors": errors}
    pathlib.Path(file).write_text(json.dumps(result), encoding="ascii")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
