//! An appointment's path: each step from each state, and who may take it.

use medicalpro::ids::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{booked_at, by_hand, id_of, path_of, within};
use crate::support::{Clinic, World};

const ENGLISH: [(&str, &str); 1] = [("accept-language", "en")];
const STATES: [&str; 6] = ["scheduled", "confirmed", "checked_in", "completed", "cancelled", "no_show"];

/// Step, and the states that it may be taken from.
const STEPS: [(&str, &[&str]); 5] = [
    ("confirm", &["scheduled"]),
    ("check-in", &["scheduled", "confirmed"]),
    ("complete", &["confirmed", "checked_in"]),
    ("cancel", &["scheduled", "confirmed", "checked_in"]),
    ("no-show", &["scheduled", "confirmed"]),
];

fn body_of(step: &str) -> Value {
    if step == "cancel" { json!({ "for": "clinic", "reason": "Flooded." }) } else { json!({}) }
}

/// Puts an appointment back in a state.
async fn put(clinic: &Clinic<'_>, appointment: &Value, state: &str) {
    let id = id_of(appointment);
    by_hand(clinic, &format!("UPDATE appointments SET status = '{state}', cancelled_for = 'other' WHERE id = '{id}'"))
        .await;
}

#[tokio::test]
async fn each_step_is_taken_from_its_states_and_from_no_other() {
    let world = World::start().await;
    let clinic = world.clinic("path").await;
    let begun = booked_at(&clinic, within(-5)).await;
    for (step, from) in STEPS {
        for state in STATES {
            put(&clinic, &begun, state).await;
            let path = format!("{}/{step}", path_of(&begun));
            let answer = clinic.admin.request(Method::POST, &path, &ENGLISH, Some(&body_of(step))).await;
            if from.contains(&state) {
                assert_eq!(answer.status, StatusCode::OK, "{step} from {state}: {answer:?}");
            } else {
                assert_eq!((answer.status.as_u16(), answer.code()), (409, "illegal_transition"), "{step} from {state}");
                let word = state.replace('_', "-");
                let detail = format!("The appointment is {word}: this step is not possible.");
                assert_eq!(answer.json["detail"], detail, "{step}");
                let stays = clinic.admin.get(&path_of(&begun)).await;
                assert_eq!(stays.json["status"], state, "{step}");
            }
        }
    }
    let to_come = booked_at(&clinic, within(48)).await;
    let path = format!("{}/no-show", path_of(&to_come));
    let early = clinic.admin.request(Method::POST, &path, &ENGLISH, Some(&json!({}))).await;
    assert_eq!(
        (early.code(), &early.json["detail"]),
        ("illegal_transition", &json!("The appointment has not begun yet."))
    );
}

#[tokio::test]
async fn each_step_is_for_those_whose_job_it_is() {
    use Role::{Admin, Manager, Nurse, Practitioner, Secretary};
    let world = World::start().await;
    let clinic = world.clinic("jobs").await;
    let begun = booked_at(&clinic, within(-5)).await;
    let all: &[Role] = &[Admin, Manager, Practitioner, Nurse, Secretary];
    for role in Role::ALL {
        let who = clinic.person(role).await;
        for (step, may) in [
            ("confirm", all),
            ("check-in", all),
            ("complete", &[Admin, Manager, Practitioner, Nurse]),
            ("cancel", &[Admin, Manager, Practitioner, Secretary]),
            ("no-show", &[Admin, Manager, Practitioner, Secretary]),
        ] {
            put(&clinic, &begun, if step == "complete" { "checked_in" } else { "scheduled" }).await;
            let answer = who.post(&format!("{}/{step}", path_of(&begun)), &body_of(step)).await;
            let expected = if may.contains(&role) { StatusCode::OK } else { StatusCode::FORBIDDEN };
            assert_eq!(answer.status, expected, "{role:?} {step}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn who_called_it_off_why_and_when_is_kept_and_a_repeated_request_is_answered_alike() {
    let world = World::start().await;
    let clinic = world.clinic("called-off").await;
    let secretary = clinic.person(Role::Secretary).await;
    let made = booked_at(&clinic, within(48)).await;
    let cancel = format!("{}/cancel", path_of(&made));
    for wrong in [json!({}), json!({ "for": "patient_link" }), json!({ "for": "clinic", "reason": "" })] {
        assert_eq!(secretary.post(&cancel, &wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let why = json!({ "for": "practitioner", "reason": "Is ill." });
    let key = [("idempotency-key", "once")];
    let cancelled = secretary.request(Method::POST, &cancel, &key, Some(&why)).await;
    assert_eq!(cancelled.status, StatusCode::OK, "{cancelled:?}");
    let me = secretary.get("/api/v1/auth/me").await.json["user"]["id"].clone();
    assert_eq!(cancelled.json["cancelledBy"], me);
    assert_eq!(cancelled.json["cancelledFor"], "practitioner");
    assert_eq!(cancelled.json["cancellationReason"], "Is ill.");
    assert!(cancelled.json["cancelledAt"].is_string());
    let again = secretary.request(Method::POST, &cancel, &key, Some(&why)).await;
    assert_eq!((again.status, &again.text), (StatusCode::OK, &cancelled.text));
    let anew = secretary.post(&cancel, &json!({ "for": "patient" })).await;
    assert_eq!((anew.status.as_u16(), anew.code()), (409, "illegal_transition"));
    assert_eq!(clinic.admin.get(&path_of(&made)).await.json["cancelledFor"], "practitioner", "what was said stays");
}
