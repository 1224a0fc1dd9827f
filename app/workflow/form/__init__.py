"""Task forms: their files checked, their fields, the schema they mean, what a browser sends and sees."""
