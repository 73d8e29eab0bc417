from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("webhooks_ui", "0012_move_secrets_to_their_table")]

    operations = [
        migrations.RemoveField(model_name="webhook", name="encrypted_secret"),
    ]
