"""What makes papers: the operator for diagrams, the maker for the runner."""

from app.reports.services.documents import live, make_pending, render

__all__ = ["live", "make_pending", "render"]
