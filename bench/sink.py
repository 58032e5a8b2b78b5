"""A mail server that takes everything, in a process of its own: one line of a file for each mail.

python -m bench.sink FILE    prints the port; the lines are recipients
"""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO


async def serve(out: TextIO) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        recipient = ""
        say("220 sink ESMTP")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                say("250 8BITMIME")
            elif verb == b"RCPT":
                recipient = line.decode().partition("<")[2].partition(">")[0]
                say("250 Known")
            elif verb == b"DATA":
                say("354 Go on")
                await writer.drain()
                await reader.readuntil(b"\r\n.\r\n")
                out.write(f"{recipient}\n")
                out.flush()
                say("250 Taken")
            elif verb == b"QUIT":
                say("221 Bye")
                break
            else:
                say("250 Fine")
        writer.close()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):  # a worker may end in the middle
            await talk(reader, writer)

    server = await asyncio.start_server(served, "127.0.0.1", 0, limit=2**20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Sink:
    """The running sink, as another process sees it."""

    def __init__(self, port: int, file: Path) -> None:
        self.url = f"smtp://127.0.0.1:{port}"
        self._file = file

    def received(self) -> Counter[str]:
        """How many mails each address was sent."""
        return Counter(self._file.read_text().split())


@contextmanager
def running_sink(file: Path) -> Iterator[Sink]:
    with subprocess.Popen(
        [sys.executable, "-m", "bench.sink", str(file)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            yield Sink(int(process.stdout.readline()), file)
        finally:
            process.terminate()


if __name__ == "__main__":
    with Path(sys.argv[1]).open("a") as lines:
        asyncio.run(serve(lines))
