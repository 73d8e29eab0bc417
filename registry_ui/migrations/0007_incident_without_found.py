from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("registry_ui", "0006_models_by_version_tag")]

    operations = [migrations.RemoveField("incident", "found")]
