"""Servers of this machine alone, bound without a look into the name service."""

from __future__ import annotations

import socket
from http.server import ThreadingHTTPServer


class LocalServer(ThreadingHTTPServer):
    """On 127.0.0.1, a thread a request; these end with the process."""

    daemon_threads = True

    def server_bind(self) -> None:
        # HTTPServer's own asks the name service for the host's full name, which may take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
