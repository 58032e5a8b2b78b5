"""As Django has it, in 24 hours, with the name of the time zone."""

DATETIME_FORMAT = "j F Y, H:i e"
