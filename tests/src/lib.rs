//! Tests of whole programs against real clients; they stand in `tests/`.
