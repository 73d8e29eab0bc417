"""The commit that a run was started from, and where it can be looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

COMMIT_TAG = "mlflow.source.git.commit"
REPOSITORY_TAG = "mlflow.source.git.repoURL"
DIRTY_TAG = "mlflow.source.git.dirty"

_COMMIT = re.compile(r"[0-9a-fA-F]{7,64}")
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_WITHOUT_SCHEME = re.compile(r"[^@/:\s]+@(?P<host>[^@/:\s]+):(?P<path>[^\s]+)")
_FOLDERS = {"bitbucket.org": "commits"}
"""Where hosts show commits, if it is not `commit`, as on GitHub, GitLab and Gitea."""


def commit_of(run_tags: Mapping[str, str]) -> str:
    """Return the commit, and whether the files had been changed; empty if unknown."""
    commit = run_tags.get(COMMIT_TAG, "")
    is_dirty = run_tags.get(DIRTY_TAG, "").casefold() == "true"
    return f"{commit} with uncommitted changes" if commit and is_dirty else commit


def commit_url(run_tags: Mapping[str, str]) -> str:
    """Return the address of the commit's page; empty where the tags do not tell it.

    Anybody may have written the tags: what is returned begins with http or https.
    """
    commit = run_tags.get(COMMIT_TAG, "")
    found = _repository(run_tags.get(REPOSITORY_TAG, "").strip())
    if found is None or not _COMMIT.fullmatch(commit):
        return ""
    scheme, host, path = found
    folder = _FOLDERS.get(host, "commit")
    return f"{scheme}://{host}/{quote(path, safe='/~')}/{folder}/{commit}"


def _repository(url: str) -> tuple[str, str, str] | None:
    """Return scheme, host and path of a repository's web pages.

    Git also takes `user@host:path`, and SSH, whose port is not that of the pages.
    """
    try:
        parts = urlsplit(url)
        web_host = parts.netloc.rpartition("@")[2]
        ssh_host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme in {"http", "https"}:
        scheme, host, path = parts.scheme, web_host, parts.path
    elif parts.scheme in {"ssh", "git", "git+ssh"}:
        scheme, host, path = "https", ssh_host, parts.path
    elif "://" not in url and (short := _WITHOUT_SCHEME.fullmatch(url)):
        scheme, host, path = "https", short["host"], short["path"]
    else:
        return None
    path = path.strip("/").removesuffix(".git")
    return (scheme, host, path) if path and _HOST.fullmatch(host) else None
