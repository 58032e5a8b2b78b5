"""Sealed files: age (age-encryption.org/v1, C2SP), by the library pyrage, always in a stream.

To public keys the file is one age file. With a passphrase it is a tar of two, because pyrage takes
a passphrase only for what fits into memory: `identity.age`, a fresh identity under the passphrase,
and `backup.age`, encrypted to it. `age --decrypt --identity identity.age backup.age` opens it.

Whoever knows a public key can make such a file: age proves that a file is whole, not whose it is.
"""

import contextlib
import fcntl
import os
import tarfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import pyrage

from campaign.backup import BackupError

MAGIC = b"age-encryption.org/v1"
IDENTITY, CONTENT = "identity.age", "backup.age"
BLOCK = tarfile.BLOCKSIZE
SHORTEST_PASSPHRASE = 12  # characters


def recipient(word: str) -> Any:
    """A public key: `age1…`, or a line as in `id_ed25519.pub`. Raises BackupError."""
    kind = pyrage.ssh if word.startswith("ssh-") else pyrage.x25519
    try:
        return kind.Recipient.from_str(word)
    except pyrage.RecipientError as error:
        raise BackupError(
            f"{word[:40]} is no public key: it should be age1… or ssh-ed25519 …."
        ) from error


def identities(path: Path) -> list[Any]:
    """The private keys in a file of age-keygen or ssh-keygen (without a passphrase of its own).

    Raises BackupError.
    """
    content = _read(path)
    try:
        if b"PRIVATE KEY-----" in content:
            return [pyrage.ssh.Identity.from_buffer(content)]
        words = [line for line in content.decode().split("\n") if line and line[0] != "#"]
        found = [pyrage.x25519.Identity.from_str(word.strip()) for word in words]
    except (pyrage.IdentityError, UnicodeDecodeError) as error:
        raise BackupError(f"{path} holds no private key that can be used.") from error
    if not found:
        raise BackupError(f"{path} holds no private key.")
    return found


def passphrase_in(path: Path) -> str:
    """The first line of a file. Raises BackupError for one that is missing or too short."""
    try:
        passphrase = _read(path).decode().split("\n")[0].strip()
    except UnicodeDecodeError as error:
        raise BackupError(f"{path} holds no text.") from error
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise BackupError(f"{path} should hold {SHORTEST_PASSPHRASE} characters or more.")
    return passphrase


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from error


@contextlib.contextmanager
def sealed(path: Path, *, to: Sequence[str], passphrase: str = "") -> Iterator[IO[bytes]]:
    """A stream to write to: what is written stands encrypted in `path` once all is well.

    Until then it is `path` with `.part` behind, for its owner only; after an error it is gone.
    Raises BackupError or OSError when the disk refuses, BackupError for a path that exists.
    """
    recipients = [recipient(word) for word in to]
    identity = pyrage.x25519.Identity.generate() if passphrase else None
    if identity is not None:
        recipients.append(identity.to_public())
    if not recipients:
        raise BackupError("say for whom: --to with a public key, or --passphrase-file.")
    with _new_file(path) as file:
        if identity is None:
            with _encrypted(file, recipients) as stream:
                yield stream
        else:
            under_passphrase = pyrage.passphrase.encrypt(str(identity).encode(), passphrase)
            with _wrapped(file, under_passphrase), _encrypted(file, recipients) as stream:
                yield stream


@contextlib.contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    part = path.with_name(f"{path.name}.part")
    _refuse_existing(path)
    try:
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise BackupError(f"{part} cannot be written: {error.strerror}.") from error
    with os.fdopen(handle, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError(f"{part} is being written by another backup.") from error
        try:
            os.fchmod(file.fileno(), 0o600)
            file.truncate()  # what a backup that was broken off has left
            yield file
            file.flush()
            os.fsync(file.fileno())
            _refuse_existing(path)
            part.rename(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _refuse_existing(path: Path) -> None:
    if os.path.lexists(path):
        raise BackupError(f"{path} exists already, and is not overwritten.")


@contextlib.contextmanager
def _wrapped(file: IO[bytes], identity: bytes) -> Iterator[None]:
    """The tar around: the length of its second member is known, and written, at the end."""
    file.write(_header(IDENTITY, len(identity)) + identity + _padding(len(identity)))
    place = file.tell()
    file.write(bytes(BLOCK))
    yield
    size = file.seek(0, os.SEEK_END) - place - BLOCK
    file.write(_padding(size) + bytes(2 * BLOCK))
    file.seek(place)
    file.write(_header(CONTENT, size))


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.GNU_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % BLOCK)


@contextlib.contextmanager
def _encrypted(file: IO[bytes], recipients: list[Any]) -> Iterator[IO[bytes]]:
    """pyrage reads from one stream and writes to another: we write to a pipe that it reads."""
    outlet, inlet = os.pipe()

    def encrypt() -> None:
        with os.fdopen(outlet, "rb") as plain:
            try:
                pyrage.encrypt_io(plain, file, recipients)
            except pyrage.EncryptError as error:
                raise BackupError(f"the backup cannot be written: {error}.") from error

    thread = _Failing(encrypt)
    try:
        with os.fdopen(inlet, "wb") as stream:
            yield stream
    except BrokenPipeError:
        thread.finish()
        raise
    finally:
        thread.join()
    thread.finish()


@contextlib.contextmanager
def opened(
    path: Path, *, identity: Path | None = None, passphrase: str = ""
) -> Iterator[IO[bytes]]:
    """A stream of what a sealed file holds, to be read to its end: only then is it proven whole.

    A tar or JSON in it that ends too early is taken for damage. Raises BackupError for that, and
    for a wrong key or passphrase.
    """
    with _source(path, identity, passphrase) as (source, keys):
        outlet, inlet = os.pipe()

        def decrypt() -> None:
            with contextlib.suppress(BrokenPipeError), os.fdopen(inlet, "wb") as plain:
                pyrage.decrypt_io(source, plain, keys)

        thread = _Failing(decrypt)
        try:
            with os.fdopen(outlet, "rb") as stream:
                yield stream
        except (ValueError, tarfile.TarError) as error:  # of content that ends too early
            thread.join()
            raise _unreadable(path, thread.error or error) from error
        finally:
            thread.join()
        if thread.error is not None:
            raise _unreadable(path, thread.error)


@contextlib.contextmanager
def _source(
    path: Path, identity: Path | None, passphrase: str
) -> Iterator[tuple[IO[bytes], list[Any]]]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        plain_age = file.read(len(MAGIC)) == MAGIC
        file.seek(0)
        if plain_age:
            if identity is None:
                raise BackupError(f"{path} is encrypted to a public key: --identity is needed.")
            yield file, identities(identity)
            return
        try:
            tar = tarfile.open(fileobj=file, mode="r:")  # noqa: SIM115 - `file` is closed
            wrapped, content = tar.extractfile(IDENTITY), tar.extractfile(CONTENT)
        except (tarfile.TarError, KeyError, OSError) as error:
            raise BackupError(f"{path} is no backup, or is damaged.") from error
        assert wrapped is not None  # noqa: S101 - extractfile raises KeyError
        assert content is not None  # noqa: S101
        if identity is not None:
            yield content, identities(identity)
        elif not passphrase:
            raise BackupError(f"{path} has a passphrase: --passphrase-file is needed.")
        else:
            try:
                key = pyrage.passphrase.decrypt(wrapped.read(), passphrase).decode()
            except (pyrage.DecryptError, OSError) as error:
                raise BackupError(f"the passphrase is not that of {path}.") from error
            yield content, [pyrage.x25519.Identity.from_str(key)]


def _unreadable(path: Path, error: BaseException) -> BackupError:
    if isinstance(error, pyrage.DecryptError) and "matching" in str(error):
        return BackupError(f"{path} is not encrypted to this key.")
    return BackupError(f"{path} is damaged, or not whole.")


class _Failing:
    """A thread whose error is not lost."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.error: BaseException | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run, name="age", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self.error = error

    def join(self) -> None:
        self._thread.join()

    def finish(self) -> None:
        """Wait for its end. Raises what it raised."""
        self.join()
        if self.error is not None:
            raise self.error
