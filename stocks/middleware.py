"""What is done around every request."""

import re
import time

from django.middleware.common import CommonMiddleware
from django.utils import translation
from django.utils.cache import patch_cache_control

from .display import Display
from .logs import log_access, logged_path
from .page_cache import PUBLIC
from .person_pages import Specimen
from .views.errors import dress

# In UTF-8: control characters, and the code points that are no characters (U+FDD0 to U+FDEF and
# the last two of each plane).
NOT_IN_HTML = re.compile(
    rb"[\x00-\x08\x0b\x0e-\x1f\x7f]|\xc2[\x80-\x9f]|\xef\xb7[\x90-\xaf]|\xef\xbf[\xbe\xbf]"
    rb"|(?:\xf0[\x9f\xaf\xbf]|[\xf1-\xf3][\x8f\x9f\xaf\xbf]|\xf4\x8f)\xbf[\xbe\xbf]"
)
MARK = "\N{REPLACEMENT CHARACTER}".encode()
# Words on the interpreter's stack: room for all calls that a page takes.
ROOM = 2**14
# Asked by whoever watches the process, by any name of the machine.
PROBES = ("/healthz", "/readyz")


def room_on_the_stack(get_response):
    """Answer within one large piece of the interpreter's stack.

    CPython has 16 KB at a time from the system and gives them back when the last frame in them
    ends: where a template stands at the end of such a piece, thousands of calls a page would each
    take and return one, which is a third of its time.
    """

    def answer(request):
        return get_response(request)

    answer.__code__ = answer.__code__.replace(co_stacksize=ROOM)
    return answer


class AccessLogMiddleware:
    """Write one line a request: method, path, status, milliseconds, id of the user."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Answer the request and log it."""
        start = time.perf_counter()
        response = self.get_response(request)
        if PUBLIC in request.META and response.status_code == 200:
            return response  # the page cache writes the line of whoever asked for the page
        # Only a user that was loaded already: the log asks the database nothing.
        user = getattr(request, "_cached_user", None)
        pk = getattr(user, "pk", None) or "-"
        log_access(request.method, logged_path(request), response.status_code, start, pk)
        return response


class PrivateMiddleware:
    """Keep what no view said is for everyone out of the caches on the way."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Say that a page is for one person, and to be asked for anew, unless it says itself."""
        response = self.get_response(request)
        kept = PUBLIC in request.META and response.status_code == 200
        if not kept and not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_cache=True)
        return response


class TextMiddleware:
    """See to it that what goes out is fit to stand in HTML."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Put a mark in the place of characters that no page can hold."""
        response = self.get_response(request)
        if not response.streaming and response.get("Content-Type", "").startswith("text/html"):
            fit, marks = NOT_IN_HTML.subn(MARK, response.content)
            if marks:
                response.content = fit
                response["Content-Length"] = len(fit)
        return response


class HostMiddleware(CommonMiddleware):
    """Refuse a name that is none of the site's, but for those who ask whether it lives."""

    def process_request(self, request):
        """Check the request's host."""
        return None if request.path_info in PROBES else super().process_request(request)


class DisplayMiddleware:
    """Set `request.display`, how the page looks to this person, and speak their language."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Take the language, theme and colours from the person, or from their cookies."""
        if isinstance(request.META.get(PUBLIC), Specimen):
            request.user = request.META[PUBLIC]
            request.display = request.user.display
        elif request.user.is_authenticated:
            request.display = Display.of_user(request.user)
            if request.display.language:
                translation.activate(request.display.language)
                request.LANGUAGE_CODE = request.display.language
        else:
            request.display = Display.of_cookies(request.COOKIES)
        return self.get_response(request)


class ErrorPageMiddleware:
    """Give a refusal that comes without a page (405, 413, 429 …) the site's own."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Replace an empty refusal by a page that says what to do."""
        response = self.get_response(request)
        bare = response.status_code >= 400 and not response.streaming and not response.content
        return dress(request, response) if bare else response
