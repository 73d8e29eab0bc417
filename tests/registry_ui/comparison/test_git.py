"""The commit of a run, and its page."""

import pytest

from registry_ui.comparison import commit_of, commit_url, compare
from tests.registry_ui.comparison.facts import make_facts

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def tags(repository: str, commit: str = COMMIT) -> dict[str, str]:
    return {
        "mlflow.source.git.commit": commit,
        "mlflow.source.git.repoURL": repository,
    }


@pytest.mark.parametrize(
    ("repository", "page"),
    [
        ("https://github.com/acme/churn", "https://github.com/acme/churn/commit"),
        ("https://github.com/acme/churn.git", "https://github.com/acme/churn/commit"),
        ("https://me:secret@git.acme.io/a/b.git", "https://git.acme.io/a/b/commit"),
        ("http://git.acme.io:8080/a/b/", "http://git.acme.io:8080/a/b/commit"),
        ("git@github.com:acme/churn.git", "https://github.com/acme/churn/commit"),
        ("ssh://git@git.acme.io:2222/a/b.git", "https://git.acme.io/a/b/commit"),
        ("git@gitlab.com:a/group/b.git", "https://gitlab.com/a/group/b/commit"),
        ("https://bitbucket.org/a/b", "https://bitbucket.org/a/b/commits"),
        ("https://git.acme.io/a b/ü", "https://git.acme.io/a%20b/%C3%BC/commit"),
    ],
)
def test_the_page_of_a_commit_is_found(repository: str, page: str) -> None:
    assert commit_url(tags(repository)) == f"{page}/{COMMIT}"


@pytest.mark.parametrize(
    "repository",
    [
        "",
        "/srv/git/churn",
        "file:///srv/git/churn",
        "javascript:alert(1)",
        "javascript://x/%0aalert(1)",
        "data:text/html,x",
        "https://",
        "https://acme.io",
        'https://a"b/c',
        "https://[::1/c",
        "not a url",
    ],
)
def test_what_is_no_repository_on_the_web_has_no_page(repository: str) -> None:
    assert commit_url(tags(repository)) == ""


def test_what_is_no_commit_has_no_page() -> None:
    assert commit_url(tags("https://github.com/acme/churn", "main?x=")) == ""
    assert commit_url({}) == ""


def test_changes_that_were_not_committed_are_told() -> None:
    dirty = tags("") | {"mlflow.source.git.dirty": "True"}

    assert commit_of(dirty) == f"{COMMIT} with uncommitted changes"
    assert commit_of(tags("")) == COMMIT
    assert commit_of({"mlflow.source.git.dirty": "true"}) == ""


def test_the_commit_in_the_lineage_leads_to_its_page() -> None:
    known = make_facts(1, run_tags=tags("https://github.com/acme/churn"))
    unknown = make_facts(2, run_tags=tags("", "fedcba9876543210"))

    (row,) = compare([known, unknown]).lineage

    assert row.cells[0].url == f"https://github.com/acme/churn/commit/{COMMIT}"
    assert row.cells[1].url == ""
