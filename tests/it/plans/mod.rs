//! By which plans PostgreSQL serves lists and searches: from an index, under row security, by the generic plan that a prepared
//! statement runs by.

mod lists;
mod patients;

use medicalpro::resources;
use medicalpro::sql::{Clinic, Statement};

/// A statement of a clinic's database by the end of its name.
fn statement(name: &str) -> &'static Statement<Clinic> {
    let named = |statement: &&&Statement<Clinic>| statement.name.strip_prefix("medicalpro::resources::") == Some(name);
    resources::statements().iter().find(named).unwrap_or_else(|| panic!("there is no {name}"))
}

/// The generic plan of a statement, prepared and explained in one message.
fn explain(text: &str, arguments: &str, options: &str) -> String {
    format!(
        "SET LOCAL plan_cache_mode = force_generic_plan; PREPARE one AS {text}; EXPLAIN ({options}) EXECUTE one ({arguments}); DEALLOCATE one"
    )
}
