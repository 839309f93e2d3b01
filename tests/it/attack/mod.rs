//! Every operation of the spec is attacked; bad input gets a clear answer.
