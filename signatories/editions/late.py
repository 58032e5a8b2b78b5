"""How long readers have had a page without the PDF of its own."""

from datetime import timedelta

from django.utils import timezone

from signatories.models import Edition

#: While one change follows another, pages go before PDFs; but a PDF is put off no longer than this
#: after the first page that stands without its own. Promised is ten seconds, and it has to be made.
PDF_PUT_OFF = timedelta(seconds=4)


def pdf_is_late(edition: Edition) -> bool:
    """Whether the pages since the last PDF, up to that of this edition, are so old."""
    of_letter = Edition.objects.filter(letter=edition.letter)
    with_pdf = of_letter.filter(complete_at__isnull=False).order_by("-number")
    last = with_pdf.values_list("number", flat=True).first() or 0
    since = of_letter.filter(number__gt=last, live_at__lt=timezone.now() - PDF_PUT_OFF)
    return since.exists()
