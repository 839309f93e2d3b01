//! Statements as constants. Owns the `sql!` macro, by which every statement that a request or a job runs is declared,
//! named and listed. (What makes, migrates and drops databases names them, and so stands as text in `provisioning`.)
//!
//! Invariant: the text of a statement is made of `&'static str` fragments only; values travel as parameters. Where filters,
//! orders and page sizes vary, a statement is an allow-listed product of fragments, and one of them is picked.

use std::borrow::Cow;
use std::fmt;

/// Which database a statement is for, so that one for a clinic cannot be handed to central.
pub trait Database: 'static {
    /// Who runs statements there.
    type Runner: Copy + fmt::Debug + 'static;
}

/// The clinics' databases; statements run under a job's session role, and `$1` is always the clinic's id.
#[derive(Debug)]
pub enum Clinic {}

/// The central database.
#[derive(Debug)]
pub enum Central {}

impl Database for Clinic {
    type Runner = crate::ids::Role;
}

impl Database for Central {
    type Runner = CentralLogin;
}

/// The two logins of central.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CentralLogin {
    /// The server process.
    Api,
    /// The worker process.
    Provisioner,
}

/// A declared statement: a row of slots, each with its alternatives.
pub struct Statement<D: Database> {
    /// `module::NAME`, for errors and tests.
    pub name: &'static str,
    /// Under which roles it must be possible to prepare it.
    pub run_by: &'static [D::Runner],
    /// The alternatives of each slot; a plain statement has one slot with one alternative.
    pub slots: &'static [&'static [&'static str]],
}

impl<D: Database> fmt::Debug for Statement<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// One choice of a [`Statement`], ready to run.
#[derive(Debug)]
pub struct Picked<D: Database> {
    name: &'static str,
    text: Cow<'static, str>,
    database: std::marker::PhantomData<D>,
}

impl<D: Database> Clone for Picked<D> {
    fn clone(&self) -> Self {
        Self { name: self.name, text: self.text.clone(), database: std::marker::PhantomData }
    }
}

impl<D: Database> Picked<D> {
    /// The text that is sent.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The span that it runs in: it bears the statement's name, and nothing of its parameters.
    pub(crate) fn span(&self) -> tracing::Span {
        tracing::debug_span!("statement", statement = self.name)
    }
}

impl<D: Database> Statement<D> {
    /// Picks one alternative of each slot that has several, in order; slots with one are constant.
    ///
    /// # Panics
    /// When a choice is missing or out of range, which the test that prepares every variant would have shown.
    #[must_use]
    pub fn pick(&self, choices: &[usize]) -> Picked<D> {
        let mut choices = choices.iter().copied();
        let mut text = String::new();
        for slot in self.slots {
            let index = if slot.len() == 1 { 0 } else { choices.next().unwrap_or(usize::MAX) };
            text.push_str(slot[index]);
        }
        assert!(choices.next().is_none(), "{} has fewer slots", self.name);
        Picked { name: self.name, text: text.into(), database: std::marker::PhantomData }
    }

    /// Every variant, for the test that prepares them all.
    #[must_use]
    pub fn variants(&self) -> Vec<String> {
        self.slots.iter().fold(vec![String::new()], |texts, slot| {
            texts.iter().flat_map(|text| slot.iter().map(move |part| format!("{text}{part}"))).collect()
        })
    }
}

impl<D: Database> From<&Statement<D>> for Picked<D> {
    fn from(statement: &Statement<D>) -> Self {
        match statement.slots {
            [[text]] => Self { name: statement.name, text: Cow::Borrowed(text), database: std::marker::PhantomData },
            _ => statement.pick(&[]),
        }
    }
}

/// Declares a module's statements and their list `STATEMENTS`:
///
/// ```ignore
/// sql! { Clinic;
///     /// One patient.
///     FIND by Role::ALL; "SELECT … FROM patients WHERE company_id = $1 AND id = $2";
///     /// A page of them.
///     LIST by Role::ALL; "SELECT …", ["", " AND birth_date = $2"], " LIMIT ", ["10", "50"];
/// }
/// ```
#[macro_export]
macro_rules! sql {
    ($database:ident; $( $(#[$doc:meta])* $vis:vis $name:ident by $run_by:expr ; $( $slot:tt ),+ ; )+) => {
        $(
            $(#[$doc])*
            $vis static $name: $crate::sql::Statement<$crate::sql::$database> = $crate::sql::Statement {
                name: concat!(module_path!(), "::", stringify!($name)),
                run_by: &$run_by,
                slots: &[ $( $crate::sql!(@slot $slot) ),+ ],
            };
        )+
        /// Every statement of this module, for the test that prepares them all.
        pub static STATEMENTS: &[&$crate::sql::Statement<$crate::sql::$database>] = &[ $( &$name ),+ ];
    };
    (@slot [ $( $part:expr ),+ $(,)? ]) => { &[ $( $part ),+ ] };
    (@slot $text:expr) => { &[ $text ] };
}

/// Implements `TryFrom<&Row>` for a struct whose fields bear their columns' names.
#[macro_export]
macro_rules! from_row {
    ($type:ident { $( $field:ident ),+ $(,)? }) => {
        impl TryFrom<&tokio_postgres::Row> for $type {
            type Error = tokio_postgres::Error;

            fn try_from(row: &tokio_postgres::Row) -> Result<Self, Self::Error> {
                Ok(Self { $( $field: row.try_get(stringify!($field))? ),+ })
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    sql! { Central;
        /// A plain statement.
        PLAIN by [CentralLogin::Api]; "SELECT 1";
        /// One with choices.
        CHOICE by [CentralLogin::Api]; "SELECT 1", ["", " WHERE true"], " LIMIT ", ["1", "2"];
    }

    #[test]
    fn a_statement_is_the_product_of_its_constant_parts() {
        assert_eq!(Picked::from(&PLAIN).text(), "SELECT 1");
        assert_eq!(CHOICE.pick(&[1, 0]).text(), "SELECT 1 WHERE true LIMIT 1");
        assert_eq!(CHOICE.variants().len(), 4);
        assert_eq!(STATEMENTS.len(), 2);
    }
}
