from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("signatories", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE signatories_signon ADD COLUMN extra integer NOT NULL DEFAULT 0",
            "ALTER TABLE signatories_signon DROP COLUMN extra",
        ),
    ]
