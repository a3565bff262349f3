"""A JSON file that is one array: read object by object, wherever it breaks."""

import pytest

from stocks.imports import Refused, readers
from stocks.imports.headings import QUOTES
from stocks.imports.readers import open_file

pytestmark = pytest.mark.sqlite


@pytest.mark.parametrize(
    "content",
    [
        '[{"code":"000007","price":1},{"code":"000036","price":2}]',
        ' [\n  {\n  "code": "000007",\n  "price": 1\n  }\n ,{"code": "000036", "price": 2}\n]\n',
    ],
)
@pytest.mark.parametrize("size", [1, 7, 65536])
def test_a_json_array_is_read_wherever_it_breaks(tmp_path, monkeypatch, content, size):
    monkeypatch.setattr(readers, "ARRAY_CHUNK", size)
    path = tmp_path / "file"
    path.write_text(content)
    rows = list(open_file(path, QUOTES))
    assert [row.values for row in rows] == [
        {"code": "000007", "price": "1"},
        {"code": "000036", "price": "2"},
    ]
    assert [row.line for row in rows] == ([2, 6] if "\n" in content else [1, 1])


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("[]", 1),
        ("[1]", 1),
        ('[{"code": "1"}', 1),
        ('[{"code": "1"},\n]', 2),
        ('[{"code": "1"}]\n[]', 1),
        ('[{"code": "1"}\n{"code": "2"}]', 1),
        ('[{"code": "1"},\n\n{"code": "2]', 3),
        ('[{"code": "1"},\n' + '{"code":' * 5000, 2),
        ('[{"code": "1"},\n{"code": "' + "x" * 2**21 + '"}]', 2),
    ],
)
def test_a_damaged_json_array_is_refused(tmp_path, content, line):
    path = tmp_path / "file"
    path.write_text(content)
    with pytest.raises(Refused, match="no JSON object") as refused:
        list(open_file(path, QUOTES))
    assert f"Line {line}:" in str(refused.value)
