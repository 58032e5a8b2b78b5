"""Apart from what builds indexes: a drop locks out readers, too, and waits for them. While a dump
holds them up, it is tried again alone.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaign', '0009_spent'),
    ]

    operations = [
        # Django's own alteration would check the foreign key of every row once more meanwhile.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name='outgoingmail',
                    name='letter',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='campaign.letter'),
                ),
            ],
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX campaign_outgoingmail_letter_id_bb6a3516",
                    "CREATE INDEX campaign_outgoingmail_letter_id_bb6a3516 ON campaign_outgoingmail (letter_id)",
                ),
            ],
        ),
        # Django makes it for every text that is unique, to look for beginnings; nobody does. Of all
        # indexes it cost a new mail the most, as Message-IDs are random.
        migrations.RunSQL(
            "DROP INDEX campaign_outgoingmail_message_id_82901ca7_like",
            "CREATE INDEX campaign_outgoingmail_message_id_82901ca7_like ON campaign_outgoingmail (message_id varchar_pattern_ops)",
        ),
    ]
