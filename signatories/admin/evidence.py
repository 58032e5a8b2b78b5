"""Evidence at the desk: the field that takes a file of it, and the address that gives it back."""

from dataclasses import dataclass
from typing import Any

import structlog
from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from campaign.admin.typed import ModelForm
from campaign.answers import answer_as
from campaign.headers import DOWNLOAD
from signatories.models import Evidence
from signatories.models.contact import EvidenceKind, FileType
from signatories.services.evidence_files import LARGEST, NotTaken, path_of, type_of

log = structlog.get_logger(__name__)

#: To see evidence one has to see contacts: it names them.
NEEDED = ("signatories.view_contact", "signatories.view_evidence")
CONTENT_TYPES = {
    FileType.PDF: "application/pdf",
    FileType.PNG: "image/png",
    FileType.JPEG: "image/jpeg",
    FileType.TEXT: "text/plain; charset=utf-8",
    FileType.EMAIL: "message/rfc822",
}
FILE_HELP = (
    f"PDF, PNG, JPEG, plain text or a saved e-mail (.eml), at most {LARGEST // 1_000_000} MB. "
    "Kept private, and deleted with the contact."
)


@dataclass(frozen=True)
class Upload:
    """What somebody chose, looked at and found safe to keep."""

    content: bytes
    type: FileType


class EvidenceFileField(forms.FileField):
    """Its cleaned value is an Upload, or None."""

    widget = forms.FileInput

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False, label="File", help_text=FILE_HELP, max_length=None, **options
        )

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, None)
        if not isinstance(file, UploadedFile):
            return None
        content = file.read()
        try:
            return Upload(content, type_of(content))
        except NotTaken as refusal:
            raise ValidationError(str(refusal)) from refusal


class KindField(forms.ChoiceField):
    """By e-mail unless another is chosen."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label="How it came",
            choices=EvidenceKind.choices,
            initial=EvidenceKind.EMAIL,
            required=False,
            **options,
        )

    def clean(self, value: Any) -> EvidenceKind:
        return EvidenceKind(super().clean(value) or EvidenceKind.EMAIL)


class EvidenceForm(ModelForm[Evidence]):
    """Of the inline table on the page of a sign-on."""

    kind = KindField()
    upload = EvidenceFileField()

    class Meta:
        model = Evidence
        fields = ["kind", "note"]
        widgets = {"note": forms.Textarea(attrs={"rows": 2, "cols": 60})}

    def has_changed(self) -> bool:
        # The kind is chosen from the start: alone it is no evidence.
        return bool({"note", "upload"} & set(self.changed_data))


@require_safe
def evidence_file(request: HttpRequest, pk: int, evidence: int) -> HttpResponse:
    """The file, to be saved. Raises PermissionDenied, Http404."""
    if not request.user.has_perms(NEEDED):
        raise PermissionDenied
    row = get_object_or_404(Evidence.objects.exclude(file=""), pk=evidence, sign_on=pk)
    found = FileType(row.file_type)
    try:
        content = path_of(row.file).read_bytes()
    except FileNotFoundError as error:
        log.error("evidence.file_missing", evidence=row.pk)
        raise Http404 from error
    log.info("evidence.given", evidence=row.pk, staff=request.user.pk)
    response = HttpResponse(content, content_type=CONTENT_TYPES[found])
    name = f"evidence-{row.pk}.{found.value}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer_as(DOWNLOAD, response)
