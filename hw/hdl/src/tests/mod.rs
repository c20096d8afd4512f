//! Tests of the builder and the checks.

mod build;
