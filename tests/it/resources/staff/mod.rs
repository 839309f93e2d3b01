//! Staff: who may change whom, that an admin stays, and what deactivation ends.

mod acceptance;
mod invitations;

use medicalpro::ids::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, Clinic, Person, World};

const STAFF: &str = "/api/v1/staff";
const INVITATIONS: &str = "/api/v1/staff/invitations";

fn path_of(user: Uuid) -> String {
    format!("{STAFF}/{user}")
}

/// Changes a staff member.
async fn change(person: &Person<'_>, user: Uuid, patch: Value) -> Answer {
    person.patch(&path_of(user), &patch).await
}

fn is(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.code())
}

/// Somebody with their id.
async fn somebody<'a>(world: &'a World, clinic: &Clinic<'_>, role: Role) -> (Uuid, Person<'a>) {
    let (id, email) = clinic.member(role).await;
    (id, world.log_in(&email).await)
}

async fn id_of(person: &Person<'_>) -> Uuid {
    person.get("/api/v1/auth/me").await.json["user"]["id"].as_str().unwrap().parse().unwrap()
}

/// Events of an action at a clinic: outcome, person, who did it, why not.
async fn events(
    world: &World,
    clinic: &Clinic<'_>,
    action: &str,
) -> Vec<(String, Option<Uuid>, Option<Uuid>, Option<String>)> {
    let events = "SELECT outcome, user_id, actor_id, detail FROM medicalpro_central.audit_logs
                   WHERE company_id = $1 AND action = $2 ORDER BY id";
    let rows = world.central().await.query(events, &[&clinic.id.0, &action]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect()
}

#[tokio::test]
async fn everybody_sees_the_staff_of_their_clinic_page_by_page_and_of_no_other() {
    let world = World::start().await;
    let (ours, theirs) = (world.clinic("staff-ours").await, world.clinic("staff-theirs").await);
    let (nurse_id, nurse) = somebody(&world, &ours, Role::Nurse).await;
    let (gone, _) = ours.member(Role::Secretary).await;
    assert_eq!(change(&ours.admin, gone, json!({ "status": "deactivated" })).await.status, 200);
    let (stranger, _) = theirs.member(Role::Nurse).await;

    let all = nurse.get(STAFF).await;
    let rows = all.json["data"].as_array().unwrap();
    let roles: Vec<(&str, &str)> =
        rows.iter().map(|row| (row["role"].as_str().unwrap(), row["status"].as_str().unwrap())).collect();
    assert_eq!(roles, [("admin", "active"), ("nurse", "active"), ("secretary", "deactivated")]);
    assert_eq!(rows[1]["email"], json!(nurse.email));
    assert_eq!((&rows[1]["firstName"], &rows[1]["secondFactor"]), (&json!("Test"), &json!(false)));
    assert!(rows[1]["lastLoginAt"].is_string() && rows[2].get("lastLoginAt").is_none(), "{rows:?}");
    assert!(!all.text.contains(&stranger.to_string()));

    let mut seen = Vec::new();
    let mut next = format!("{STAFF}?limit=1");
    loop {
        let page = nurse.get(&next).await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        seen.extend(page.json["data"].as_array().unwrap().clone());
        let Some(cursor) = page.json["nextCursor"].as_str() else { break };
        next = format!("{STAFF}?limit=1&cursor={cursor}");
    }
    assert_eq!(&seen, rows, "the same by pages of one");
    let active = nurse.get(&format!("{STAFF}?status=active")).await;
    assert_eq!(active.json["data"].as_array().unwrap().len(), 2);

    assert_eq!(nurse.get(&path_of(nurse_id)).await.json, rows[1]);
    assert_eq!(is(&nurse.get(&path_of(stranger)).await), (404, "not_found"));
    assert_eq!(is(&change(&ours.admin, stranger, json!({ "role": "admin" })).await), (404, "not_found"));
    assert_eq!(theirs.admin.get(&path_of(stranger)).await.json["role"], "nurse", "untouched");
}

#[tokio::test]
async fn only_admins_make_and_change_admins_and_nobody_changes_their_own_role() {
    let world = World::start().await;
    let clinic = world.clinic("roles").await;
    let (manager_id, manager) = somebody(&world, &clinic, Role::Manager).await;
    let (nurse, _) = clinic.member(Role::Nurse).await;
    let (other_admin, _) = clinic.member(Role::Admin).await;

    assert_eq!(change(&manager, nurse, json!({ "role": "secretary" })).await.json["role"], "secretary", "control");
    assert_eq!(is(&change(&manager, nurse, json!({ "role": "admin" })).await), (403, "admins_only"));
    for patch in [json!({ "role": "nurse" }), json!({ "status": "deactivated" }), json!({ "role": "admin" })] {
        assert_eq!(is(&change(&manager, other_admin, patch).await), (403, "admins_only"));
    }
    assert_eq!(is(&change(&manager, manager_id, json!({ "role": "nurse" })).await), (403, "own_role"));
    let own = id_of(&clinic.admin).await;
    assert_eq!(is(&change(&clinic.admin, own, json!({ "role": "manager" })).await), (403, "own_role"));
    assert_eq!(change(&clinic.admin, nurse, json!({ "role": "admin" })).await.json["role"], "admin", "control");
    assert_eq!(change(&clinic.admin, nurse, json!({ "role": "nurse" })).await.json["role"], "nurse", "control");

    let changes = events(&world, &clinic, "staff_role_changed").await;
    let successes = changes.iter().filter(|(outcome, ..)| outcome == "success").count();
    assert_eq!((successes, changes.len()), (3, 8), "{changes:?}");
    assert!(changes.contains(&("failure".into(), Some(other_admin), Some(manager_id), Some("admins_only".into()))));
}

#[tokio::test]
async fn a_new_role_and_deactivation_have_effect_within_a_second_on_another_server_too() {
    let world = World::start().await;
    let elsewhere = World::on(world.admin.clone(), None, &[], &[]).await;
    let clinic = world.clinic("effect").await;
    let (id, nurse) = somebody(&world, &clinic, Role::Nurse).await;
    let asked_elsewhere = async || elsewhere.request(Method::GET, STAFF, Some(&nurse.token), &[], None).await;
    assert_eq!(asked_elsewhere().await.status, 200, "control");

    assert_eq!(change(&clinic.admin, id, json!({ "role": "secretary" })).await.status, 200);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(1);
    while asked_elsewhere().await.status != 401 {
        assert!(std::time::Instant::now() < deadline, "within a second");
    }
    assert_eq!(asked_elsewhere().await.code(), "token_outdated");

    let again = world.log_in(&nurse.email).await;
    assert_eq!(again.get(STAFF).await.status, 200, "control");
    assert_eq!(change(&clinic.admin, id, json!({ "status": "deactivated" })).await.json["status"], "deactivated");
    assert_eq!(is(&again.get(STAFF).await), (401, "session_ended"), "at once on the server that did it");
    let refreshed =
        world.send(Method::POST, "/api/v1/auth/refresh", Some(&json!({ "refreshToken": again.refresh_token }))).await;
    assert_eq!(refreshed.status, 401);
    let reasons = "SELECT DISTINCT revoked_reason FROM medicalpro_central.sessions WHERE user_id = $1";
    let rows = world.central().await.query(reasons, &[&id]).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>(), ["deactivated"]);
    let credentials = json!({ "email": nurse.email, "password": crate::support::PASSWORD });
    let login = world.send(Method::POST, "/api/v1/auth/login", Some(&credentials)).await;
    assert_eq!(login.status, 403, "{login:?}");

    assert_eq!(change(&clinic.admin, id, json!({ "status": "active" })).await.json["status"], "active");
    assert_eq!(world.log_in(&nurse.email).await.get(STAFF).await.status, 200);
    for action in ["staff_deactivated", "staff_reactivated"] {
        assert_eq!(events(&world, &clinic, action).await.len(), 1, "{action}");
    }
}

#[tokio::test]
async fn the_last_admin_can_neither_leave_nor_be_removed() {
    let world = World::start().await;
    let clinic = world.clinic("last").await;
    let own = id_of(&clinic.admin).await;
    assert_eq!(is(&change(&clinic.admin, own, json!({ "status": "deactivated" })).await), (409, "last_admin"));
    // One whose account is deactivated runs nothing.
    let (other, other_email) = clinic.member(Role::Admin).await;
    let central = world.central().await;
    let set = "UPDATE medicalpro_central.users SET status = $2 WHERE id = $1";
    central.execute(set, &[&other, &"deactivated"]).await.unwrap();
    assert_eq!(is(&change(&clinic.admin, own, json!({ "status": "deactivated" })).await), (409, "last_admin"));
    central.execute(set, &[&other, &"active"]).await.unwrap();
    assert_eq!(
        change(&clinic.admin, own, json!({ "status": "deactivated" })).await.status,
        200,
        "control: one is left"
    );
    let other = world.log_in(&other_email).await;
    assert_eq!(other.get(&path_of(own)).await.json["status"], "deactivated");
}

/// Fifty admins remove one another at once, half of them by role and half by status.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_admins_who_remove_each_other_at_once_one_is_left() {
    const ADMINS: usize = 50;
    let world = World::start().await;
    let clinic = world.clinic("fifty").await;
    let mut admins = Vec::new();
    for _ in 0..ADMINS {
        admins.push(somebody(&world, &clinic, Role::Admin).await);
    }
    let own = id_of(&clinic.admin).await;
    assert_eq!(change(&admins[0].1, own, json!({ "status": "deactivated" })).await.status, 200);
    let attempts = (0..ADMINS).map(|n| {
        let (victim, patch) =
            (admins[(n + 1) % ADMINS].0, [json!({ "role": "nurse" }), json!({ "status": "deactivated" })]);
        let (admin, patch) = (&admins[n].1, patch[n % 2].clone());
        async move { change(admin, victim, patch).await }
    });
    let answers = futures_util::future::join_all(attempts).await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    for answer in &answers {
        // Removed before their own turn came: at the door, or inside the transaction.
        let clear =
            [(200, ""), (403, "forbidden"), (401, "token_outdated"), (401, "session_ended"), (409, "last_admin")];
        assert!(clear.contains(&is(answer)), "{answer:?}");
    }
    let left = "SELECT count(*) FROM medicalpro_central.memberships WHERE company_id = $1 AND role = 'admin' AND status = 'active'";
    let left: i64 = world.central().await.query_one(left, &[&clinic.id.0]).await.unwrap().get(0);
    assert_eq!(usize::try_from(left).unwrap(), ADMINS - done);
    assert!(left >= 1, "the clinic is somebody's");
    assert!(done >= 1, "control: some were removed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_admins_who_remove_each_other_at_once_one_stays_every_time() {
    let world = World::start().await;
    for round in 0..10 {
        let clinic = world.clinic("two").await;
        let own = id_of(&clinic.admin).await;
        let (other_id, other) = somebody(&world, &clinic, Role::Admin).await;
        let patch = json!({ "status": "deactivated" });
        let (one, two) =
            futures_util::join!(change(&clinic.admin, other_id, patch.clone()), change(&other, own, patch.clone()));
        let done = [&one, &two].iter().filter(|answer| answer.status == 200).count();
        assert_eq!(done, 1, "round {round}: {one:?} {two:?}");
    }
}

#[tokio::test]
async fn a_staff_member_is_changed_by_whoever_has_seen_them_as_they_are() {
    let world = World::start().await;
    let clinic = world.clinic("staff-etag").await;
    let (user, email) = clinic.member(Role::Nurse).await;
    let path = path_of(user);
    let seen = clinic.admin.get(&path).await.header("etag").to_owned();
    let change = async |tag: &str, role: &str| {
        clinic.admin.request(Method::PATCH, &path, &[("if-match", tag)], Some(&json!({ "role": role }))).await
    };
    // To log in changes nothing that anybody decides upon.
    world.log_in(&email).await;
    let changed = change(&seen, "secretary").await;
    assert_eq!((changed.status, &changed.json["role"]), (StatusCode::OK, &json!("secretary")), "{changed:?}");
    let newest = changed.header("etag").to_owned();
    assert_eq!(clinic.admin.get(&path).await.header("etag"), newest);
    assert_eq!(change(&seen, "nurse").await.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(clinic.admin.get(&path).await.json["role"], "secretary");
    assert_eq!(events(&world, &clinic, "staff_role_changed").await.len(), 2, "the refused one is on record too");
    for tag in [newest.as_str(), "*"] {
        assert_eq!(change(tag, "manager").await.status, StatusCode::OK, "{tag}");
    }
}
