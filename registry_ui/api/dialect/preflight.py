"""What databricks-sdk and MLflow ask before they call: where else to sign in."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe


@login_not_required
@require_safe
def databricks_config(_request: HttpRequest) -> HttpResponse:
    """Answer that there is nothing to know; asked without credentials.

    Anything but 200 makes databricks-sdk print a warning, and MLflow's client asks
    before each call; so no query is made.
    """
    return JsonResponse({})
