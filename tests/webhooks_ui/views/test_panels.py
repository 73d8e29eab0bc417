"""What the registry's pages and plans say about webhooks."""

import pytest
from django.utils import timezone

from registry_ui.models import Level
from tests.factories import grant, make_model, make_transition_request, make_user
from tests.factories import make_version as make_model_version
from tests.webhooks_ui.factories import make_delivery, make_webhook
from webhooks_ui.views.panels import model_panel, overview_panel, plan_effect

pytestmark = pytest.mark.django_db


def test_the_overview_tells_who_manages_webhooks_how_they_fare() -> None:
    make_delivery()
    failing = make_webhook(failing_since=timezone.now())
    stopped = make_webhook(status="DISABLED", disabled_reason="It is gone.")
    make_webhook(status="DISABLED")

    panel = overview_panel(make_user(is_superuser=True))

    assert panel is not None
    assert panel.context["total"] == 4
    assert panel.context["active"] == 2
    assert panel.context["waiting"] == 1
    assert set(panel.context["troubled"]) == {failing, stopped}
    assert overview_panel(make_user(level=Level.CAN_READ)) is None


def test_a_models_page_shows_its_webhooks_to_who_manages_it() -> None:
    model, manager, reader = make_model(), make_user(), make_user()
    grant(manager, Level.CAN_MANAGE, model)
    grant(reader, Level.CAN_READ, model)
    webhook = make_webhook(model=model)
    make_webhook()

    panel = model_panel(manager, model)

    assert panel is not None
    assert panel.context["webhooks"] == [webhook]
    assert model_panel(reader, model) is None


def test_a_plan_counts_the_webhooks_that_will_be_called() -> None:
    version = make_model_version()
    request = make_transition_request(version=version, target="stage:Production")
    make_webhook(events=["MODEL_VERSION_TRANSITIONED_TO_PRODUCTION"])
    make_webhook(events=["MODEL_VERSION_TRANSITIONED_STAGE"], model=version.model)
    make_webhook(events=["MODEL_VERSION_TRANSITIONED_TO_STAGING"])
    make_webhook(status="TEST_MODE")
    make_webhook(model=make_model())

    assert plan_effect(make_user(), request) == "2 webhooks will be called"


def test_a_plan_that_calls_nobody_says_nothing() -> None:
    alias = make_transition_request(target="alias:champion")
    stage = make_transition_request(target="stage:Production")
    make_webhook(events=["COMMENT_CREATED"])

    assert plan_effect(make_user(), alias) == ""
    assert plan_effect(make_user(), stage) == ""
