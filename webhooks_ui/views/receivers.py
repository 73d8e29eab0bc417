"""What a receiver should check, with code that does so in several languages."""

import functools
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from registry_ui.htmx import render_page

TEMPLATE = "webhooks_ui/webhook_receivers.html"
FOLDER = Path(settings.BASE_DIR) / "docs" / "receivers"


@dataclass(frozen=True, slots=True)
class Recipe:
    """Code that verifies, in one language.

    Attributes:
        key: names it in the address.
        label: names the language.
        file_name: of the code below docs/receivers.
        needs: what has to be there to run it.
    """

    key: str
    label: str
    file_name: str
    needs: str

    @property
    def code(self) -> str:
        """Return the code as it stands in its file."""
        return _text_of(self.file_name)


RECIPES = (
    Recipe("python", "Python", "verify.py", "Python 3.9 or newer"),
    Recipe("node", "Node.js", "verify.mjs", "Node.js 18 or newer"),
    Recipe("go", "Go", "verify.go", "Go 1.21 or newer"),
    Recipe("shell", "Shell", "verify.sh", "a POSIX shell with OpenSSL"),
)


@require_safe
def webhook_receivers(request: HttpRequest) -> HttpResponse:
    """Show what a receiver should check; `language` says in which code."""
    wanted = request.GET.get("language", "")
    shown = next((one for one in RECIPES if one.key == wanted), RECIPES[0])
    context = {"recipes": RECIPES, "shown": shown}
    return render_page(request, TEMPLATE, context, partial="code")


@functools.cache
def _text_of(file_name: str) -> str:
    return (FOLDER / file_name).read_text(encoding="utf-8")
