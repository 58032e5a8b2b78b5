from django.db import migrations, models


class Migration(migrations.Migration):
    """Mails know their exact address. In the database a suppression's column keeps its name."""

    dependencies = [
        ('campaign', '0005_abuse'),
    ]

    operations = [
        migrations.AddField(
            model_name='outgoingmail',
            name='address_key',
            field=models.CharField(db_default='', default='', max_length=43),
        ),
        migrations.RemoveConstraint(
            model_name='suppression',
            name='suppression_has_a_key_and_a_reason',
        ),
        migrations.AlterField(
            model_name='suppression',
            name='recipient_key',
            field=models.CharField(db_column='recipient_key', max_length=43, unique=True),
        ),
        migrations.RenameField(
            model_name='suppression',
            old_name='recipient_key',
            new_name='address_key',
        ),
        migrations.AddConstraint(
            model_name='suppression',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('address_key', ''), _negated=True), ('reason__in', ['permanent', 'complaint'])), name='suppression_has_a_key_and_a_reason'),
        ),
    ]
