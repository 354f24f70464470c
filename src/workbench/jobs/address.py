"""Whether a program may listen where it is asked to."""

from __future__ import annotations

import errno
import socket

from workbench.errors import AddressUnusable, PortTaken


def check_free(host: str, port: int) -> None:
    """
    Raises:
        PortTaken: by another program.
        AddressUnusable: the host is not this machine's, or the port is a privileged one.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            raise PortTaken(port=port, host=host) from exc
        raise AddressUnusable(port=port, host=host, reason=exc.strerror) from exc
