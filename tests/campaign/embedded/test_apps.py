"""Which of Undersigned's own processes are started, and who goes first."""

from pathlib import Path

from campaign.embedded import apps


def workers(**options: int) -> int:
    command = list(apps.web(Path("/srv"), Path("/run/web.sock"), **options).command)
    return int(command[command.index("--workers") + 1])


def test_as_many_web_processes_are_started_as_are_asked_for() -> None:
    assert workers(processes=3) == 3
    assert 1 <= workers() <= 4


def test_whoever_waits_for_a_page_goes_before_mails_and_editions() -> None:
    assert apps.web(Path("/srv"), Path("/run/web.sock")).niceness == 0
    assert apps.worker(Path("/srv")).niceness > 0
    assert apps.scheduler(Path("/srv")).niceness > 0
