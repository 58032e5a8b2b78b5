"""The Celery application: one task, `work`, that takes a kind and asks PostgreSQL what is due."""

import os
from datetime import timedelta

import structlog
from celery import Celery
from celery.signals import worker_process_init
from django.conf import settings

from campaign.embedded.identity import die_with_supervised_parent
from campaign.redaction import redact_tracebacks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign.settings")
log = structlog.get_logger(__name__)

app = Celery("undersigned")
app.conf.update(
    # redis-py says unix://, kombu says redis+socket:// for the same socket.
    broker_url=settings.REDIS_URL.replace("unix://", "redis+socket://", 1),
    broker_connection_retry_on_startup=True,
    # A hint is worth a moment: it is never worth waiting for the broker.
    broker_transport_options={
        "socket_connect_timeout": 1,
        "socket_timeout": 5,
        "visibility_timeout": 60,
    },
    task_ignore_result=True,
    task_acks_late=False,
    task_publish_retry=False,
    task_always_eager=False,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    enable_utc=True,
)


@app.task(name="work")  # type: ignore[untyped-decorator]
def work(kind: str) -> None:
    """Do what is due of one kind of work. What fails is logged, and left to the sweep.

    Celery would log it as well, in the exception's own words, which may quote a row.
    """
    from campaign.work import run

    try:
        run(kind, overdue=timedelta(0))
    except Exception:
        log.exception("work.failed", kind=kind)


def _start_child(**_: object) -> None:
    die_with_supervised_parent()
    redact_tracebacks()


# Celery has no other place to say something to each process that it forks.
worker_process_init.connect(_start_child)
