"""The pages of webhooks: without JavaScript, for htmx, refused, and what they hide."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from registry_ui.models import Allowance, Level
from tests.factories import grant, make_model, make_user
from tests.webhooks_ui.factories import make_delivery, make_webhook
from tests.webhooks_ui.receivers import Receiver, Reply
from webhooks_ui.actions.testing import TESTS_A_MINUTE
from webhooks_ui.models import Webhook
from webhooks_ui.signing import generate_secret

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("open_loopback")]

HTMX = {"HX-Request": "true"}


@pytest.fixture
def admin() -> User:
    """Somebody who may do everything."""
    return make_user(is_superuser=True)


@pytest.fixture
def ada(client: Client, admin: User) -> Client:
    """A browser in which the administrator is signed in."""
    client.force_login(admin)
    return client


def test_a_webhook_is_created_tested_activated_and_deleted_without_javascript(
    ada: Client, receiver: Receiver
) -> None:
    receiver.replies(Reply(200, b"it works"))
    form = ada.get(reverse("webhooks_ui:webhook_create")).context["form"]
    data = _form_data(url=receiver.url, secret=form["secret"].value())

    created = ada.post(reverse("webhooks_ui:webhook_create"), data, follow=True)
    webhook = Webhook.objects.get()
    stored_secret = webhook.secret
    tested = ada.post(_url("webhook_test", webhook), follow=True)
    active = ada.post(
        _url("webhook_status", webhook), {"status": "ACTIVE"}, follow=True
    )
    asked = ada.get(_url("webhook_delete", webhook))
    deleted = ada.post(_url("webhook_delete", webhook), follow=True)

    assert created.redirect_chain[0][0] == webhook.get_absolute_url()
    assert stored_secret == data["secret"]
    assert webhook.status == Webhook.Status.TEST_MODE
    assert "it works" in tested.content.decode()
    assert "HTTP 200" in tested.content.decode()
    assert "is active" in active.content.decode()
    assert "Delete this webhook?" in asked.content.decode()
    assert "is deleted" in deleted.content.decode()
    assert not Webhook.objects.exists()


def test_a_test_answers_htmx_with_its_part_of_the_page(
    ada: Client, receiver: Receiver
) -> None:
    webhook = make_webhook(url=receiver.url)

    answer = ada.post(_url("webhook_test", webhook), headers=HTMX, follow=True)

    html = answer.content.decode()
    assert "HX-Request" in answer.headers["Vary"]
    assert "<html" not in html
    assert 'id="test"' in html
    assert "HTTP 200" in html


def test_an_unreachable_receiver_is_told_in_words(ada: Client) -> None:
    webhook = make_webhook(url="http://127.0.0.1:1025/")

    page = ada.post(_url("webhook_test", webhook), follow=True)

    assert "No connection: connection refused." in page.content.decode()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"url": "https:///hook"}, "The URL names no host."),
        ({"url": "https://10.0.0.1/"}, "SIGNOFF_WEBHOOK_ALLOWED_NETWORKS"),
        ({"url": ""}, "This field is required."),
        ({"url": "https://a.example.com/\x00"}, "Null characters are not allowed."),
        ({"events": [], "groups": ["NOTHING"]}, "NOTHING is not one of the available"),
        ({"events": []}, "Choose at least one event."),
        ({"events": ["NOTHING"]}, "NOTHING is not one of the available choices."),
        ({"model_name": "no such model"}, "You manage no model of this name."),
        ({"secret": "a\tb"}, "The secret may hold ASCII characters only"),
        ({"status": "DISABLED"}, "DISABLED is not one of the available choices."),
    ],
)
def test_a_form_that_will_not_do_says_why_and_keeps_what_was_typed(
    ada: Client, changes: dict[str, object], message: str
) -> None:
    data = _form_data(description="Tells the channel") | changes

    page = ada.post(reverse("webhooks_ui:webhook_create"), data)

    assert page.status_code == 422
    assert message in page.content.decode()
    assert "Tells the channel" in page.content.decode()
    assert not Webhook.objects.exists()


def test_stored_credentials_never_come_out_again(
    ada: Client, receiver: Receiver
) -> None:
    secret = generate_secret()
    webhook = make_webhook(
        url=receiver.url, secret=secret, authorization="Bearer hush-hush"
    )
    ada.post(_url("webhook_test", webhook))
    delivery = webhook.deliveries.get()

    pages = [
        ada.get(path).content.decode()
        for path in (
            reverse("webhooks_ui:webhook_list"),
            webhook.get_absolute_url(),
            _url("webhook_update", webhook),
            _url("webhook_delete", webhook),
            _url("webhook_secret", webhook),
            f"{reverse('webhooks_ui:webhook_create')}?from={webhook.pk}",
            _url("delivery_list", webhook),
            delivery.get_absolute_url(),
            reverse("admin:webhooks_ui_webhook_changelist"),
            reverse("admin:webhooks_ui_webhook_change", args=[webhook.pk]),
            reverse("admin:webhooks_ui_delivery_changelist"),
            reverse("admin:webhooks_ui_delivery_change", args=[delivery.pk]),
        )
    ]

    for page in pages:
        assert secret not in page
        assert "hush-hush" not in page
        assert webhook.secrets.get().encrypted_value not in page


def test_an_edit_keeps_replaces_or_removes_credentials(ada: Client) -> None:
    webhook = make_webhook(secret=generate_secret(), authorization="Bearer a")
    url = _url("webhook_update", webhook)
    data = _form_data(description="changed", secret="", authorization="Bearer b")

    ada.post(url, data)
    webhook.refresh_from_db()
    kept, replaced = webhook.secret, webhook.authorization
    ada.post(url, data | {"removes_secret": "on", "authorization": ""})
    webhook.refresh_from_db()

    assert kept
    assert replaced == webhook.authorization == "Bearer b"
    assert webhook.secret == ""
    assert webhook.description == "changed"


def test_a_new_secret_is_offered_on_demand(ada: Client) -> None:
    webhook = make_webhook(secret=generate_secret())
    url = _url("webhook_update", webhook)

    plain = ada.get(url).context["form"]["secret"].value()
    offered = ada.get(url, {"generate": ""})

    assert not plain
    assert offered.context["form"]["secret"].value().startswith("whsec_")
    assert offered.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "name",
    [
        "webhook_detail",
        "webhook_update",
        "webhook_test",
        "webhook_secret",
        "webhook_delete",
        "delivery_list",
    ],
)
def test_somebody_elses_webhook_is_not_found_by_its_address(
    client: Client, name: str
) -> None:
    model = make_model()
    reader, manager = make_user(), make_user()
    grant(reader, Level.CAN_MANAGE_PRODUCTION_VERSIONS, model)
    grant(manager, Level.CAN_MANAGE, model)
    webhook, of_registry = make_webhook(model=model), make_webhook()

    client.force_login(reader)
    assert client.get(_url(name, webhook)).status_code == 404
    client.force_login(manager)
    assert client.get(_url(name, webhook)).status_code in (200, 302)
    assert client.get(_url(name, of_registry)).status_code == 404


@pytest.mark.parametrize("webhook_id", ["x", "0" * 32, "%00", "ü"])
def test_an_address_of_nothing_is_not_found(ada: Client, webhook_id: str) -> None:
    assert ada.get(f"/webhooks/{webhook_id}/").status_code == 404


def test_a_whole_group_is_chosen_by_one_box_and_tells_nothing_twice(
    ada: Client,
) -> None:
    model = make_model(name="churn")
    groups = {"groups": ["Requests asked for", "Models and versions"]}
    url = reverse("webhooks_ui:webhook_create")

    ada.post(url, _form_data(events=[], **groups))
    ada.post(url, _form_data(events=["COMMENT_CREATED"], model_name="churn", **groups))

    of_model = Webhook.objects.get(model=model)
    of_registry = Webhook.objects.get(model=None)
    assert "TRANSITION_REQUEST_CREATED" in of_registry.events
    assert "REGISTERED_MODEL_CREATED" in of_registry.events
    assert not [name for name in of_registry.events if "_TO_" in name]
    assert "REGISTERED_MODEL_CREATED" not in of_model.events
    assert "MODEL_VERSION_CREATED" in of_model.events


def test_a_copy_is_filled_in_without_credentials(ada: Client) -> None:
    source = make_webhook(
        model=make_model(name="churn"),
        events=["COMMENT_CREATED"],
        description="For the channel",
        secret=generate_secret(),
        authorization="Bearer hush",
    )
    url = f"{reverse('webhooks_ui:webhook_create')}?from={source.pk}"

    page = ada.get(url)

    form = page.context["form"]
    assert form["model_name"].value() == "churn"
    assert form["events"].value() == ["COMMENT_CREATED"]
    assert form["description"].value() == "For the channel"
    assert form["secret"].value() != source.secret
    assert not form["authorization"].value()
    assert "are not copied" in page.content.decode()
    assert ada.get(f"{url}x").status_code == 404


def test_an_active_webhook_is_stopped_after_a_warning(ada: Client) -> None:
    webhook = make_webhook()
    for _ in range(3):
        make_delivery(webhook=webhook)
    url = _url("webhook_status", webhook)

    asked = ada.get(url, {"status": "DISABLED"})
    ada.post(url, {"status": "DISABLED"})
    not_asked = ada.get(url, {"status": "DISABLED"})

    webhook.refresh_from_db()
    assert "3 deliveries wait" in asked.content.decode()
    assert webhook.status == Webhook.Status.DISABLED
    assert not_asked.status_code == 302


def test_too_many_tests_are_refused_with_the_time_of_the_next(
    ada: Client, admin: User
) -> None:
    webhook = make_webhook()
    for _ in range(TESTS_A_MINUTE):
        Allowance.objects.use(admin, "test", most=TESTS_A_MINUTE, now=timezone.now())

    answer = ada.post(_url("webhook_test", webhook), headers=HTMX)

    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert "Send the next one in" in answer.content.decode()


def test_a_test_swaps_in_what_stands_on_top_of_the_page(
    ada: Client, receiver: Receiver
) -> None:
    webhook = make_webhook(url=receiver.url, status="TEST_MODE")

    html = ada.post(_url("webhook_test", webhook), headers=HTMX, follow=True)

    assert 'id="step"' in html.content.decode()
    assert 'hx-swap-oob="true"' in html.content.decode()
    assert "Next: activate it." in html.content.decode()
    assert "hx-swap-oob" not in ada.get(webhook.get_absolute_url()).content.decode()


def test_a_manager_creates_for_a_model_of_theirs_only(client: Client) -> None:
    mine, other = make_model(name="mine"), make_model(name="other")
    manager = make_user()
    grant(manager, Level.CAN_MANAGE, mine)
    grant(manager, Level.CAN_READ, other)
    client.force_login(manager)
    url = reverse("webhooks_ui:webhook_create")

    filled_in = client.get(url, {"model": "mine"}).context["form"]["model_name"].value()
    answers = [
        client.post(url, _form_data(model_name=name)).status_code
        for name in ("", "other", "mine")
    ]

    assert filled_in == "mine"
    assert answers == [422, 422, 302]
    assert Webhook.objects.get().model == mine


def test_markup_in_what_people_typed_is_shown_as_text(ada: Client) -> None:
    model = make_model(name="<script>alert(1)")
    webhook = make_webhook(model=model, description="<img src=x onerror=alert(1)>")

    for path in (reverse("webhooks_ui:webhook_list"), webhook.get_absolute_url()):
        html = ada.get(path).content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html


def test_the_list_costs_the_same_with_many_webhooks(
    ada: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(20):
        make_webhook()

    with django_assert_max_num_queries(10):
        page = ada.get(reverse("webhooks_ui:webhook_list"), headers=HTMX)

    assert page.content.decode().count("row-title") == 20


def test_the_list_is_filtered_by_status(ada: Client) -> None:
    make_webhook(description="first one")
    make_webhook(description="second one", status="DISABLED")

    html = ada.get(
        reverse("webhooks_ui:webhook_list"), {"status": "DISABLED"}
    ).content.decode()

    assert "second one" in html
    assert "first one" not in html


def _url(name: str, webhook: Webhook) -> str:
    return reverse(f"webhooks_ui:{name}", args=[webhook.pk])


def test_the_payload_s_form_is_chosen_shown_and_kept_where_it_is_left_out(
    ada: Client, receiver: Receiver
) -> None:
    data = _form_data(url=receiver.url) | {"payload_format": "cloudevents"}
    ada.post(reverse("webhooks_ui:webhook_create"), data)
    webhook = Webhook.objects.get()

    ada.post(_url("webhook_update", webhook), _form_data(url=receiver.url))
    page = ada.get(webhook.get_absolute_url()).content.decode()
    wrong = ada.post(
        _url("webhook_update", webhook),
        _form_data(url=receiver.url) | {"payload_format": "xml"},
    )

    webhook.refresh_from_db()
    assert webhook.payload_format == "cloudevents"
    assert "CloudEvents 1.0" in page
    assert wrong.status_code == 422
    assert "xml is not one of the available choices" in wrong.content.decode()


def test_a_webhook_whose_model_is_deleted_says_so(ada: Client) -> None:
    webhook = make_webhook(model=make_model(name="old", deleted_at=timezone.now()))

    page = ada.get(webhook.get_absolute_url()).content.decode()

    assert "old (deleted)" in page
    assert "Its model is gone from MLflow." in page


def _form_data(**changes: object) -> dict[str, object]:
    return {
        "url": "https://receiver.example.com/hook",
        "events": ["MODEL_VERSION_CREATED"],
        "description": "",
        "status": "TEST_MODE",
        "enable_ssl_verification": "on",
    } | changes
