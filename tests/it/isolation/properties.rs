//! Signed contexts, whatever they say: PostgreSQL takes the one that was signed for this clinic, role and moment, and no other.

use medicalpro::clinic::ContextKey;
use medicalpro::ids::{ClinicId, UserId};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use uuid::Uuid;

use super::by_hand::{Hand, SECRETARY, now, rows, session_roles};
use crate::support::World;

const CASES: usize = 200;
/// Who the context is for and where; what a context that is not verified never comes to say.
const SAYS: &str = "SELECT app.tenant(current_user), (app.actor()).user_id";

/// As many values of a strategy as there are cases.
fn values<S: Strategy>(strategy: S) -> impl Iterator<Item = S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..CASES).map(move |_| strategy.new_tree(&mut runner).expect("a value").current())
}

/// Whether it was refused as a context is, and not as bad SQL is.
fn of_contexts(outcome: &Result<Vec<String>, String>) -> bool {
    outcome.as_ref().is_err_and(|state| ["MP001", "MP002", "MP003"].contains(&state.as_str()))
}

#[tokio::test]
async fn a_context_says_whom_it_was_signed_for_and_with_any_one_byte_replaced_nothing() {
    let world = World::start().await;
    let a = world.clinic("a").await;
    let hand = Hand::of(&world, &a).await;
    let roles = session_roles();
    for (user, role, at, letter) in values((any::<u128>(), 0..roles.len(), any::<prop::sample::Index>(), "[ -~é]")) {
        let (user, role) = (UserId(Uuid::from_u128(user)), roles[role]);
        let signed = hand.key.sign(a.id, role, user, now());
        let says = async |context: &str| hand.after(&hand.opening(role, &context.replace('\'', "''")), SAYS).await;
        if !["medicalpro_worker", "medicalpro_link"].contains(&role) || says(&signed).await.is_ok() {
            assert_eq!(says(&signed).await, rows([&format!("{}|{user}", a.id)]), "control: {role}");
        }
        let at = at.index(signed.len());
        let edited = format!("{}{letter}{}", &signed[..at], &signed[at + 1..]);
        if edited != signed {
            let outcome = says(&edited).await;
            assert!(of_contexts(&outcome), "{edited}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn a_context_of_another_clinic_is_never_taken_whoever_signed_it() {
    let world = World::start().await;
    let (a, b) = (world.clinic("a").await, world.clinic("b").await);
    let (hand, other) = (Hand::of(&world, &a).await, Hand::of(&world, &b).await);
    for (clinic, user, secret) in values((any::<u128>(), any::<u128>(), any::<[u8; 32]>())) {
        let (clinic, user) = (ClinicId(Uuid::from_u128(clinic)), UserId(Uuid::from_u128(user)));
        let taken = async |context: String| hand.after(&hand.opening(SECRETARY, &context), SAYS).await;
        let says = rows([&format!("{}|{user}", a.id)]);
        assert_eq!(taken(hand.key.sign(a.id, SECRETARY, user, now())).await, says, "control");
        for foreign in [b.id, clinic] {
            let outcome = taken(hand.key.sign(foreign, SECRETARY, user, now())).await;
            assert_eq!(outcome, Err("MP004".to_owned()), "of {foreign}, by our key");
        }
        for key in [&other.key, &ContextKey::new(1, &secret)] {
            for of in [a.id, b.id, clinic] {
                let outcome = taken(key.sign(of, SECRETARY, user, now())).await;
                assert!(of_contexts(&outcome), "of {of}, by another key: {outcome:?}");
            }
        }
    }
}

#[tokio::test]
async fn fields_that_hold_separators_or_say_more_are_never_taken() {
    let world = World::start().await;
    let a = world.clinic("a").await;
    let hand = Hand::of(&world, &a).await;
    let genuine = hand.context(SECRETARY);
    let fields: Vec<&str> = genuine.split('|').collect();
    let taken = async |context: &str| hand.after(&hand.opening(SECRETARY, &context.replace('\'', "''")), SAYS).await;
    assert!(taken(&genuine).await.is_ok(), "control");
    for (field, text, cut) in values((0..6_usize, "[|0-9a-z_-]{0,12}", any::<prop::sample::Index>())) {
        // Something put into a field, fields beside it, or one moved across its border.
        let mut more = fields.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>();
        let cut = cut.index(more[field].len());
        more[field].insert_str(cut, &text);
        let moved =
            genuine.replacen('|', "", field % 5 + 1).replacen(&fields[0][..1], &format!("{}|", &fields[0][..1]), 1);
        for context in [more.join("|"), format!("{text}{genuine}"), format!("{genuine}{text}"), moved] {
            if context != genuine {
                let outcome = taken(&context).await;
                assert!(of_contexts(&outcome), "{context}: {outcome:?}");
            }
        }
    }
}
