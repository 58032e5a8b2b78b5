from collections.abc import Iterator

import pytest

from tests.faults import mounts
from tests.faults.smtp import FaultySink
from tests.site import LIMITED, Site


@pytest.fixture(scope="session")
def faulty_sink() -> Iterator[FaultySink]:
    sink = FaultySink()
    yield sink
    sink.close()


@pytest.fixture(scope="session")
def _quick_site(
    faulty_sink: FaultySink, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("quick")
    site = Site(
        directory / "var",
        email_url=faulty_sink.url,
        DJANGO_SETTINGS_MODULE="tests.faults.quick_settings",
        FAULTS_CLOCK=str(directory / "clock"),
        FAULTS_RELEASE=str(directory / "release"),
        **LIMITED,
    )
    site.prefix = mounts.prefix()
    site.start()
    yield site
    site.stop()


@pytest.fixture
def quick(_quick_site: Site, faulty_sink: FaultySink) -> Iterator[Site]:
    """The whole product with short claims and leases; one for all faults, well before each."""
    faulty_sink.heal()
    yield _quick_site
    faulty_sink.heal()
