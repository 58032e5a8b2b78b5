"""Django's own reports of errors, should an operator have them sent: nothing that was posted."""

from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

from campaign.redaction import HIDDEN


class ReportFilter(SafeExceptionReporterFilter):
    """Names of fields and variables, never their values, unless DEBUG is on: on this machine."""

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        posted = super().get_post_parameters(request)
        return dict.fromkeys(posted, HIDDEN) if self.is_active(request) else posted

    def get_traceback_frame_variables(self, request: Any, tb_frame: Any) -> Any:
        variables = super().get_traceback_frame_variables(request, tb_frame)
        return [(n, HIDDEN) for n, _ in variables] if self.is_active(request) else variables
