import pytest
from signatories.services.similar import *
from tests.factories import *

pytestmark = pytest.mark.django_db


def test_x():
    o = OrganisationFactory(display_name="Human Rights Watch")
    for n in ["HRW", "Human Rights Watch, Inc.", "Humn Rights Watch", "Human Rights Watch Germany"]:
        print([(l.organisation, l.why, l.score) for l in similar_organisations(n)])
    l = LetterFactory(open=True, public=True)
    a = SignOnFactory(letter=l, name="Human Rights Watch", status="approved")
    b = SignOnFactory(letter=l, name="HRW")
    print(similar_sign_ons(b), with_similar([a.pk, b.pk]))
    assert 0
