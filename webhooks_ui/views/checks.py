"""What is wrong with one field of the form, told while it is typed."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from registry_ui.views.getters import signed_in
from webhooks_ui.actions.checks import check_field
from webhooks_ui.forms import WebhookForm
from webhooks_ui.forms.webhooks import CHECKED_FIELDS, manageable_models

TEMPLATE = "webhooks_ui/_field_check.html"


@never_cache
@require_POST
def webhook_check(request: HttpRequest) -> HttpResponse:
    """Check what was typed into a field; nothing is stored.

    It is posted, not asked for with GET, since a field may hold a credential.
    """
    user = signed_in(request)
    name = request.GET.get("field", "")
    if name not in CHECKED_FIELDS:
        raise Http404
    if not user.is_superuser and not manageable_models(user).exists():
        raise PermissionDenied  # there is no webhook that this could be for
    form = WebhookForm(request.POST, user=user)
    typed = request.POST.get(name, "").strip()
    error = form.error_of(name)
    context: dict[str, object] = {"name": name, "typed": typed}
    if name == "model_name":
        names = [] if error else form.suggested_models()
        context["models"] = names
        if typed and not names and not error:
            error = "You manage no model of such a name. Check its spelling."
    elif not error:
        error = check_field(name, typed, actor=user)
    return render(request, TEMPLATE, context | {"error": error})
