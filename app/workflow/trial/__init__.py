"""Processes tried on a scratch database: played step by step, and judged by their test cases."""
