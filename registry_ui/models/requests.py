"""Transition requests, the reviews and comments on them, and checks."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from registry_ui.models.access import readable
from registry_ui.models.mirror import ModelVersion, Stage

COMMENT_LENGTH = 65_535  # Databricks' bound

STAGE_PREFIX = "stage:"
ALIAS_PREFIX = "alias:"


class TransitionRequestQuerySet(models.QuerySet["TransitionRequest"]):
    """Finds transition requests."""

    def open(self) -> TransitionRequestQuerySet:
        """Keep those that wait for a decision."""
        return self.filter(status=TransitionRequest.Status.OPEN)

    def in_flight(self) -> TransitionRequestQuerySet:
        """Keep those whose plan is decided and not yet settled."""
        return self.filter(
            status__in=[
                TransitionRequest.Status.APPROVED,
                TransitionRequest.Status.APPLYING,
            ]
        )

    def reviews_due(self) -> TransitionRequestQuerySet:
        """Keep the open reviews of break-glass, the first due first."""
        return self.open().exclude(follows=None).order_by("review_due_at")

    def visible_to(self, user: User) -> TransitionRequestQuerySet:
        """Keep those about models that the user may read."""
        return self.filter(readable("version__model", user))


class TransitionRequest(models.Model):
    """A numbered ask to put a version into a target (a stage or an alias)."""

    class Kind(models.TextChoices):
        PROMOTION = "promotion", "Promotion"
        ROLLBACK = "rollback", "Rollback"
        ARCHIVE = "archive", "Archive"
        BREAK_GLASS = "break-glass", "Break-glass"
        RETROSPECTIVE = "retrospective", "Retrospective"
        REVERT = "revert", "Revert"
        REMOVAL = "removal", "Removal"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        APPROVED = "approved", "Approved"
        APPLYING = "applying", "Applying"
        APPLIED = "applied", "Applied"
        FAILED = "failed", "Failed"
        UNDONE = "undone", "Undone"
        REJECTED = "rejected", "Rejected"
        CANCELLED = "cancelled", "Cancelled"
        EXPIRED = "expired", "Expired"
        SUPERSEDED = "superseded", "Superseded"

    number = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.PROMOTION)
    version = models.ForeignKey(
        ModelVersion,
        on_delete=models.PROTECT,
        db_index=False,  # `request_of_version` begins with it
        related_name="transition_requests",
    )
    target = models.CharField(
        max_length=270, help_text="`stage:Production` or `alias:champion`."
    )
    from_stage = models.CharField(max_length=16, choices=Stage.choices)
    archive_existing_versions = models.BooleanField(default=False)
    comment = models.TextField(max_length=COMMENT_LENGTH, blank=True)
    requested_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="transition_requests"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    status = models.CharField(
        max_length=16, choices=Status.choices, default=Status.OPEN, db_index=True
    )
    closed_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="closed_transition_requests",
        help_text="Whose act decided it; empty where a check or the clock did.",
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    policy_name = models.CharField(max_length=100, blank=True, default="")
    incident = models.ForeignKey(
        "registry_ui.Incident",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="transition_requests",
        help_text="What a revert or a retrospective request answers.",
    )
    follows = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="retrospective",
        help_text="The break-glass whose review this is.",
    )
    review_due_at = models.DateTimeField(
        null=True, blank=True, help_text="When a break-glass must be reviewed."
    )
    escalated_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was told that nobody reviewed it."
    )

    plan = models.JSONField(
        null=True, blank=True, help_text="Frozen in the transaction of the approval."
    )
    outcome = models.JSONField(
        null=True, blank=True, help_text="What was read back from MLflow."
    )
    failure = models.TextField(blank=True, default="")
    carried_out = models.JSONField(
        default=list,
        blank=True,
        help_text="Effects that are in MLflow though the plan failed: what an undo"
        " takes back.",
    )
    undone_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="undone_transition_requests",
        help_text="Who had what was carried out taken back, from then on.",
    )
    applied_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(
        null=True, blank=True, help_text="When a worker may take it (again)."
    )
    claim_token = models.CharField(max_length=64, blank=True, default="")
    attempt_count = models.PositiveIntegerField(default=0)

    objects = TransitionRequestQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "target", "requested_by"],
                condition=Q(status="open", follows=None),
                name="one_open_request_per_version_target_requester",
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(status__in=["approved", "applying"]),
                name="request_due",
            ),
            models.Index(fields=["version", "status"], name="request_of_version"),
        ]

    def __str__(self) -> str:
        """Return a sentence fragment: `#12 churn v7 to Production`."""
        return f"#{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        """Return the address of the decision page."""
        return reverse("registry_ui:request_detail", args=[self.number])

    @property
    def title(self) -> str:
        """Return what is asked: `churn v7 to Production`, `@old off churn v5`."""
        if self.follows_id:
            return (
                f"Review of #{self.follows_id}: {self.version} to {self.target_label}"
            )
        if self.kind == self.Kind.REVERT:
            return f"{self.version.model} as it was before incident {self.incident_id}"
        if self.kind == self.Kind.REMOVAL:
            return f"{self.target_label} off {self.version}"
        return f"{self.version} to {self.target_label}"

    @property
    def is_open(self) -> bool:
        """Does it wait for a decision?"""
        return self.status == self.Status.OPEN

    @property
    def is_being_undone(self) -> bool:
        """Does a worker take back what came true of it?"""
        return self.status == self.Status.APPLYING and self.undone_by_id is not None

    @property
    def acting_for(self) -> User | None:
        """Return whose act a worker carries out; None for a check's or the clock's."""
        return self.undone_by or self.closed_by

    @property
    def is_settled(self) -> bool:
        """Is there nothing more to come by itself?"""
        return self.status not in (
            self.Status.OPEN,
            self.Status.APPROVED,
            self.Status.APPLYING,
        )

    @property
    def is_break_glass(self) -> bool:
        """Was it carried out before anybody else had looked?"""
        return self.kind == self.Kind.BREAK_GLASS

    @property
    def is_review_overdue(self) -> bool:
        """Has nobody reviewed the break-glass that it follows by its deadline?"""
        due = self.review_due_at
        return self.is_open and due is not None and due <= timezone.now()

    @property
    def to_stage(self) -> str:
        """Return the target stage; empty where the target is an alias."""
        is_stage = self.target.startswith(STAGE_PREFIX)
        return self.target.removeprefix(STAGE_PREFIX) if is_stage else ""

    @property
    def alias(self) -> str:
        """Return the target alias; empty where the target is a stage."""
        is_alias = self.target.startswith(ALIAS_PREFIX)
        return self.target.removeprefix(ALIAS_PREFIX) if is_alias else ""

    @property
    def target_label(self) -> str:
        """Return the target as people say it: `Production`, `@champion`."""
        return self.to_stage or f"@{self.alias}"


class Review(models.Model):
    """One decision of one person on one request."""

    class Decision(models.TextChoices):
        APPROVE = "approve", "Approved"
        REJECT = "reject", "Rejected"

    request = models.ForeignKey(
        TransitionRequest, on_delete=models.PROTECT, related_name="reviews"
    )
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reviews")
    decision = models.CharField(max_length=8, choices=Decision.choices)
    comment = models.TextField(max_length=COMMENT_LENGTH, blank=True)
    fingerprint = models.TextField(
        help_text="What the decision rests on; see registry_ui/fingerprint.py."
    )
    was_seen = models.BooleanField(
        default=True, help_text="False: given by a call that showed no page."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    stale_reason = models.TextField(
        blank=True, default="", help_text="What changed since; empty while it counts."
    )

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "reviewer"],
                condition=Q(stale_reason=""),
                name="one_counting_review_per_request_and_person",
            )
        ]

    def __str__(self) -> str:
        """Return who decided what."""
        return f"{self.reviewer} {self.decision}s #{self.request_id}"


class CommentQuerySet(models.QuerySet["Comment"]):
    """Finds comments."""

    def live(self) -> CommentQuerySet:
        """Keep those that nobody deleted."""
        return self.filter(deleted_at=None)

    def visible_to(self, user: User) -> CommentQuerySet:
        """Keep those about models that the user may read."""
        return self.filter(readable("version__model", user))


class Comment(models.Model):
    """A remark on a version, perhaps made in the discussion of one request.

    A deleted one keeps its place, and says no more than who deleted it when. What it
    said before it was edited or deleted is in the audit log alone.
    """

    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="comments"
    )
    request = models.ForeignKey(
        TransitionRequest,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="comments",
    )
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="comments")
    text = models.TextField(max_length=COMMENT_LENGTH)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    edited_at = models.DateTimeField(
        null=True, blank=True, help_text="When its text was changed last."
    )
    deleted_at = models.DateTimeField(null=True, blank=True)
    deleted_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="deleted_comments",
    )

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(deleted_at=None, deleted_by=None)
                | Q(deleted_at__isnull=False, deleted_by__isnull=False, text=""),
                name="a_deleted_comment_says_nothing_but_who_deleted_it",
            )
        ]

    def __str__(self) -> str:
        """Return who spoke about what."""
        return f"{self.author} on {self.version}"

    def get_absolute_url(self) -> str:
        """Return its place in the discussion of the request, else of the version."""
        page = self.request or self.version
        return f"{page.get_absolute_url()}#comment-{self.pk}"

    @property
    def is_deleted(self) -> bool:
        """Did somebody delete it?"""
        return self.deleted_at is not None


class Check(models.Model):
    """The newest verdict of an outside system on a version."""

    class Verdict(models.TextChoices):
        PENDING = "pending", "Pending"
        PASSED = "passed", "Passed"
        FAILED = "failed", "Failed"

    version = models.ForeignKey(
        ModelVersion, on_delete=models.CASCADE, related_name="checks"
    )
    name = models.CharField(max_length=100)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    link = models.URLField(max_length=2000, blank=True, default="")
    text = models.TextField(blank=True, default="")
    reported_by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="reported_checks"
    )
    reported_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "name"], name="one_verdict_per_version_and_check"
            )
        ]

    def __str__(self) -> str:
        """Return name and verdict."""
        return f"{self.name}: {self.get_verdict_display()}"
