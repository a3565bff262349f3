"""What is stored, and the questions that are asked of it."""

from .bar import Bar
from .data_change import DataChange
from .data_import import DataImport, ImportBatch
from .feed_run import FeedLock, FeedRun
from .saved_screen import SavedScreen
from .search_word import SearchWord
from .stock import Stock
from .user import User
from .watchlist import WatchlistEntry

__all__ = [
    "Bar",
    "DataChange",
    "DataImport",
    "FeedLock",
    "FeedRun",
    "ImportBatch",
    "SavedScreen",
    "SearchWord",
    "Stock",
    "User",
    "WatchlistEntry",
]
