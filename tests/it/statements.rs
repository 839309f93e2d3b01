//! Every statement of the product can be prepared by everybody who runs it.
