"""Diagrams tried in the studio: played step by step, and judged by the test cases beside them.

Both go through the real engine on a database of nobody (`app.workflow.trial`); a case that is played is nothing
but its list of steps, played anew at each step, so that nothing of it is kept anywhere.
"""
