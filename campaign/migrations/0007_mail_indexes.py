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
            index=models.Index(condition=models.Q(models.Q(('recipient_key', ''), _negated=True), models.Q(('address_key', ''), _negated=True), _connector='OR'), fields=['created_at'], name='mail_to_forget'),
        ),
        migrations.AddIndex(
            model_name='outgoingmail',
            index=models.Index(condition=models.Q(('address_key', ''), ('recipient_key', '')), fields=['created_at'], name='mail_forgotten'),
        ),
        migrations.AddIndex(
            model_name='outgoingmail',
            index=models.Index(condition=models.Q(('address_key', ''), models.Q(models.Q(('recipient_key', ''), _negated=True), ('references', {}), _connector='OR')), fields=['created_at'], name='mail_erased'),
        ),
        migrations.AddIndex(
            model_name='outgoingmail',
            index=models.Index(condition=models.Q(('slow', True), models.Q(('withheld_for', ''), _negated=True), models.Q(('bounce', ''), _negated=True), ('state__in', ['failed', 'withheld']), _connector='OR'), fields=['created_at'], name='mail_worth_a_look'),
        ),
    ]
