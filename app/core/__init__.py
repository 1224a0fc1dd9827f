"""What every area stands on: database, operators, events, permissions, errors, language. No domain."""
