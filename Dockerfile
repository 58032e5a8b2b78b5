# One image for web, worker, scheduler and migrate: docker-compose.yml says which does what.
# Python 3.11 is what the locks in requirements/ were made and tried with.
FROM python:3.11-slim-bookworm AS packages

COPY requirements/run.txt /tmp/run.txt
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes \
        -r /tmp/run.txt

FROM python:3.11-slim-bookworm

ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/srv/undersigned

# A number that no account of the host is likely to have, as volumes show it there.
RUN useradd --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin \
        undersigned

COPY --from=packages /venv /venv
WORKDIR /app
COPY . .

# A volume that is mounted here for the first time takes over these directories and their owner.
# The secrets are for collectstatic only, and are of no use elsewhere.
RUN python -m compileall -q campaign signatories \
    && SECRET_KEY=made-up-for-the-build-and-used-nowhere \
    TOKEN_KEY=made-up-for-the-build-and-used-nowhere-either python manage.py collectstatic --noinput --verbosity 0 \
    && mkdir -p "$DATA_DIR/editions" "$DATA_DIR/private/unlisted" \
    && mkdir -m 700 "$DATA_DIR/backups" "$DATA_DIR/private/evidence" \
    && chown -R undersigned:undersigned "$DATA_DIR"

# Not on loopback: from here on nothing is a trial, and mails must be sent.
ENV HOST=0.0.0.0
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "deploy/healthcheck.py"]
# An idle thread ends and leaves its database connection to the garbage collector: let it live.
CMD ["granian", "--interface", "wsgi", "--no-ws", "--host", "0.0.0.0", "--port", "8000", \
    "--workers", "2", "--respawn-failed-workers", "--workers-kill-timeout", "3", \
    "--blocking-threads", "4", "--blocking-threads-idle-timeout", "600", \
    "--backlog", "1024", "--backpressure", "256", \
    "--no-access-log", "--log-level", "warning", "campaign.wsgi:application"]
