//! The four layers, each alone, and everything that must fail.
