"""Watchlists in the admin: found, edited in the list, given away; for editors their own only."""

from django.contrib.admin.models import LogEntry

from stocks.models import WatchlistEntry

from .pages import errors, messages

ENTRIES = "/admin/stocks/watchlistentry/"


def test_entries_are_found_by_stock_owner_and_note(boss, unowned, alice, stocks):
    mine = alice.watchlist.create(info=stocks["600729"])
    for query, expected in (
        ("q=利好", unowned[:1]),
        ("q=alice", [mine]),
        ("q=600729", [mine]),
        ("q=qxh", unowned[:1]),
        ("q=", [mine, *unowned[::-1]]),
        ("owned=no", unowned[::-1]),
        ("owned=yes", [mine]),
    ):
        assert list(boss.get(f"{ENTRIES}?{query}").context["cl"].result_list) == expected


def notes_in_list(client, **changes):
    """Send the list as a browser does, with changed notes by the code of their stock."""
    formset = client.get(ENTRIES).context["cl"].formset
    count = len(formset.forms)
    data = {"form-TOTAL_FORMS": count, "form-INITIAL_FORMS": count, "_save": "Save"}
    for form in formset:
        note = form["note_info"]
        assert form.instance.info.code in note.as_widget()
        data[f"{form.prefix}-id"] = form.instance.pk
        data[note.html_initial_name] = note.initial
        data[note.html_name] = changes.get(f"of_{form.instance.info.code}", note.initial)
    return lambda: client.post(ENTRIES, data)


def test_note_changed_in_the_list_is_kept_and_logged(boss, admin, unowned):
    assert notes_in_list(boss, of_000007="a\r\nb")().status_code == 302
    first, second = (WatchlistEntry.objects.get(pk=entry.pk) for entry in unowned)
    assert (first.note_info, second.note_info) == ("a\nb", "")
    logged = LogEntry.objects.get()
    assert (logged.user, logged.object_id) == (admin, str(first.pk))
    assert logged.get_change_message() == "Changed Note."
    assert "Changed Note." in boss.get(f"{ENTRIES}{first.pk}/history/").content.decode()


def test_too_long_a_note_in_the_list_is_refused_by_its_field(boss, unowned):
    response = notes_in_list(boss, of_000007="x" * 2001)()
    assert "2000" in response.context["cl"].formset.errors[1]["note_info"][0]


def test_note_its_owner_wrote_meanwhile_is_left_by_the_list(boss, alice, stocks):
    alice.watchlist.watch(stocks["000007"], note_info="before")
    alice.watchlist.watch(stocks["000036"])
    save = notes_in_list(boss, of_000036="changed")
    alice.watchlist.write_note(stocks["000007"], "meanwhile")
    save()
    notes = alice.watchlist.order_by("info__code").values_list("note_info", flat=True)
    assert list(notes) == ["meanwhile", "changed"]


def give(client, entries, **more):
    chosen = [entry.pk for entry in entries]
    data = {"action": "give_to_user", "_selected_action": chosen, **more}
    return client.post(ENTRIES, data, follow=True)


def test_unowned_entries_are_given_to_a_user(boss, admin, unowned, alice):
    page = give(boss, unowned)
    assert "000007 全新好" in page.content.decode()
    assert not alice.watchlist.exists()
    response = give(boss, unowned, username="ALICE")
    assert messages(response) == ["2 entries now belong to alice."]
    notes = alice.watchlist.order_by("info__code").values_list("info__code", "note_info")
    assert list(notes) == [("000007", "利好"), ("000036", "")]
    assert {entry.get_change_message() for entry in LogEntry.objects.all()} == {"Changed owner."}
    logged = LogEntry.objects.values_list("object_id", "user")
    assert set(logged) == {(str(entry.pk), admin.pk) for entry in alice.watchlist.all()}


def test_unknown_user_is_named(boss, unowned):
    response = give(boss, unowned, username="nobody")
    assert "Nobody here is called “nobody”." in response.content.decode()
    assert WatchlistEntry.objects.unowned().count() == 2


def test_what_cannot_be_given_is_named(boss, unowned, alice):
    lost = WatchlistEntry.objects.create(note_info="没有股票的备注")
    response = give(boss, [*unowned, lost], username="alice")
    assert messages(response)[0] == "2 entries now belong to alice."
    assert "没有股票的备注" in messages(response)[1]
    assert list(WatchlistEntry.objects.unowned()) == [lost]


def test_owned_entries_are_not_given_away(boss, alice, bob, stocks):
    mine = alice.watchlist.create(info=stocks["000007"])
    response = give(boss, [mine], username="bob")
    assert "only unowned" in messages(response)[0]
    assert not bob.watchlist.exists()


def test_entry_is_checked_by_the_form_and_logged(boss, admin, alice, stocks):
    note = "a\r\nb" + "x" * 1997
    data = {"owner": alice.pk, "info": stocks["000007"].pk, "note_info": note}
    assert boss.post(f"{ENTRIES}add/", data).status_code == 302
    assert alice.watchlist.get().note_info == note.replace("\r\n", "\n")
    assert LogEntry.objects.get().user == admin
    response = boss.post(f"{ENTRIES}add/", data)
    assert errors(response) == {None: ["This stock is on this person's watchlist already."]}
    response = boss.post(f"{ENTRIES}add/", {"owner": alice.pk, "note_info": "x" * 2001})
    assert "note_info" in errors(response)
    response = boss.post(f"{ENTRIES}add/", {"owner": alice.pk, "note_info": ""})
    assert errors(response) == {None: ["An entry that belongs to a person needs a stock."]}


# Editors


def test_editors_see_unowned_entries_and_their_own(desk, editor, unowned, alice, stocks):
    own = editor.watchlist.create(info=stocks["600729"])
    other = alice.watchlist.create(info=stocks["000007"], note_info="hush")
    assert list(desk.get(ENTRIES).context["cl"].result_list) == [own, *unowned[::-1]]
    for page in ("change", "history", "delete"):
        response = desk.get(f"{ENTRIES}{other.pk}/{page}/", follow=True)
        assert "hush" not in response.content.decode()
    desk.post(f"{ENTRIES}{other.pk}/change/", {"info": stocks["000007"].pk, "note_info": "mine"})
    other.refresh_from_db()
    assert (other.owner, other.note_info) == (alice, "hush")
    response = give(desk, [other], username="erin")
    assert not editor.watchlist.filter(info__code="000007").exists()
    assert desk.get(f"{ENTRIES}?q=hush").context["cl"].result_count == 0


def test_editors_cannot_put_a_stock_on_another_s_list(desk, alice, stocks):
    data = {"owner": alice.pk, "info": stocks["000007"].pk, "note_info": ""}
    assert "owner" in errors(desk.post(f"{ENTRIES}add/", data))
    assert "alice" not in desk.get(f"{ENTRIES}add/").content.decode()
    assert (
        desk.get(
            "/admin/autocomplete/?app_label=stocks&model_name=watchlistentry&field_name=owner&term=a"
        ).status_code
        == 403
    )


def test_editors_give_unowned_entries(desk, unowned, alice):
    assert messages(give(desk, unowned[:1], username="alice")) == ["1 entry now belongs to alice."]
