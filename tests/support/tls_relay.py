"""TLS before a server that has none: what Redis' own TLS port, or a proxy of a cloud, would be."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import trustme

#: The first byte of a TLS handshake; nothing that Redis' protocol could begin with.
_HANDSHAKE = b"\x16"


@dataclass
class Relay:
    """Where it listens, and how many connections came by TLS."""

    port: int
    accepted: int = 0


def context_for(certificate: trustme.LeafCert, clients: trustme.CA | None = None) -> ssl.SSLContext:
    """A server's side; with `clients`, one that asks for a certificate of that CA."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    if clients is not None:
        clients.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@contextmanager
def tls_relay(
    port: int, context: ssl.SSLContext, *, plain_too: bool = False, listen_on: int = 0
) -> Iterator[Relay]:
    """Relay to a port of 127.0.0.1. Who begins in plain text is let through only where `plain_too` is said."""
    listener = socket.create_server(("127.0.0.1", listen_on))
    listener.setblocking(False)
    relay = Relay(listener.getsockname()[1])
    loop = asyncio.new_event_loop()
    serving = _Serving(loop, relay, port, context, plain_too=plain_too)
    thread = threading.Thread(target=loop.run_until_complete, args=(serving.accept(listener),), daemon=True)
    thread.start()
    try:
        yield relay
    finally:
        loop.call_soon_threadsafe(serving.stop)
        thread.join(10)
        listener.close()
        loop.close()


class _Serving:
    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        relay: Relay,
        port: int,
        context: ssl.SSLContext,
        *,
        plain_too: bool,
    ) -> None:
        self._loop = loop
        self._relay = relay
        self._port = port
        self._context = context
        self._plain_too = plain_too
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        self._stopped.set()

    async def accept(self, listener: socket.socket) -> None:
        accepting = self._loop.create_task(self._accept(listener))
        await self._stopped.wait()
        for task in (accepting, *self._tasks):
            task.cancel()
        await asyncio.gather(accepting, *self._tasks, return_exceptions=True)

    async def _accept(self, listener: socket.socket) -> None:
        while True:
            client, _ = await self._loop.sock_accept(listener)
            task = self._loop.create_task(self._serve(client))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):  # a handshake that failed is one, and so is a server that is gone
            is_tls = await self._first_byte(client) == _HANDSHAKE
            if not is_tls and not self._plain_too:
                return
            streams = await self._streams(client, self._context if is_tls else None)
            self._relay.accepted += is_tls
            server = await asyncio.open_connection("127.0.0.1", self._port)
            try:
                await asyncio.wait(
                    [
                        self._loop.create_task(_copy(streams[0], server[1])),
                        self._loop.create_task(_copy(server[0], streams[1])),
                    ],
                    return_when=asyncio.FIRST_COMPLETED,
                )
            finally:
                streams[1].close()
                server[1].close()

    async def _first_byte(self, client: socket.socket) -> bytes:
        client.setblocking(False)
        readable = asyncio.Event()
        self._loop.add_reader(client, readable.set)
        try:
            await readable.wait()
        finally:
            self._loop.remove_reader(client)
        return client.recv(1, socket.MSG_PEEK)

    async def _streams(
        self, client: socket.socket, context: ssl.SSLContext | None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await self._loop.connect_accepted_socket(lambda: protocol, client, ssl=context)
        return reader, asyncio.StreamWriter(transport, protocol, reader, self._loop)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
