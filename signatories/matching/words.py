"""Words that say little about which body it is: legal forms, small words, offices and places."""

import gettext
import re
from functools import cache
from itertools import chain
from typing import Any

import pycountry

from signatories.matching.fold import tokens


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Forms in law, folded. Found at either end of a name.
LEGAL = _words(
    "inc incorporated ltd limited llc llp lp corp corporation co company plc cic cio scio pbc pllc "
    "gmbh ggmbh mbh ev eg ag kg ug gug evag "
    "sa sas sarl srl spa sl slu ac iap sc snc scop scic asbl aisbl ivzw vzw bv nv "
    "ry rf rs as asa aps ab hf ehf oy oyj ou mtu ops zs zu oz kht nyrt bt doo dd "
    "pty pvt pte sdn bhd pt tbk kk onlus aps odv ngo ngos ong onlus npo cso oss osc "
    "ооо ано нко оо мбо го бо registered eingetragener reg regd 501c3"
)
#: Before or after a name in scripts without spaces.
LEGAL_GLUED = (
    "特定非営利活動法人", "認定npo法人", "npo法人", "公益社団法人", "公益財団法人", "一般社団法人",
    "一般財団法人", "社団法人", "財団法人", "社團法人", "財團法人", "사단법인", "재단법인",
)  # fmt: skip
#: What people add to a name, or leave out.
GENERIC = _words(
    "foundation fund trust organization organisation org charity charities society association "
    "project projects programme program initiative campaign network stiftung fondation fundacion "
    "fundacao fondazione stichting stiftelsen verein association asociacion associacao associazione"
)
#: Parts of a body.
PARTS = _words(
    "chapter chapters branch branches section sektion seccion secao sezione office bureau buro "
    "region regional area country national nacional nationale local headquarters hq secretariat "
    "mission delegation affiliate student students youth international "
    "internationale internacional internazionale global worldwide "
    "north south east west northern southern eastern western central midwest "
    "northeast northwest southeast southwest"
)
SMALL = _words(
    "the a an of for and on in to at by with from und et y e i u og och en ja fur "
    "der die das den dem des von zu zur zum im am le la les l du de d au aux en el los las del da "
    "do dos das na no di il lo gli dei della delle degli per pour para pro van het een af det i "
    "ال و"
)
ARTICLES = _words("the a an and und et y e la le les el il der die das")
#: They tie a place to a name: a church in America is no office in America.
TIES = _words("of in for on to at and de du des di da do van von im fur en och og")

#: Before a name, as a place is after it.
DEMONYMS = _words(
    "american british canadian german french swedish norwegian danish finnish dutch belgian swiss "
    "austrian italian spanish portuguese irish scottish welsh english polish czech slovak "
    "hungarian romanian bulgarian greek turkish ukrainian russian georgian armenian israeli "
    "palestinian lebanese syrian iraqi iranian jordanian egyptian tunisian moroccan kenyan "
    "ugandan tanzanian rwandan nigerian ghanaian ethiopian sudanese somali congolese african "
    "indian pakistani bangladeshi nepali nepalese afghan lankan burmese thai vietnamese cambodian "
    "lao laotian filipino philippine indonesian malaysian chinese japanese korean taiwanese asian "
    "australian mexican colombian peruvian chilean argentine brazilian bolivian ecuadorian "
    "venezuelan guatemalan salvadoran honduran nicaraguan haitian cuban european deutsche "
    "deutscher"
)

#: One spelling for several, so that both give the same key.
SAME = {
    "centre": "center", "centres": "centers", "defence": "defense", "labour": "labor",
    "programme": "program", "programmes": "programs", "theatre": "theater", "intl": "international",
    "int": "international", "natl": "national", "assoc": "association", "assn": "association",
    "cttee": "committee", "dept": "department", "univ": "university", "inst": "institute",
    "govt": "government", "st": "saint", "ctr": "center", "org": "organization",
    "organisation": "organization", "organisations": "organizations", "us": "usa",
    "womans": "womens", "fdn": "foundation", "fndn": "foundation",
}  # fmt: skip

_SHORT = {
    r"\bunited states(?: of america)?\b": "usa",
    r"\bunited kingdom\b": "uk",
}
_ALSO_PLACES = """
usa; america; united states; united states of america; uk; united kingdom; great britain; britain;
england; scotland; wales; northern ireland; ireland; eu; europe; european union; africa; asia;
latin america; north america; south america; central america; middle east; mena; oceania; pacific;
balkans; caucasus; caribbean; scandinavia; nordic; benelux; sahel; horn of africa; holland; burma;
congo; drc; laos; lao pdr; vietnam; viet nam; korea; south korea; north korea; russia; syria; iran;
tanzania; bolivia; venezuela; moldova; macedonia; palestine; kosovo; kurdistan; czech republic;
ivory coast; swaziland; cape verde; east timor; timor leste; uae; rdc; bih; nz; aotearoa; catalonia;
london; paris; berlin; brussels; bruxelles; brussel; geneva; geneve; genf; vienna; wien; rome; roma;
madrid; barcelona; lisbon; lisboa; amsterdam; the hague; den haag; copenhagen; kobenhavn; stockholm;
oslo; helsinki; zurich; munich; munchen; hamburg; cologne; koln; milan; milano; warsaw; warszawa;
prague; praha; budapest; athens; istanbul; ankara; kyiv; kiev; moscow; tbilisi; yerevan; baku;
beirut; amman; jerusalem; gaza; ramallah; baghdad; erbil; tehran; kabul; cairo; tunis; rabat;
tripoli;
khartoum; addis ababa; nairobi; kampala; kigali; bujumbura; kinshasa; lagos; abuja; accra; dakar;
bamako; monrovia; freetown; luanda; lusaka; harare; maputo; johannesburg; cape town; pretoria;
delhi; new delhi; mumbai; kolkata; dhaka; islamabad; karachi; lahore; kathmandu; colombo; yangon;
bangkok; phnom penh; vientiane; hanoi; jakarta; manila; kuala lumpur; singapore; hong kong; taipei;
beijing; shanghai; seoul; tokyo; osaka; kyoto; hiroshima; nagasaki; sydney; melbourne; canberra;
brisbane; perth; auckland; wellington; ottawa; toronto; montreal; vancouver; washington; dc;
washington dc; new york city; nyc; boston; chicago; philadelphia; los angeles; san francisco;
san diego; seattle; portland; denver; houston; dallas; austin; atlanta; miami; detroit; cleveland;
minneapolis; saint louis; saint paul; kansas city; pittsburgh; baltimore; milwaukee; phoenix;
nashville; new orleans; bay area; mexico city; bogota; lima; quito; caracas; santiago; buenos aires;
montevideo; sao paulo; rio de janeiro; brasilia; havana; guatemala city; managua; san salvador;
tegucigalpa; oxford; cambridge; manchester; birmingham; edinburgh; glasgow; cardiff; belfast; dublin
"""
_LANGUAGES = [
    "ar", "cs", "da", "de", "el", "es", "fi", "fr", "he", "hu", "it", "ja", "ko", "nb", "nl", "pl",
    "pt", "ro", "ru", "sk", "sl", "sv", "tr", "uk", "zh_CN",
]  # fmt: skip
_WITH_PARTS = ("US", "CA", "AU", "DE", "GB", "CH", "AT")
LONGEST_PLACE = 4  # words


@cache
def places() -> frozenset[tuple[str, ...]]:
    """Countries in many languages, states of some, large cities; each as folded words."""
    names = [" ".join(place.split()) for place in _ALSO_PLACES.split(";")]
    countries: list[str] = []
    for country in pycountry.countries:
        countries += [country.name, getattr(country, "common_name", country.name), country.alpha_3]
    names += countries
    for language in _LANGUAGES:
        known = gettext.translation(
            "iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True
        )
        names += [known.gettext(name) for name in countries]
    for code in _WITH_PARTS:
        subdivisions: Any = pycountry.subdivisions
        names += [part.name for part in subdivisions.get(country_code=code) or []]
    found = {spelled(tokens(name.partition(",")[0].partition("(")[0])) for name in names}
    return frozenset(found - {()})


@cache
def place_words() -> frozenset[str]:
    return frozenset(chain.from_iterable(places())) - SMALL


def spelled(found: tuple[str, ...]) -> tuple[str, ...]:
    """Each word in the one spelling that stands for several."""
    text = " ".join(SAME.get(word, word) for word in found)
    for phrase, short in _SHORT.items():
        text = re.sub(phrase, short, text)
    return tuple(text.split())
