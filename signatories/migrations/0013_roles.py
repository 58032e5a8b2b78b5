"""The roles of staff: groups with the rights that signatories/roles.py names."""

from django.db import migrations

from signatories.roles import set_roles


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
        ('campaign', '0013_sign_ins'),
        ('signatories', '0012_statistics'),
    ]

    operations = [
        migrations.RunPython(set_roles, migrations.RunPython.noop),
    ]
