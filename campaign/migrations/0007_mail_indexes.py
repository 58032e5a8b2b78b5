import django.db.models.deletion
import django.db.models.fields.json
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaign', '0006_exact_address'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='outgoingmail',
            index=models.Index(models.F('letter'), django.db.models.fields.json.KeyTransform('sign_on', 'references'), name='mail_about_sign_on'),
        ),
        migrations.AddIndex(
            model_name='outgoingmail',
            index=models.Index(condition=models.Q(('recipient_key', ''), _negated=True), fields=['created_at'], name='mail_to_forget'),
        ),
        migrations.AddIndex(
            model_name='outgoingmail',
            index=models.Index(condition=models.Q(('slow', True), models.Q(('withheld_for', ''), _negated=True), models.Q(('bounce', ''), _negated=True), ('state__in', ['failed', 'withheld']), _connector='OR'), fields=['created_at'], name='mail_worth_a_look'),
        ),
        # Last, as it locks out readers, too, until the end. Django's own alteration would check the
        # foreign key of every row once more meanwhile.
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
