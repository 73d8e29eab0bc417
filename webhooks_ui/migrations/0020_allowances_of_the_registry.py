from django.db import migrations


class Migration(migrations.Migration):
    """Both apps count in the registry's table now; these counts were of a minute."""

    dependencies = [
        ("webhooks_ui", "0019_deliveries_given_up"),
        ("registry_ui", "0023_allowances"),
    ]

    operations = [migrations.DeleteModel(name="Allowance")]
