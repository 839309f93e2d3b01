//! The way in from the staff.

use medicalpro::ids::Role;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::World;

fn path(user: Uuid) -> String {
    format!("/api/v1/staff/{user}/practitioner")
}

#[tokio::test]
async fn a_staff_member_becomes_a_practitioner_without_typing_twice() {
    let world = World::start().await;
    let (clinic, elsewhere) = (world.clinic("practitioner").await, world.clinic("practitioner-other").await);
    let (doctor, email) = clinic.member(Role::Practitioner).await;
    let names = "UPDATE medicalpro_central.users SET first_name = 'Zoé', last_name = 'Österberg' WHERE id = $1";
    let central = world.central().await;
    central.execute(names, &[&doctor]).await.unwrap();
    let body = json!({ "title": "Dr", "specialities": ["Cardiology"], "registrationNumber": "10101010101", "color": "#2e7d32" });
    let key = [("idempotency-key", "once")];
    let made = clinic.admin.request(Method::POST, &path(doctor), &key, Some(&body)).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.header("location"), format!("/api/v1/practitioners/{}", made.json["id"].as_str().unwrap()));
    for (field, expected) in [
        ("firstName", "Zoé"),
        ("lastName", "Österberg"),
        ("email", &email),
        ("title", "Dr"),
        ("userId", &doctor.to_string()),
    ] {
        assert_eq!(made.json[field], expected, "{field}");
    }
    let stored = "SELECT sort_name, company_id = $2 FROM practitioners WHERE user_id = $1";
    let row = clinic.database().await.query_one(stored, &[&doctor, &clinic.id.0]).await.unwrap();
    assert_eq!((row.get::<_, String>(0).as_str(), row.get::<_, bool>(1)), ("osterberg zoe", true));

    let again = clinic.admin.request(Method::POST, &path(doctor), &key, Some(&body)).await;
    assert_eq!((again.status, &again.json), (made.status, &made.json), "the same attempt");
    let twice = clinic.admin.post(&path(doctor), &json!({})).await;
    assert_eq!((twice.status.as_u16(), twice.code()), (409, "practitioner_exists"));
    let (other, _) = clinic.member(Role::Practitioner).await;
    let number = clinic.admin.post(&path(other), &json!({ "registrationNumber": "10101010101" })).await;
    assert_eq!((number.status.as_u16(), number.code()), (409, "registration_number_taken"));

    let gone = clinic.member(Role::Practitioner).await.0;
    let staff = format!("/api/v1/staff/{gone}");
    assert_eq!(clinic.admin.patch(&staff, &json!({ "status": "deactivated" })).await.status, 200);
    let former = clinic.admin.post(&path(gone), &json!({})).await;
    assert_eq!((former.status.as_u16(), former.code()), (409, "member_deactivated"));
    assert_eq!(clinic.admin.patch(&staff, &json!({ "status": "active" })).await.status, 200);
    assert_eq!(clinic.admin.post(&path(gone), &json!({})).await.status, 201, "control");

    central.execute("UPDATE medicalpro_central.users SET first_name = NULL WHERE id = $1", &[&other]).await.unwrap();
    let nameless = clinic.admin.post(&path(other), &json!({})).await;
    assert_eq!(nameless.status, 422, "{nameless:?}");
    assert_eq!(nameless.json["errors"][0]["pointer"], "/firstName");
    assert_eq!(elsewhere.admin.post(&path(other), &json!({})).await.status, 404, "of another clinic");
    let secretary = clinic.person(Role::Secretary).await;
    let refused = secretary.post(&path(clinic.member(Role::Nurse).await.0), &json!({})).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "forbidden"), "PostgreSQL refuses");
}
