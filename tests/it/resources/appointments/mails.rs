//! What patients are told, by the clinic's rules.
