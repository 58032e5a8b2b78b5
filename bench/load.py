"""Load over kept connections, cheap enough to run beside what it measures.

`Connection` speaks just enough HTTP/1.1; `closed_loop` sends as fast as it is answered,
`open_loop` at its own pace, whatever comes back: who waits for a slow server would not see it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

#: Longer than any answer may take, in seconds.
PATIENCE = 30.0


@dataclass(frozen=True)
class Answer:
    status: int  # 0: none
    seconds: float  # from when it was due, or sent, to the last byte
    body: bytes = b""


@dataclass(frozen=True)
class Request:
    """A GET without `form`, a POST with it."""

    path: str
    form: dict[str, str] | None = None
    client: str = ""  # the address that a proxy in front would name

    def bytes(self, host: str) -> bytes:
        head = [f"{'GET' if self.form is None else 'POST'} {self.path} HTTP/1.1", f"Host: {host}"]
        if self.client:
            head.append(f"X-Forwarded-For: {self.client}")
        body = b""
        if self.form is not None:
            body = urlencode(self.form).encode()
            head += [
                "Content-Type: application/x-www-form-urlencoded",
                f"Content-Length: {len(body)}",
            ]
        return "\r\n".join([*head, "", ""]).encode() + body


class Connection:
    """One connection, opened anew when the other side has closed it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._name = f"{self._host}:{self._port}"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: Request, *, due: float | None = None) -> Answer:
        """The answer, or one with status 0 when there was none within PATIENCE."""
        started = time.perf_counter() if due is None else due
        try:
            async with asyncio.timeout(PATIENCE):
                status, body = await self._ask(request.bytes(self._name))
        except (OSError, EOFError, TimeoutError, ValueError):
            self.close()
            return Answer(0, time.perf_counter() - started)
        return Answer(status, time.perf_counter() - started, body)

    async def _ask(self, request: bytes) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        body = await _body(reader, head)
        if b"connection: close" in head:
            self.close()
        return int(head[9:12]), body

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
            self._streams = None


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    if b"transfer-encoding: chunked" in head:
        parts = []
        while size := int(await reader.readline(), 16):
            parts.append(await reader.readexactly(size))
            await reader.readline()
        await reader.readline()
        return b"".join(parts)
    _, found, rest = head.partition(b"content-length:")
    return await reader.readexactly(int(rest.split(b"\r\n")[0])) if found else b""


class Pool:
    """Connections to be borrowed; as many are opened as are in use at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: list[Connection] = []

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Connection]:
        connection = self._idle.pop() if self._idle else Connection(self._url)
        yield connection
        self._idle.append(connection)

    def close(self) -> None:
        for connection in self._idle:
            connection.close()


async def closed_loop(
    url: str, requests: Callable[[int], Request], *, seconds: float, connections: int
) -> list[Answer]:
    """So many connections, each sending the next request once it has its answer."""
    answers: list[Answer] = []
    end = time.perf_counter() + seconds
    number = iter(range(10**9))

    async def send() -> None:
        connection = Connection(url)
        while time.perf_counter() < end:
            answers.append(await connection.ask(requests(next(number))))
        connection.close()

    await asyncio.gather(*(send() for _ in range(connections)))
    return answers


async def open_loop(
    url: str,
    requests: Sequence[Request],
    *,
    a_second: float,
    answered: Callable[[Request, Answer, Connection], Awaitable[None]] | None = None,
) -> list[Answer]:
    """Each at its moment, evenly spread. Time is measured from when it was due, not when it went.

    `answered` may send something more over the same connection.
    """
    pool = Pool(url)
    answers: list[Answer | None] = [None] * len(requests)
    start = time.perf_counter()

    async def send(number: int, due: float) -> None:
        async with pool.one() as connection:
            answer = await connection.ask(requests[number], due=due)
            answers[number] = answer
            if answered:
                await answered(requests[number], answer, connection)

    async with asyncio.TaskGroup() as group:
        for number in range(len(requests)):
            due = start + number / a_second
            wait = due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            group.create_task(send(number, due))
    pool.close()
    return [answer for answer in answers if answer is not None]
