"""What `q` finds."""

import pytest

from stocks.models import Stock

from .pages import codes
from .rows import varied


@pytest.fixture
def found(client, stocks):
    """Return a function that gives the codes a search finds."""
    varied()
    Stock.objects.create(code="000050", short="深天马Ａ")
    Stock.objects.create(code="000051", short="100%_a\\b*")
    Stock.objects.create(code="000052", short="Straße 😀")
    Stock.objects.create(code="BRK.A", short="Berkshire Hathaway")
    return lambda q: codes(client.get("/", {"q": q}))


@pytest.mark.parametrize(
    ("q", "shown"),
    [
        # The code from its start, a symbol
        ("6007", ["600729"]),
        ("0729", []),
        ("000007.SZ", ["000007"]),
        ("000007.sz", ["000007"]),
        ("000007.SH", []),
        ("000007.", ["000007"]),
        ("brk.a", ["BRK.A"]),
        ("BRK.A.US", ["BRK.A"]),
        # The name anywhere
        ("全新好", ["000007"]),
        ("新", ["000007"]),
        ("*ST松江", ["600225"]),
        ("松江", ["600225"]),
        ("hathaway", ["BRK.A"]),
        ("STRASSE", ["000052"]),
        # Pinyin in full and initials, from any character on, with every reading
        ("chongqing", ["600729"]),
        ("chongqingbaihuo", ["600729"]),
        ("zhongqingbaihuo", ["600729"]),
        ("baihuo", ["600729"]),
        ("cqbh", ["600729"]),
        ("zqbh", ["600729"]),
        ("CQBH", ["600729"]),
        ("qxh", ["000007"]),
        ("hongqing", []),
        # Full-width as plain and plain as full-width, spaces or none
        ("深天马A", ["000050"]),
        ("深天马Ａ", ["000050"]),
        ("stma", ["000050"]),
        ("万科Ａ", ["000002"]),
        ("０００００７", ["000007"]),
        ("五粮液", ["1234567"]),
        ("五 粮 液", ["1234567"]),
        ("wly", ["1234567"]),
        ("全 新 好", ["000007"]),
        # What means something to LIKE means itself here
        ("%", ["000051"]),
        ("_", ["000051"]),
        ("\\", ["000051"]),
        ("*", ["000051", "600225"]),
        ("0%_A\\B", ["000051"]),
        ("😀", ["000052"]),
        ("😁", []),
        ("' OR 1=1 --", []),
    ],
)
def test_search_finds(found, q, shown):
    assert found(q) == shown


def test_search_of_nothing_is_no_filter(found):
    assert len(found("  ")) == Stock.objects.count()


def test_renamed_stock_is_found_by_its_new_name_alone(client, stocks):
    stock = stocks["000007"]
    stock.short = "新名字"
    stock.save()
    assert codes(client.get("/?q=xmz")) == ["000007"]
    assert codes(client.get("/?q=qxh")) == []
