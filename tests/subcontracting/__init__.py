"""Tests of subcontracting."""
