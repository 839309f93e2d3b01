//! The four layers, each alone, and everything that must fail.
//!
//! Most tests here go round the product: they open a clinic's database with the clinic's real credentials and run SQL of their
//! own, as somebody could who injects it into a statement of ours (`by_hand`). Beside each refusal stands the same thing done
//! rightly, so that a test that cannot fail is noticed.

mod audit;
pub mod by_hand;
mod canaries;
mod catalogue;
pub mod central;
mod forbidden;
mod layers;
mod limits;
mod links;
mod matrix;
mod pooler;
mod process;
mod properties;
mod rows;
mod sessions;
mod side_channels;
mod stacked;
mod thefts;
mod tokens;
