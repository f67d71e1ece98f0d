"""The use cases: load, decide, commit, apply and settle a command; background work; queries; live updates."""
