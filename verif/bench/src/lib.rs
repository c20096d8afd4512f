//! The bench: generators, lockstep, shrinking, reports.
