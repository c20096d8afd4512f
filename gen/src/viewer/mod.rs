//! Files that wave viewers open, from one description of what is to be seen.

pub mod names;
