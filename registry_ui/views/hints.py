"""Where MLflow's own webhook sends its hints; no page of ours."""

from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from registry_ui.actions.hints import receive_hint
from registry_ui.errors import ActionError, UnsignedHintError


@csrf_exempt  # the signature says who it is; MLflow has no cookies
@login_not_required
@require_POST
def mlflow_hint(request: HttpRequest) -> HttpResponse:
    """Take a hint that is signed; say plainly what is wrong with any other."""
    try:
        receive_hint(
            delivery_id=request.headers.get("X-MLflow-Delivery-Id", ""),
            timestamp=request.headers.get("X-MLflow-Timestamp", ""),
            signature=request.headers.get("X-MLflow-Signature", ""),
            body=request.body,
        )
    except RequestDataTooBig:
        text = f"A hint has at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes."
        return _refused(text, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    except UnsignedHintError as error:
        return _refused(str(error), HTTPStatus.UNAUTHORIZED)
    except ActionError as error:
        return _refused(str(error), HTTPStatus.BAD_REQUEST)
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _refused(text: str, status: HTTPStatus) -> HttpResponse:
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain")
