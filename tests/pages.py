"""What the tests read out of a page."""

from collections import Counter

import html5lib


def parse(response):
    """Return the tree of a page, or of the piece htmx asked for: valid HTML, each id once."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    piece = "HX-Request" in response.wsgi_request.headers and response.status_code == 200
    tree = (parser.parseFragment if piece else parser.parse)(response.content.decode())
    ids = Counter(element.get("id") for element in tree.iter() if element.get("id"))
    assert not [name for name, times in ids.items() if times > 1]
    return tree


def find(tree, tag, **attributes):
    """Return the elements with a tag and attributes; of several classes one is enough."""
    css = attributes.pop("css", None)
    return [
        element
        for element in tree.iter(tag)
        if (css is None or css in element.get("class", "").split())
        and all(element.get(name) == value for name, value in attributes.items())
    ]


def text(element):
    """Return all the text of an element, white space as one space."""
    return " ".join("".join(element.itertext()).split())


def codes(response):
    """Return the codes of the table's rows, in their order."""
    return [
        text(find(cell, "a")[0])
        for cell in find(parse(response), "td")
        if "c-code" in classes(cell)
    ]


def classes(element):
    """Return the classes of an element."""
    return element.get("class", "").split()


def said(response):
    """Return what the page says at its top: what was done, what is wrong."""
    tree = parse(response)
    (main,) = find(tree, "main") or [tree]
    return [text(element) for tag in ("div", "p") for element in find(main, tag, css="message")]


def file_of(client, address, **headers):
    """Return the bytes of a file that a page has for its rows."""
    response = client.get(address, headers=headers)
    assert response.status_code == 200, said(response)
    return response.getvalue()


def errors(response):
    """Return the messages by field; under None those of the whole form."""
    form = response.context["adminform"].form
    return {name if name != "__all__" else None: list(said) for name, said in form.errors.items()}


def messages(response):
    """Return what a page of the admin says."""
    return [str(message) for message in response.context["messages"]]
