//! A chip that runs: Verilator, build cache, DUT, waves.
