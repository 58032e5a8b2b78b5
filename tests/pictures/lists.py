"""Lists: imported with a look at each row, approved together, copied and exported."""

from playwright.sync_api import FilePayload, Page, expect

from tests.pictures.walk import Walk

NAMES = (
    "Aare Adige Adour Aisne Allier Arno Avon Charente Cher Clyde Dee Don Dordogne Douro Drava "
    "Ebro Elbe Ems Eure Garonne Guadiana Havel Inn Isar Lahn Lech Lot Main Marne Maas Minho "
    "Mosel Narew Neckar Oder Oise Orne Po Rhône Ruhr Saale Sambre Saône Sava Seine Severn "
    "Shannon Spree Tagus Tarn Tiber Trent Tweed Vienne Warta Weser Yonne "
)
RIVERS = NAMES.split()
ROWS = [
    "Ríos Vivos,,Members of the Coalition",
    "Association Friends of Loire,,Partners",
    *(f"{river} Forum,,Partners" for river in RIVERS),
    *(f"Clean {river} Network,,Partners" for river in RIVERS),
]
WRONG = "Moldau und Mehr,not a website,Partners"


def imported(walk: Walk) -> None:
    """A coalition's list of partners, as a CSV file with one row that is wrong."""
    camera, page = walk.camera, walk.desk("moderator")
    page.goto(walk.pages["letter"])
    page.get_by_role("link", name="Import sign-ons…").click()
    text = "\n".join(["Organization,URL,Group", *ROWS, WRONG])
    _upload(page, text)
    page.get_by_role("button", name="Upload it and look").click()
    camera.top(page, "import-wrong", 780)
    page.get_by_role("button", name="Forget the file").click()
    _upload(page, text.removesuffix(f"\n{WRONG}"))
    page.get_by_role("button", name="Upload it and look").click()
    page.get_by_label("Who sent the list, and when").fill("Rivers Forum, e-mail of 5 May.")
    page.get_by_role("button", name="There already").click()
    camera.of("import-rows", page.locator("#rows"), page.locator(".import-rows"))
    page.get_by_role("button", name="New:").click()
    camera.top(page, "import-look", 820)
    page.get_by_role("button", name="they wait for your approval").click()
    camera.top(page, "imported", 620)
    page.close()


def _upload(page: Page, text: str) -> None:
    file = FilePayload(name="partners.csv", mimeType="text/csv", buffer=text.encode())
    page.set_input_files("#id_file", file)


def approved_together(walk: Walk) -> None:
    camera, page = walk.camera, walk.desk("moderator")
    letter = walk.pages["letter"].rstrip("/").split("/")[-2]
    page.goto(walk.url(f"/admin/signatories/signon/?letter={letter}"))
    page.locator("#action-toggle").check()
    page.get_by_label("that match, on all pages").check()
    camera.top(page, "select-all", 620)
    page.get_by_role("button", name="public now").first.click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible(timeout=60_000)
    camera.top(page, "bulk-done", 700)
    page.close()


def copied(walk: Walk) -> None:
    camera, page = walk.camera, walk.desk("moderator")
    page.goto(walk.pages["letter"])
    page.get_by_role("link", name="Copy the list").click()
    camera.top(page, "copy", 900)
    page.close()


def exported(walk: Walk) -> None:
    camera, page = walk.camera, walk.desk("moderator")
    page.goto(walk.pages["letter"])
    page.get_by_role("link", name="Export…").click()
    camera.top(page, "export", 820)
    with page.expect_download() as download:
        page.get_by_role("button", name="Export contacts: it is noted").click()
    assert download.value.suggested_filename.endswith(".xlsx")
    page.close()
