from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry_ui", "0009_alias_removals")]

    operations = [
        migrations.AddIndex(
            "registeredmodel", models.Index(fields=["name"], name="models_by_name")
        )
    ]
