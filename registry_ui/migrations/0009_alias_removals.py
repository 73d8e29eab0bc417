from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry_ui", "0008_mlflow_hints")]

    operations = [
        migrations.AlterField(
            model_name="transitionrequest",
            name="kind",
            field=models.CharField(
                choices=[
                    ("promotion", "Promotion"),
                    ("rollback", "Rollback"),
                    ("break-glass", "Break-glass"),
                    ("retrospective", "Retrospective"),
                    ("revert", "Revert"),
                    ("removal", "Removal"),
                ],
                default="promotion",
                max_length=16,
            ),
        )
    ]
