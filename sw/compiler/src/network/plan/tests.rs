//! Layouts, stages and tokens, where a wrong choice would still give right results.
