"""Run a command with PostgreSQL as database and Redis as broker, where they run.

    python -m tests.services POSTGRES_URL REDIS_URL COMMAND…

Says loudly that it was skipped where one of the two does not answer, which is a failure
with SIGNOFF_REQUIRE_ALL=1.
"""

import os
import subprocess
import sys

import psycopg
import redis


def missing(postgres_url: str, redis_url: str) -> list[str]:
    """Return what does not answer, with the reason."""
    found = []
    try:
        psycopg.connect(postgres_url, connect_timeout=3).close()
    except psycopg.OperationalError as error:
        found.append(f"PostgreSQL ({str(error).splitlines()[0]})")
    try:
        redis.Redis.from_url(redis_url, socket_connect_timeout=3).ping()
    except redis.RedisError as error:
        found.append(f"Redis ({error})")
    return found


def main(postgres_url: str, redis_url: str, *command: str) -> int:
    """Run the command there; return its exit status."""
    if lacking := missing(postgres_url, redis_url):
        is_required = os.environ.get("SIGNOFF_REQUIRE_ALL") == "1"
        word = "FAILED" if is_required else "SKIPPED"
        sys.stdout.write(f"{word}: the suite on {' and '.join(lacking)}\n")
        return 1 if is_required else 0
    environment = {
        **os.environ,
        "DATABASE_URL": postgres_url,
        "CELERY_BROKER_URL": redis_url,
        "SIGNOFF_SECRET_KEY": "a key that is only used by tests",
        "SIGNOFF_ENCRYPTION_KEYS": "an encryption key of the tests",
    }
    return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
