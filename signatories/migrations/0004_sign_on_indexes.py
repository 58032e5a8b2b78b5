import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaign', '0005_abuse'),
        ('signatories', '0003_abuse'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='organisation',
            index=django.contrib.postgres.indexes.GinIndex(fields=['aliases'], name='organisation_alias'),
        ),
        migrations.AddIndex(
            model_name='signon',
            index=models.Index(condition=models.Q(models.Q(('client_key', ''), _negated=True), models.Q(('range_key', ''), _negated=True), _connector='OR'), fields=['created_at'], name='sign_on_to_forget'),
        ),
        # Last, as it locks out readers, too, until the end. Django's own alteration would check the
        # foreign key of every row once more meanwhile.
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
