"""What is stored, and the questions that are asked of it."""

from .bar import Bar
from .stock import Stock
from .user import User
from .watchlist import WatchlistEntry

__all__ = ["Bar", "Stock", "User", "WatchlistEntry"]
