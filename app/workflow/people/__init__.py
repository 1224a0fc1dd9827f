"""What people do with tasks: the inbox, verbs, talk, files, approvers, and who is kept out of what."""
