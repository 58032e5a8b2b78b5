"""What is counted for the limits while Redis is away, and what may be spent only once."""

from django.db import models


class Counted(models.Model):
    """A row a window. Unlogged: after a crash of PostgreSQL it begins anew.

    The key names a limit, a keyed hash and the number of the hour; nothing about a person.
    """

    key = models.CharField(primary_key=True, max_length=120)
    count = models.IntegerField(default=1)
    ends = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "counted"

    def __str__(self) -> str:
        return self.key


class Spent(models.Model):
    """What may be spent only once, until it would not be taken any more anyway. Logged, unlike what
    is counted: after a crash of PostgreSQL all of it would be good again.
    """

    #: A random challenge; nothing about a person.
    key = models.CharField(primary_key=True, max_length=120)
    ends = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "spent"

    def __str__(self) -> str:
        return self.key
