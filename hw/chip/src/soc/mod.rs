//! soc.
