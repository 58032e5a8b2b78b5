"""Sockets have short paths, whatever DATA_DIR is."""

import os
from pathlib import Path

import pytest

from campaign.embedded import valkey
from campaign.embedded.paths import (
    LONGEST_NAME,
    LONGEST_SOCKET_PATH,
    make_socket_dir,
    postgres_socket_dir,
    socket_dir,
)
from campaign.embedded.process import Running
from campaign.env import ConfigurationError


def deep(tmp_path: Path) -> Path:
    return tmp_path / ("a-rather-long-name-of-a-directory/" * 4) / "var"


def test_sockets_are_in_data_dir_where_they_fit() -> None:
    assert socket_dir(Path("/srv/undersigned")) == Path("/srv/undersigned/run")
    assert postgres_socket_dir(Path("/srv/u")) == Path("/srv/u/run/postgres")


def test_below_a_deep_data_dir_they_are_short_stable_and_apart(tmp_path: Path) -> None:
    first, second = socket_dir(deep(tmp_path)), socket_dir(deep(tmp_path / "other"))
    assert first != second
    assert first == socket_dir(deep(tmp_path))
    assert len(os.fsencode(first / LONGEST_NAME)) <= LONGEST_SOCKET_PATH


def test_a_directory_that_somebody_else_put_there_is_refused(tmp_path: Path) -> None:
    place = socket_dir(deep(tmp_path))
    place.symlink_to(tmp_path)
    try:
        with pytest.raises(ConfigurationError, match="is not ours"):
            socket_dir(deep(tmp_path))
    finally:
        place.unlink()


@pytest.mark.processes
def test_a_server_starts_below_a_deep_data_dir(tmp_path: Path) -> None:
    data_dir = deep(tmp_path)
    data_dir.mkdir(parents=True)
    place = make_socket_dir(data_dir)
    running = Running(valkey.service(data_dir), data_dir)
    try:
        running.wait_ready()
    finally:
        running.stop()
        (place / "valkey.sock").unlink(missing_ok=True)
        place.rmdir()
