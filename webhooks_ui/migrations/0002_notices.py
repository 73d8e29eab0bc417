import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("registry_ui", "0018_notifications"),
        ("webhooks_ui", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="NotificationPreference",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="notification_preference",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "mail",
                    models.CharField(
                        choices=[
                            ("at_once", "At once"),
                            ("daily", "Once a day"),
                            ("never", "Never"),
                        ],
                        default="at_once",
                        max_length=8,
                    ),
                ),
                (
                    "muted",
                    models.JSONField(
                        default=list,
                        help_text="Reasons for which the person is not told.",
                    ),
                ),
                ("is_chat_on", models.BooleanField(default=False)),
                (
                    "encrypted_chat_url",
                    models.TextField(blank=True, default="", editable=False),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_chat_on", False),
                            models.Q(("encrypted_chat_url", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="chat_that_is_on_has_an_address",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("mail", "Mail"), ("chat", "Chat")], max_length=8
                    ),
                ),
                (
                    "is_digest",
                    models.BooleanField(
                        default=False,
                        help_text="Sent with all else that is held for the person.",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("sent", "Sent"),
                            ("failed", "Failed"),
                            ("needless", "Needless"),
                        ],
                        default="pending",
                        max_length=8,
                    ),
                ),
                ("due_at", models.DateTimeField()),
                (
                    "claim_token",
                    models.CharField(blank=True, default="", max_length=32),
                ),
                ("attempt_count", models.PositiveSmallIntegerField(default=0)),
                (
                    "error",
                    models.TextField(
                        blank=True,
                        default="",
                        help_text="What went wrong last, in words; else empty.",
                    ),
                ),
                (
                    "message_id",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Of the message it was sent in, which may hold several.",
                        max_length=64,
                    ),
                ),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "notification",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="registry_ui.notification",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        help_text="The notification's; what waits for one person is sent together.",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "pending")),
                        fields=["channel", "due_at"],
                        name="notice_due",
                    ),
                    models.Index(
                        fields=["user", "channel", "settled_at"],
                        name="notice_of_person",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("notification", "channel"),
                        name="one_notice_per_notification_and_channel",
                    )
                ],
            },
        ),
    ]
