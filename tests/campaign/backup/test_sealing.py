"""Sealed files: whole, for those who hold a key, and for nobody else."""

import os
import stat
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import pyrage
import pytest

from campaign.backup import BackupError
from campaign.backup.sealing import identities, opened, passphrase_in, recipient, sealed

ROOT = Path(__file__).resolve().parents[3]
SECRET = b"the director's address is ada@example.org. " * 20_000
WORDS = "correct horse battery staple"


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, str]:
    """A private key in a file as age-keygen writes it, and its public key."""
    identity = pyrage.x25519.Identity.generate()
    path = tmp_path / "key.txt"
    path.write_text(f"# public key: {identity.to_public()}\n{identity}\n")
    return path, str(identity.to_public())


def seal(path: Path, *to: str, passphrase: str = "", content: bytes = SECRET) -> Path:
    with sealed(path, to=to, passphrase=passphrase) as stream:
        stream.write(content)
    return path


def unseal(path: Path, identity: Path | None = None, passphrase: str = "") -> bytes:
    with opened(path, identity=identity, passphrase=passphrase) as stream:
        return stream.read()


def refusal(path: Path, identity: Path | None = None, passphrase: str = "") -> str:
    with pytest.raises(BackupError) as caught:
        unseal(path, identity, passphrase)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_the_private_key_opens_what_the_public_key_sealed(
    tmp_path: Path, key: tuple[Path, str]
) -> None:
    assert unseal(seal(tmp_path / "a", key[1]), key[0]) == SECRET


def test_any_of_several_keys_opens_it(tmp_path: Path, key: tuple[Path, str]) -> None:
    other = str(pyrage.x25519.Identity.generate().to_public())
    assert unseal(seal(tmp_path / "a", other, key[1]), key[0]) == SECRET


def test_a_key_of_ssh_does_as_well(tmp_path: Path) -> None:
    private = tmp_path / "id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", private], check=True)
    public = private.with_suffix(".pub").read_text().strip()
    assert unseal(seal(tmp_path / "a", public), private) == SECRET


def test_a_passphrase_does_as_well(tmp_path: Path) -> None:
    assert unseal(seal(tmp_path / "a", passphrase=WORDS), passphrase=WORDS) == SECRET


def test_what_a_passphrase_seals_is_a_tar_of_two_age_files(tmp_path: Path) -> None:
    with tarfile.open(seal(tmp_path / "a", passphrase=WORDS)) as tar:
        assert tar.getnames() == ["identity.age", "backup.age"]
        for name in tar.getnames():
            file = tar.extractfile(name)
            assert file
            assert file.read(21) == b"age-encryption.org/v1"


@pytest.mark.parametrize("passphrase", ["", WORDS])
def test_nothing_of_it_can_be_read_without(
    tmp_path: Path, key: tuple[Path, str], passphrase: str
) -> None:
    content = seal(tmp_path / "a", key[1], passphrase=passphrase).read_bytes()
    assert b"director" not in content
    assert b"ada@" not in content


def test_only_its_owner_may_read_the_file_whatever_the_umask(
    tmp_path: Path, key: tuple[Path, str]
) -> None:
    (tmp_path / "a.part").touch(mode=0o644)  # left by one that was broken off
    before = os.umask(0)
    try:
        with sealed(tmp_path / "a", to=[key[1]]):
            assert stat.S_IMODE((tmp_path / "a.part").stat().st_mode) == 0o600
            assert not (tmp_path / "a").exists()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_a_file_that_exists_is_not_overwritten(tmp_path: Path, key: tuple[Path, str]) -> None:
    (tmp_path / "a").write_text("precious")
    with pytest.raises(BackupError, match="exists already"):
        seal(tmp_path / "a", key[1])
    assert (tmp_path / "a").read_text() == "precious"


def test_a_file_that_is_being_written_is_left_alone(tmp_path: Path, key: tuple[Path, str]) -> None:
    with (
        sealed(tmp_path / "a", to=[key[1]]) as stream,
        pytest.raises(BackupError, match="being written"),
    ):
        seal(tmp_path / "a", key[1])
        stream.write(b"x")
    assert not (tmp_path / "a").exists() or unseal(tmp_path / "a", key[0]) == b""


def test_after_an_error_nothing_is_left(tmp_path: Path, key: tuple[Path, str]) -> None:
    with pytest.raises(ZeroDivisionError), sealed(tmp_path / "a", to=[key[1]]) as stream:
        stream.write(SECRET)
        raise ZeroDivisionError
    assert not list(tmp_path.glob("a*"))


def test_a_full_disk_is_an_error_and_nothing_is_left(tmp_path: Path, key: tuple[Path, str]) -> None:
    script = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from campaign.backup.sealing import BackupError, sealed\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try:\n"
        "    with sealed(Path(sys.argv[1]), to=[sys.argv[2]]) as s: s.write(bytes(5_000_000))\n"
        "except BackupError as error: print(error)\n"
    )
    words = ["-c", script, str(tmp_path / "a"), key[1]]
    result = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert "cannot be written: OSError: [Errno 27] File too large" in result.stdout
    assert not list(tmp_path.glob("a*"))


def test_another_key_does_not_open_it(tmp_path: Path, key: tuple[Path, str]) -> None:
    other = str(pyrage.x25519.Identity.generate().to_public())
    assert refusal(seal(tmp_path / "a", other), key[0]).endswith("is not encrypted to this key.")


def test_another_passphrase_does_not_open_it(tmp_path: Path) -> None:
    line = refusal(seal(tmp_path / "a", passphrase=WORDS), passphrase="something else, longer")
    assert line.startswith("the passphrase is not that of")


@pytest.mark.parametrize(
    ("passphrase", "part"),
    [("", 0), ("", 0.001), ("", 0.3), ("", 0.999), (WORDS, 0.3), (WORDS, 0.99)],
)
def test_a_truncated_file_is_refused(
    tmp_path: Path, key: tuple[Path, str], passphrase: str, part: float
) -> None:
    path = seal(tmp_path / "a", key[1], passphrase=passphrase)
    os.truncate(path, int(path.stat().st_size * part))
    assert "damaged" in refusal(path, key[0])


@pytest.mark.parametrize("where", [0.3, 0.6, 0.999])
def test_one_changed_bit_is_refused(tmp_path: Path, key: tuple[Path, str], where: float) -> None:
    path = seal(tmp_path / "a", key[1])
    content = bytearray(path.read_bytes())
    content[int(len(content) * where)] ^= 1
    path.write_bytes(content)
    assert "damaged" in refusal(path, key[0])


def test_what_is_no_backup_at_all_is_refused(tmp_path: Path, key: tuple[Path, str]) -> None:
    (tmp_path / "a").write_bytes(b"PGDMP" * 1000)
    assert "is no backup" in refusal(tmp_path / "a", key[0])
    assert "cannot be read: No such file" in refusal(tmp_path / "none", key[0])


def test_what_opens_it_is_asked_for(tmp_path: Path, key: tuple[Path, str]) -> None:
    assert "--identity is needed" in refusal(seal(tmp_path / "a", key[1]), passphrase=WORDS)
    assert "--passphrase-file is needed" in refusal(seal(tmp_path / "b", passphrase=WORDS))


@pytest.mark.parametrize("word", ["", "age1nonsense", "ssh-ed25519 nonsense", "ada@example.org"])
def test_what_is_no_public_key_is_named(word: str) -> None:
    with pytest.raises(BackupError, match="is no public key"):
        recipient(word)


@pytest.mark.parametrize("content", ["", "# only a comment\n", "AGE-SECRET-KEY-1NONSENSE\n", "x"])
def test_what_is_no_private_key_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_text(content)
    with pytest.raises(BackupError, match=r"holds no private key"):
        identities(tmp_path / "key")


def test_a_passphrase_is_a_first_line_that_is_long_enough(tmp_path: Path) -> None:
    path = tmp_path / "words"
    path.write_text(f"{WORDS}\nand a note\n")
    assert passphrase_in(path) == WORDS
    path.write_text("short\n")
    with pytest.raises(BackupError, match="12 characters or more"):
        passphrase_in(path)


def test_without_a_key_or_a_passphrase_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="say for whom"):
        seal(tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_no_thread_is_left_behind(tmp_path: Path, key: tuple[Path, str]) -> None:
    unseal(seal(tmp_path / "a", key[1]), key[0])
    refusal(seal(tmp_path / "b", str(pyrage.x25519.Identity.generate().to_public())), key[0])
    assert "age" not in {thread.name for thread in threading.enumerate()}
