"""What others change in MLflow is on the page soon, without a restart."""

from collections.abc import Callable

from mlflow import MlflowClient
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.people import sign_in
from tests.running import SYNC_SECONDS, RunningSignoff, wait_for

PROMISE_SECONDS = SYNC_SECONDS + 5
NAME = "promptly"
MODEL = f"/models/{NAME}/"
SOURCE = "s3://bucket/promptly"


def test_every_change_in_mlflow_is_on_the_page_in_time(
    demo: RunningSignoff, open_page: OpenPage
) -> None:
    client = MlflowClient(demo.mlflow_uri, demo.mlflow_uri)
    page, _ = open_page()
    sign_in(page, "Rui Tanaka")

    def change(act: Callable[[], object], address: str, *, shows: str) -> None:
        """Make a change and wait until the page's text shows it."""
        act()

        def is_shown() -> bool:
            answer = page.request.get(address)
            return answer.status == 200 and shows in answer.text()

        wait_for(is_shown, seconds=PROMISE_SECONDS, what=f"{shows!r} on {address}")

    change(lambda: client.create_registered_model(NAME), MODEL, shows=NAME)
    for number in (1, 2):
        change(
            lambda: client.create_model_version(NAME, SOURCE),
            f"{MODEL}versions/{number}/",
            shows=f"{NAME} v{number}",
        )
    change(
        lambda: client.transition_model_version_stage(NAME, "1", "Production"),
        f"{MODEL}versions/1/",
        shows='data-stage="Production"',
    )
    change(
        lambda: client.set_registered_model_alias(NAME, "golden", "1"),
        MODEL,
        shows="@golden",
    )
    change(
        lambda: client.set_model_version_tag(NAME, "1", "audited", "by-hand"),
        f"{MODEL}versions/1/",
        shows="by-hand",
    )
    change(
        lambda: client.update_registered_model(NAME, "Described just now."),
        MODEL,
        shows="Described just now.",
    )
    change(
        lambda: client.delete_model_version(NAME, "2"),
        f"{MODEL}versions/2/",
        shows="deleted in MLflow",
    )

    page.goto(f"/audit/?model={NAME}")
    expect(page.get_by_text("Somebody in MLflow").first).to_be_visible()
