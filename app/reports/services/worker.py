"""The child process that makes a PDF: HTML on standard input, PDF on standard output.

Run as a file, so that nothing of the application is loaded. It has limits on
time and memory and reads nothing but ``data:`` addresses.
"""

from __future__ import annotations

import resource
import sys

MEMORY = 1_500_000_000
CPU_SECONDS = 25


def main() -> None:
    """Read, render, write."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000_000, 50_000_000))
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    page = sys.stdin.buffer.read().decode()
    fetcher = URLFetcher(allowed_protocols=("data",), allow_redirects=False)
    sys.stdout.buffer.write(HTML(string=page, url_fetcher=fetcher).write_pdf())


if __name__ == "__main__":
    main()
