"""The files of versions: MLmodel, requirements.txt, input example, and their list.

They are read once a version, since they should not change. MLflow fetches each from
wherever it is stored, which may take long or fail for reasons that only its operator
can mend: what cannot be read is stored as such, with the reason.
"""

from collections.abc import Callable
from time import monotonic

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from registry_ui.actions.asking import asked
from registry_ui.actions.retries import again_at
from registry_ui.mlflow_client import MLflowClient, MLflowNotFound, ModelFile
from registry_ui.models import Alias, Evidence, Stage, TransitionRequest

CANDIDATES = 20
"""How many are looked up together; the time they may take ends a tick before."""

LIST_IS_CUT = "MLflow lists more files than are kept here."
NO_EXAMPLE_FILE = "The MLmodel file does not say where it is."

_FIELDS = [
    "model_read_at",
    "model_due_at",
    "wished_at",
    "model_error",
    "signature",
    "flavors",
    "model_metadata",
    "requirements",
    "model_size_bytes",
    "python_version",
    "mlflow_version",
    "has_input_example",
    "input_example",
    "input_example_error",
    "files",
    "files_error",
]

Note = Callable[[int], None]
"""Takes how many were just read; may raise to have it stopped."""


def read_due_files(registry: MLflowClient, *, seconds: float, note: Note) -> None:
    """Read files that were never read or are due again, until the time is over.

    Raises:
        MLflowError: what was read until then is stored.
    """
    deadline = monotonic() + seconds
    while due := _due(CANDIDATES):
        for evidence in due:
            _read(evidence, registry)
            evidence.save(update_fields=_FIELDS)
            note(1)
            if monotonic() > deadline:
                return


def _due(most: int) -> list[Evidence]:
    """Return the most urgent: what people wait for or use, then the newest.

    Before the first reading `model_due_at` is when the version was registered.
    """
    due = (
        Evidence.objects.filter(
            model_due_at__lte=timezone.now(),
            version__deleted_at=None,
            version__model__deleted_at=None,
        )
        .select_related("version__model")
        .order_by("-model_due_at")
    )
    opened = TransitionRequest.objects.open().filter(version=OuterRef("version"))
    aliased = Alias.objects.filter(version=OuterRef("version"))
    is_urgent = (
        Q(wished_at__isnull=False)
        | Q(version__stage__in=[Stage.STAGING, Stage.PRODUCTION])
        | Q(Exists(aliased))
        | Q(Exists(opened))
    )
    never_read = due.filter(model_read_at=None)
    found: list[Evidence] = []
    for tier in (due.filter(is_urgent), never_read, due):
        if len(found) < most:
            rest = tier.exclude(pk__in=[evidence.pk for evidence in found])
            found += rest[: most - len(found)]
    return found


def _read(evidence: Evidence, registry: MLflowClient) -> None:
    """Fill in what the files say, or why they cannot be read.

    Raises:
        MLflowError: MLflow itself cannot be used, whichever file is asked for.
    """
    read_before = evidence.model_read_at
    name, number = evidence.version.model.name, evidence.version.number
    file, error = asked(registry, lambda: registry.read_model_file(name, number))
    if file is not None:
        _fill(evidence, file)
        error = _read_requirements(evidence, registry, name, number)
        _read_example(evidence, registry, file)
        _list_files(evidence, registry)
    now = timezone.now()
    evidence.model_error = error
    evidence.model_read_at = now
    evidence.model_due_at = again_at(read_before, now) if error else None
    evidence.wished_at = None


def _fill(evidence: Evidence, file: ModelFile) -> None:
    evidence.signature = file.signature
    evidence.flavors = file.flavors
    evidence.model_metadata = file.metadata
    evidence.model_size_bytes = file.model_size_bytes
    evidence.python_version = file.python_version[:64]
    evidence.mlflow_version = file.mlflow_version[:64]
    evidence.has_input_example = file.has_input_example


def _read_requirements(
    evidence: Evidence, registry: MLflowClient, name: str, number: int
) -> str:
    """Fill in the requirements; the reason where there are some, not to be read."""

    def read() -> list[str]:
        try:
            return registry.read_requirements(name, number)
        except MLflowNotFound:
            return []

    lines, error = asked(registry, read)
    evidence.requirements = lines or []
    return error


def _read_example(evidence: Evidence, registry: MLflowClient, file: ModelFile) -> None:
    evidence.input_example = evidence.input_example_error = ""
    if not file.has_input_example:
        return
    if not file.input_example_path:
        evidence.input_example_error = NO_EXAMPLE_FILE
        return
    name, number = evidence.version.model.name, evidence.version.number
    path = file.input_example_path
    text, error = asked(
        registry, lambda: registry.read_input_example(name, number, path)
    )
    evidence.input_example = text or ""
    evidence.input_example_error = error


def _list_files(evidence: Evidence, registry: MLflowClient) -> None:
    version = evidence.version
    found, error = asked(
        registry, lambda: registry.list_files(version.source, version.run_id)
    )
    evidence.files = found.sizes if found else {}
    evidence.files_error = LIST_IS_CUT if found and found.is_cut else error
