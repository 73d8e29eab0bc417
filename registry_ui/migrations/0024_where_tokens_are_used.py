from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("registry_ui", "0023_allowances")]

    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="used_from",
            field=models.CharField(
                blank=True,
                help_text="The network that the last use came from; coarse on purpose.",
                max_length=64,
                default="",
            ),
            preserve_default=False,
        ),
    ]
