//! Small models, made here: what the files in `sw/models` do not have.

mod builder;
mod damaged;
mod errors;
mod movement;
mod operators;
