"""What a proxy in front of MLflow asks before it hands a call on: is this somebody?"""

from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from registry_ui.api.authentication import SameOriginSession, authenticate
from registry_ui.api.dialect.errors import ANSWERED, answer_error
from registry_ui.models import Scope

_METHOD = "X-Forwarded-Method"
"""The asked-about call's; Caddy names it so, and Envoy asks with that method itself."""


@login_not_required
@csrf_exempt
@never_cache
def forward_auth(request: HttpRequest, asked: str = "") -> HttpResponse:
    """Answer 200 for somebody who is signed in, else 401 or 403.

    Nothing else: Envoy lets only 200 pass, and proxies take any other status for a
    fault of ours.

    Args:
        request: about a call of MLflow.
        asked: the call's path, where the proxy says it; it makes no difference.
    """
    _ = request.body  # first: the check for CSRF would read it away as a form
    request.method = request.headers.get(_METHOD, request.method)
    try:
        authenticate(request, Scope.READ, session=SameOriginSession)
    except ANSWERED as error:
        answer = answer_error(request, error)
        if answer.status_code != HTTPStatus.UNAUTHORIZED:
            answer.status_code = HTTPStatus.FORBIDDEN
        return answer
    return HttpResponse()
