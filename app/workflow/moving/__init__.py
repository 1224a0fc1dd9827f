"""Moving running cases to another version of their process: judged, tried on a copy, carried out, undone."""
