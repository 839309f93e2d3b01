//! Imports run one way, and what must be named in one place only is.
