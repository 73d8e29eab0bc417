"""Names, tags and numbers that hurt: from MLflow's own client to the pages, and back.

All that is here was taken by a real MLflow, so anybody's registry may have it.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape, unescape
from itertools import pairwise
from urllib.parse import quote, unquote, urlencode, urljoin

import pytest
from django.test import Client
from django.urls import resolve
from mlflow import MlflowClient as PlainClient

from registry_ui.actions.evidence import ALL, EvidenceReport, read_evidence
from registry_ui.actions.sync import SyncReport, sync_mirror
from registry_ui.mlflow_client import MLflowClient
from registry_ui.models import (
    Evidence,
    Incident,
    Level,
)
from registry_ui.planning import Effect
from tests.factories import make_user
from tests.mlflow_server import MLflowServer
from tests.registry_ui.mirrored import as_stored, check_mirrors
from tests.registry_ui.views.reading import HTMX, browser

pytestmark = pytest.mark.django_db

SOURCE = "s3://bucket/model"
NAMES = [
    " leads and trails ",
    "a\nnew line\tand a tab",
    "100% _under_ LIKE",
    "%2e%2e",
    "%2Fx",
    'it\'s "both" quotes',
    "'",
    "<script>alert('model')<",
    "<b>&amp;lt;",
    "{{ model }}{% url %}",
    "back\\slash\\",
    "semi;colon#hash?query&and=equals+plus",
    "😀 emoji 👩‍👩‍👧",
    "e\u0301 combining",
    "\u00e9 combining",
    "Case",
    "case",
    "\u202eright to left \u0645\u0631\u062d\u0628\u0627",
    "\ufeffbom\u200b",
    "a..b.",
    "churn v7",
    "12",
    "description",
    "versions",
    "n" * 256,
    "\U0001f600" * 256,
]
MAIN = "semi;colon#hash?query&and=equals+plus"
TOO_LONG_NAME = "x" * 257  # for MLflow's own column, if it is not on SQLite
LONG_KEY = "k" * 250
WIDE_KEY = "\U00010400" * 250
HUGE_VALUE = "<i>\U0001f600" * 25_000
HURTFUL_TEXT = "<script>alert(1)</script>\\';--%_\n\t\u202e\U0001f600 {{ x }}"
TAGS = {
    LONG_KEY: HURTFUL_TEXT,
    WIDE_KEY: "wide",
    "a/b:c d.e-f": "",
    "NUL": "before\x00after",
    "owner": HURTFUL_TEXT,
}
MODEL_TAGS = TAGS | {"long": "v" * 100_000}
VERSION_TAGS = TAGS | {"huge": HUGE_VALUE}
METRICS = {
    "nan": math.nan,
    "inf": math.inf,
    "minus inf": -math.inf,
    "large": 1e308,
    "small": 5e-324,
    "a/b:c d": -0.0,
    "0": 1.0,
    "é" * 125: 2.0,
}
PARAMS = {"long": "p" * 6000, "html": HURTFUL_TEXT, "nul": "a\x00b", "empty": ""}
ALIASES = ["冠军-é", "a" * 255, "0", "-"]
DESCRIPTION = f"{HURTFUL_TEXT}\n\n[x](javascript:alert(1)) <img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def plain(mlflow_server: MLflowServer) -> PlainClient:
    return PlainClient(mlflow_server.uri, mlflow_server.uri)


@pytest.fixture(scope="module")
def registry(plain: PlainClient) -> PlainClient:
    """An MLflow that has what hurts."""
    _fill(plain)
    return plain


def _fill(plain: PlainClient) -> None:
    for name in NAMES:
        plain.create_registered_model(name, tags={"team": name}, description=name)
        plain.create_model_version(name, SOURCE, tags={"team": name})
    _burden(plain, MAIN)
    plain.create_registered_model(TOO_LONG_NAME)
    plain.create_model_version(TOO_LONG_NAME, SOURCE)
    for run_id in _run_ids(plain):
        plain.create_model_version(MAIN, SOURCE, run_id=run_id)
    copied = plain.create_model_version(
        MAIN, 'models:/it\'s "both" quotes/1', run_link="javascript:alert(1)"
    )
    plain.transition_model_version_stage(MAIN, copied.version, "Production")


def _burden(plain: PlainClient, name: str) -> None:
    """Give a model and its first version all that hurts beside a name."""
    plain.update_registered_model(name, DESCRIPTION)
    plain.update_model_version(name, "1", DESCRIPTION)
    for key, value in MODEL_TAGS.items():
        plain.set_registered_model_tag(name, key, value)
    for key, value in VERSION_TAGS.items():
        plain.set_model_version_tag(name, "1", key, value)
    for alias in ALIASES:
        plain.set_registered_model_alias(name, alias, "1")


def _delete(plain: PlainClient, names: list[str]) -> None:
    for model in plain.search_registered_models(max_results=1000):
        if model.name in names:
            plain.delete_registered_model(model.name)


def _run_ids(plain: PlainClient) -> list[str]:
    """Return runs: a whole one, a deleted one, two that do not exist."""
    whole, deleted = (plain.create_run("0").info.run_id for _ in range(2))
    for key, number in METRICS.items():
        plain.log_metric(whole, key, number)
    for key, value in PARAMS.items():
        plain.log_param(whole, key, value)
    plain.set_tag(whole, "mlflow.note.content", HURTFUL_TEXT)
    plain.log_metric(deleted, "nan", 0.5)
    plain.delete_run(deleted)
    return [whole, deleted, "0" * 32, "it's <b>no id</b>" * 10]


def synced(client: MLflowClient) -> SyncReport:
    report = sync_mirror(client)
    assert report is not None
    return report


def test_the_mirror_is_what_mlflow_has_field_by_field(
    registry: PlainClient, mlflow_client: MLflowClient
) -> None:
    synced(mlflow_client)
    read_evidence(mlflow_client, mlflow_client, bound=ALL)

    check_mirrors(registry)
    evidence = dict(
        Evidence.objects.filter(version__model__name=MAIN).values_list(
            "version__number", "metrics"
        )
    )
    assert evidence[2]["nan"] == "NaN"
    # PostgreSQL writes such numbers out, so that they come back as integers.
    assert float(evidence[2]["large"]) == 1e308
    assert set(evidence[2]) == set(METRICS)
    assert evidence[3] == {"nan": 0.5}
    assert [evidence[number] for number in (1, 4, 5, 6)] == [{}, {}, {}, {}]
    whole = Evidence.objects.get(version__model__name=MAIN, version__number=2)
    assert whole.params == {key: as_stored(value) for key, value in PARAMS.items()}


def test_a_second_sync_finds_nothing_changed(
    registry: PlainClient, mlflow_client: MLflowClient
) -> None:
    synced(mlflow_client)
    read_evidence(mlflow_client, mlflow_client, bound=ALL)

    report = synced(mlflow_client)

    assert report.changes == 0
    evidence = read_evidence(mlflow_client, mlflow_client, bound=ALL)
    assert evidence == EvidenceReport()


@pytest.fixture
def later(plain: PlainClient) -> Iterator[list[str]]:
    """Names that no model bears yet; whatever bears them at the end is deleted."""
    names = [f"{name} later" for name in (*NAMES[:12], "Case", "case")]
    yield names
    _delete(plain, [*names, *map(_renamed, names)])


def _renamed(name: str) -> str:
    return f"\U0001f600 '{name}\""


def test_what_is_new_or_changed_later_is_mirrored_and_told(
    plain: PlainClient, later: list[str], mlflow_client: MLflowClient
) -> None:
    synced(mlflow_client)

    for name in later:
        plain.create_registered_model(name, description=name)
        plain.create_model_version(name, SOURCE, tags={"team": name})
    first, second, third, *_, upper, lower = later
    _burden(plain, first)
    synced(mlflow_client)
    check_mirrors(plain)
    plain.create_model_version(first, SOURCE)
    plain.set_registered_model_alias(first, ALIASES[0], "2")
    plain.set_model_version_tag(first, "1", "huge", HUGE_VALUE[:-1])
    plain.set_registered_model_tag(first, LONG_KEY, "changed")
    plain.delete_registered_model_tag(first, WIDE_KEY)
    plain.rename_registered_model(first, _renamed(first))
    plain.rename_registered_model(upper, _renamed(upper))
    plain.rename_registered_model(lower, upper)
    plain.rename_registered_model(_renamed(upper), lower)
    plain.delete_registered_model(second)
    plain.delete_model_version(third, "1")
    report = synced(mlflow_client)

    check_mirrors(plain)
    assert report.gone == 2
    incident = Incident.objects.open().get(model__name=_renamed(first))
    subjects = {effect.subject for effect in Effect.many(incident.effects)}
    assert f"@{ALIASES[0]}" in subjects
    assert synced(mlflow_client).changes == 0


# --- the pages ----------------------------------------------------------------------


@pytest.fixture
def reader(registry: PlainClient, mlflow_client: MLflowClient) -> "Reader":
    """Somebody who may read all, with the mirror filled in two steps."""
    synced(mlflow_client)
    for name in NAMES:
        registry.transition_model_version_stage(name, "1", "Staging")
        registry.set_registered_model_tag(name, "team", f"{name}'s")
    registry.set_registered_model_alias(MAIN, ALIASES[0], "2")
    synced(mlflow_client)
    read_evidence(mlflow_client, mlflow_client, bound=ALL)
    return Reader(browser(make_user(level=Level.CAN_MANAGE)))


@dataclass
class Reader:
    """Reads each page once, since all link to the same ones."""

    client: Client
    pages: dict[str, str] = field(default_factory=dict)

    def read(self, url: str, **headers: str) -> str:
        if url not in self.pages:
            # "Roll back" leads on to a form, or back to the model.
            response = self.client.get(url, headers=headers, follow=True)
            assert response.status_code == 200
            self.pages[url] = response.content.decode()
            check_escaped(self.pages[url])
        return self.pages[url]


def seen(name: str) -> str:
    """Return a name as pages show it: what turns the direction of text is spelled."""
    return name.replace("\u202e", "[U+202E]")


def links(page: str, url: str) -> set[str]:
    """Return the addresses of our pages that a page links to, resolved as a browser."""
    found = set()
    for address in re.findall(r'<a\s[^>]*href="([^"]*)"', page):
        target = urljoin(f"http://testserver{url}", unescape(address).strip())
        if target.startswith("http://testserver/"):
            found.add(target.removeprefix("http://testserver").partition("#")[0])
    return found


def check_escaped(page: str) -> None:
    for raw in ("<script>alert", "<b>&amp;lt;", "<i>\U0001f600", "<img src=x"):
        assert raw not in page
    assert not re.search(r"""(href|src)\s*=\s*["']?\s*javascript:""", page)


def test_pages_show_them_escaped_and_lead_to_each_other(reader: Reader) -> None:
    # One test: to mirror them all takes longer than to read the pages.
    check_list_and_activity(reader)
    check_versions_and_comparisons(reader)
    check_filters_and_search_box(reader)


def check_list_and_activity(reader: Reader) -> None:
    pages = ["/models/"]
    rows: dict[str, str] = {}
    for url in pages:
        page = reader.read(url)
        found = re.findall(r'row-title"\s+href="([^"]*)"\s+title="([^"]*)"', page)
        rows |= {unescape(name): urljoin(url, unescape(link)) for link, name in found}
        pages += [x for x in links(page, url) if "after=" in x and x not in pages]
    assert set(map(seen, NAMES)) <= set(rows)

    for name in NAMES:
        address = rows[seen(name)]
        page = reader.read(address)
        assert escape(seen(name)) in page
        for link in links(page, address):
            match = resolve(unquote(link.partition("?")[0]))
            assert match.kwargs.get("name", name) == name
            if name == MAIN:
                reader.read(link)
        for part in ("history/", "versions/1/"):
            reader.read(f"{address}{part}")
    for url in ("/audit/", "/incidents/", "/"):
        for link in links(reader.read(url), url):
            reader.read(link)


def check_versions_and_comparisons(reader: Reader) -> None:
    for number in range(1, 7):
        url = f"/models/{quote(MAIN, safe='')}/versions/{number}/"
        page = reader.read(url)
        for link in links(page, url):
            reader.read(link)
    page = reader.read(f"/models/{quote(MAIN, safe='')}/versions/1/")
    assert escape("<script>alert(1)</script>") in page
    page = reader.read(f"/models/{quote(MAIN, safe='')}/versions/2/")
    for shown in ("NaN", "1e+308"):
        assert shown in page
    keys = [f"{MAIN}/{number}" for number in range(1, 7)]
    keys += [f"{name}/1" for name in NAMES]
    for left, right in pairwise(keys):
        query = urlencode({"v": [left, right]}, doseq=True)
        page = reader.read(f"/compare/?{query}")
        assert page.count('data-series="1"')


def check_filters_and_search_box(reader: Reader) -> None:
    for name in NAMES:
        query = {"q": name, "tag": f"team={name}'s"}
        page = reader.read(f"/models/?{urlencode(query)}", **HTMX)
        assert f'title="{escape(seen(name))}"' in page
    for key, value in [
        (LONG_KEY, HURTFUL_TEXT),
        (WIDE_KEY, "wide"),
        ("a/b:c d.e-f", ""),
    ]:
        page = reader.read(f"/models/?{urlencode({'tag': f'{key}={value}'})}")
        assert f'title="{escape(MAIN)}"' in page
    for alias in ALIASES:
        page = reader.read(f"/models/?{urlencode({'alias': alias})}")
        assert f'title="{escape(MAIN)}"' in page
    for name in NAMES:
        page = reader.read(f"/jump/?{urlencode({'q': name})}", **HTMX)
        link = f"/models/{quote(name, safe='')}/"
        assert any(unquote(found) == unquote(link) for found in links(page, "/jump/"))
