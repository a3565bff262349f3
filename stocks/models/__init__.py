"""What is stored, and the questions that are asked of it."""

from .stock import Stock
from .user import User
from .watchlist import WatchlistEntry

__all__ = ["Stock", "User", "WatchlistEntry"]
