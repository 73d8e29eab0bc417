from django.db import migrations, models


class Migration(migrations.Migration):
    """Counts of the last minutes begin anew; those of the webhooks were no others."""

    dependencies = [("registry_ui", "0022_token_scopes")]

    operations = [
        migrations.CreateModel(
            name="Allowance",
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
                    "holder",
                    models.CharField(
                        help_text="`user` and a key, or an address.", max_length=64
                    ),
                ),
                ("purpose", models.CharField(max_length=16)),
                ("began_at", models.DateTimeField()),
                ("used", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("holder", "purpose"),
                        name="one_allowance_per_holder_and_purpose",
                    )
                ],
                "indexes": [
                    models.Index(
                        fields=["purpose", "began_at"], name="allowances_to_forget"
                    )
                ],
            },
        ),
    ]
