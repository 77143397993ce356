"""Connections to PostgreSQL that never wait without bound. `relais.foundation.database` is also Django's ENGINE."""
