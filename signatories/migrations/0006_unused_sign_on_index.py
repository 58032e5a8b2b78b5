"""Apart from what builds indexes: a drop locks out readers, too, and waits for them. While a dump
holds them up, it is tried again alone.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('signatories', '0005_epochs'),
    ]

    operations = [
        # Django's own alteration would check the foreign key of every row once more meanwhile.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='signon',
                    name='letter',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='sign_ons', to='campaign.letter'),
                ),
            ],
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX signatories_signon_letter_id_f2f14be9",
                    "CREATE INDEX signatories_signon_letter_id_f2f14be9 ON signatories_signon (letter_id)",
                ),
            ],
        ),
    ]
