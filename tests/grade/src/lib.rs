//! Starts a program, waits until it accepts, talks to it, records each step, stops it.
