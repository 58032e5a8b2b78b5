import django.contrib.postgres.indexes
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
        migrations.AddIndex(
            model_name='signon',
            index=models.Index(condition=models.Q(('status__in', ['lapsed', 'rejected', 'withdrawn'])), fields=['created_at'], name='sign_on_came_to_nothing'),
        ),
    ]
