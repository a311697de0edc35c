"""Who can vouch for people: each provider is a preset, switched on by its keys alone."""
