"""The daily digest: a mail to those of the staff who want it, on how the letters stand."""
