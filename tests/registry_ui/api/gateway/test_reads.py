"""What is read through the gate is what MLflow says, or as if it were not there."""

import base64
import json
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from mlflow import MlflowClient as PlainClient
from mlflow.exceptions import RestException

from registry_ui.api.gateway.reads import MOST_PAGES
from registry_ui.models import Level, RegisteredModel
from tests.factories import grant, make_user
from tests.registry_ui.api.gateway.conftest import ClientOf

Read = Callable[[PlainClient, str], object]

READS: dict[str, Read] = {
    "get": lambda client, name: dict(client.get_registered_model(name)),
    "alias": lambda client, name: dict(client.get_model_version_by_alias(name, "best")),
    "latest": lambda client, name: [dict(v) for v in client.get_latest_versions(name)],
    "staging": lambda client, name: [
        dict(v) for v in client.get_latest_versions(name, ["Staging"])
    ],
    "version": lambda client, name: dict(client.get_model_version(name, "1")),
    "uri": lambda client, name: client.get_model_version_download_uri(name, "2"),
    "search models": lambda client, name: [
        dict(m) for m in client.search_registered_models(f"name = '{name}'")
    ],
    "search by tag": lambda client, name: [
        m.name
        for m in client.search_registered_models(
            f"tags.team LIKE 'r%' AND name LIKE '{name}%'"
        )
    ],
    "search versions": lambda client, name: [
        dict(v)
        for v in client.search_model_versions(
            f"name = '{name}'", order_by=["version_number DESC"]
        )
    ],
    "unknown alias": lambda client, name: client.get_model_version_by_alias(name, "no"),
    "unknown version": lambda client, name: client.get_model_version(name, "99"),
    "no number": lambda client, name: client.get_model_version(name, "x"),
    "bad filter": lambda client, _: client.search_registered_models("nonsense"),
    "bad order": lambda client, _: client.search_model_versions(order_by=["x"]),
    "too many": lambda client, _: client.search_registered_models(max_results=10_000),
}
HIDING = {"get", "alias", "latest", "staging", "version", "uri"}


def plain_token(offset: int) -> str:
    """Return a token as MLflow makes them."""
    return base64.b64encode(json.dumps({"offset": offset}).encode()).decode()


@pytest.fixture
def churn(plain: PlainClient, name: str) -> str:
    """A model with two versions, made past the gate."""
    plain.create_registered_model(name, {"team": "risk"}, "Who leaves: ünïcode.")
    for source in ("s3://bucket/one", "s3://bucket/two"):
        plain.create_model_version(name, source, tags={"k": "v" * 3000})
    plain.transition_model_version_stage(name, "2", "Staging")
    plain.set_registered_model_alias(name, "best", "2")
    return name


def said(read: Read, client: PlainClient, name: str) -> object:
    """Return what was read, or the refusal."""
    try:
        return read(client, name)
    except RestException as error:
        return error.error_code, error.message


def everything(client: PlainClient, name: str) -> dict[str, object]:
    return {what: said(read, client, name) for what, read in READS.items()}


def test_reads_give_what_they_give_without_the_gate(
    gate: PlainClient,
    gate_of: ClientOf,
    sync: Callable[[], None],
    plain: PlainClient,
    churn: str,
) -> None:
    sync()
    reader = make_user()
    grant(reader, Level.CAN_READ, RegisteredModel.objects.get(name=churn))
    past = everything(plain, churn)

    assert everything(gate, churn) == past
    assert everything(gate_of(reader), churn) == past


def test_what_one_may_not_read_is_answered_like_what_is_not_there(
    gate_of: ClientOf, sync: Callable[[], None], churn: str
) -> None:
    sync()
    stranger = gate_of(make_user())

    hidden = everything(stranger, churn)
    missing = everything(stranger, "nowhere")

    assert {hidden[what][0] for what in HIDING} == {"RESOURCE_DOES_NOT_EXIST"}  # type: ignore[index]
    assert str(hidden).replace(churn, "nowhere") == str(missing)
    assert hidden["search models"] == hidden["search versions"] == []


def test_a_search_finds_just_what_one_may_read_in_full_pages(
    gate_of: ClientOf, sync: Callable[[], None], plain: PlainClient, name: str
) -> None:
    names = [f"{name} {letter}" for letter in "abcdefgh"]
    for one in names:
        plain.create_registered_model(one)
        plain.create_model_version(one, "s3://bucket/model")
    sync()
    user = make_user()
    mine = [names[3], names[4], names[7]]
    for one in mine:
        grant(user, Level.CAN_READ, RegisteredModel.objects.get(name=one))
    client = gate_of(user)

    first = client.search_registered_models(max_results=2)
    second = client.search_registered_models(max_results=2, page_token=first.token)
    versions = client.search_model_versions(f"name LIKE '{name}%'", max_results=2)

    assert [m.name for m in first] == mine[:2]
    assert [m.name for m in second] == mine[2:]
    assert not second.token
    assert {v.name for v in versions} < set(mine)
    assert b"offset" not in base64.b64decode(first.token.partition(":")[2])
    with pytest.raises(RestException, match="page_token"):
        client.search_registered_models(page_token=plain_token(1))


@pytest.mark.parametrize("most", [1, 2, 3])
@pytest.mark.parametrize("letter", ["x", "'"])
def test_no_page_token_tells_what_is_hidden(
    gate_of: ClientOf,
    sync: Callable[[], None],
    plain: PlainClient,
    name: str,
    letter: str,
    most: int,
) -> None:
    """With a quote in a name MLflow cannot be told the names: pages are cut down."""
    hidden, mine = f"{name} hidden", [f"{name} {letter} {place}" for place in (1, 2, 3)]
    for one in (hidden, *mine):
        plain.create_registered_model(one)
        for _ in range(MOST_PAGES + 1 if one == hidden else 3):
            plain.create_model_version(one, "s3://bucket/model")
    sync()
    user = make_user()
    for one in mine:
        grant(user, Level.CAN_READ, RegisteredModel.objects.get(name=one))
    client = gate_of(user)

    for about in (f"name = '{hidden}'", f"name LIKE '{name} h%'"):
        assert not client.search_registered_models(about, max_results=most).token
        assert not client.search_model_versions(about, max_results=most).token

    found, token = [], None
    while page := client.search_model_versions(
        f"name LIKE '{name}%'", most, ["name ASC", "version_number ASC"], token
    ):
        found += [(one.name, int(one.version)) for one in page]
        token = page.token
        if not token:
            break
        assert len(page) == most
    assert found == [(one, number) for one in mine for number in (1, 2, 3)]


def test_nobody_asks_for_no_rows_to_see_whether_there_are_any(
    gate_of: ClientOf, sync: Callable[[], None], plain: PlainClient, name: str
) -> None:
    plain.create_registered_model(name)
    sync()

    with pytest.raises(RestException, match="positive integer, but got 0"):
        gate_of(make_user()).search_registered_models(max_results=0)


def test_nobody_uses_somebody_elses_page(
    gate_of: ClientOf, sync: Callable[[], None], plain: PlainClient, name: str
) -> None:
    users = [make_user(), make_user()]
    for letter in "abc":
        plain.create_registered_model(f"{name} {letter}")
    sync()
    for user in users:
        for letter in "abc":
            model = RegisteredModel.objects.get(name=f"{name} {letter}")
            grant(user, Level.CAN_READ, model)
    token = gate_of(users[0]).search_registered_models(max_results=1).token

    with pytest.raises(RestException, match="page_token"):
        gate_of(users[1]).search_registered_models(max_results=1, page_token=token)


def test_an_administrator_gets_mlflows_token_as_it_is(
    gate: PlainClient, plain: PlainClient, name: str
) -> None:
    for letter in "ab":
        plain.create_registered_model(f"{name} {letter}")

    through, past = (
        client.search_registered_models(max_results=1) for client in (gate, plain)
    )

    assert (through.token, [m.name for m in through]) == (
        past.token,
        [m.name for m in past],
    )


def test_prompts_are_read_by_who_reads_all(
    gate: PlainClient, gate_of: ClientOf, plain: PlainClient, name: str
) -> None:
    plain.register_prompt(name, "Say hello to {{ name }}.")
    reader: User = make_user(level=Level.CAN_READ)
    stranger = make_user()

    found = [
        [p.name for p in client.search_prompts()]
        for client in (gate, gate_of(reader), gate_of(stranger))
    ]

    assert found == [[name], [name], []]
