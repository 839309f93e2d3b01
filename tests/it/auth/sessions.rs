//! Sessions: the list of a person's own, and how they end.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{another_server, log_in, me, post, tokens, until};
use crate::support::{Answer, PASSWORD, Person, World};

async fn refresh(world: &World, token: &str) -> Answer {
    post(world, "refresh", &json!({ "refreshToken": token })).await
}

fn assert_refused(answer: &Answer) {
    assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "refresh_token_invalid"), "{}", answer.json);
}

#[tokio::test]
async fn logging_out_ends_this_session_and_no_other() {
    let world = World::start().await;
    let elsewhere = another_server(&world).await;
    let clinic = world.clinic("logout").await;
    let another = log_in(&world, &clinic.admin.email, PASSWORD).await;
    assert_eq!(me(&elsewhere, &clinic.admin.token).await.status, StatusCode::OK);
    assert_eq!(
        clinic.admin.request(Method::POST, "/api/v1/auth/logout", &[], None).await.status,
        StatusCode::NO_CONTENT
    );
    for path in ["/api/v1/auth/me", "/api/v1/patients"] {
        let ended = clinic.admin.get(path).await;
        assert_eq!((ended.status, ended.code()), (StatusCode::UNAUTHORIZED, "session_ended"), "{path}");
        assert_eq!(ended.header("www-authenticate"), "Bearer");
    }
    until(StatusCode::UNAUTHORIZED, async || me(&elsewhere, &clinic.admin.token).await).await;
    assert_refused(&refresh(&world, &clinic.admin.refresh_token).await);
    let again = clinic.admin.request(Method::POST, "/api/v1/auth/logout", &[], None).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    assert_eq!(me(&world, tokens(&another).0).await.status, StatusCode::OK);
    assert_eq!(refresh(&world, tokens(&another).1).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_suspended_clinic_refuses_everybody_until_it_is_resumed() {
    let world = World::start().await;
    let (clinic, other) = (world.clinic("suspended").await, world.clinic("not-suspended").await);
    let set = async |status: &str| {
        let update = "UPDATE medicalpro_central.companies SET status = $2 WHERE id = $1";
        world.central().await.execute(update, &[&clinic.id.0, &status]).await.unwrap();
    };
    set("suspended").await;
    let refused = until(StatusCode::FORBIDDEN, async || clinic.admin.get("/api/v1/patients").await).await;
    assert_eq!(refused.code(), "clinic_suspended");
    assert_eq!(log_in(&world, &clinic.admin.email, PASSWORD).await.code(), "clinic_suspended");
    assert_eq!(other.admin.get("/api/v1/patients").await.status, StatusCode::OK);
    set("active").await;
    until(StatusCode::OK, async || clinic.admin.get("/api/v1/patients").await).await;
}

#[tokio::test]
async fn me_is_who_asks_and_where() {
    let world = World::start().await;
    let clinic = world.clinic("me").await;
    let secretary = clinic.person(medicalpro::ids::Role::Secretary).await;
    for (who, role) in [(&clinic.admin, "admin"), (&secretary, "secretary")] {
        let me = who.get("/api/v1/auth/me").await;
        assert_eq!(me.status, StatusCode::OK);
        assert_eq!((&me.json["user"]["email"], &me.json["user"]["role"]), (&json!(who.email), &json!(role)));
        assert_eq!((&me.json["company"]["id"], &me.json["company"]["status"]), (&json!(clinic.id), &json!("active")));
        assert!(!me.text.contains("argon2") && !me.text.contains("db_"), "{}", me.text);
    }
    let nobody = world.send(Method::GET, "/api/v1/auth/me", None).await;
    assert_eq!((nobody.status, nobody.header("www-authenticate")), (StatusCode::UNAUTHORIZED, "Bearer"));
}

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

async fn log_in_with(world: &World, email: &str, agent: &str) -> Answer {
    let credentials = json!({ "email": email, "password": PASSWORD });
    world.request(Method::POST, "/api/v1/auth/login", None, &[("user-agent", agent)], Some(&credentials)).await
}

async fn sessions(person: &Person<'_>) -> Vec<Value> {
    let list = person.get("/api/v1/auth/sessions").await;
    assert_eq!(list.status, StatusCode::OK, "{}", list.json);
    list.json["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_person_sees_their_own_sessions_at_all_their_clinics_with_device_network_and_times() {
    let world = World::start().await;
    let (clinic, second) = (world.clinic("list").await, world.clinic("list-two").await);
    let person = &clinic.admin;
    super::join(&world, &person.email, &second, "nurse").await;
    let raw = "x".repeat(1000);
    for agent in [FIREFOX, "<script>alert(1)</script>", &raw] {
        assert_eq!(log_in_with(&world, &person.email, agent).await.status, StatusCode::OK);
    }
    let body = json!({ "email": person.email, "password": PASSWORD, "companyId": second.id });
    assert_eq!(post(&world, "login", &body).await.status, StatusCode::OK);

    let list = sessions(person).await;
    assert_eq!(list.len(), 5, "{list:?}");
    let devices: Vec<&str> = list.iter().map(|session| session["device"].as_str().unwrap()).collect();
    assert_eq!(devices[1..4], [&raw[..40], "scriptalert(1)/script", "Firefox on Linux"], "used last first");
    let clinics: Vec<&Value> = list.iter().map(|session| &session["clinic"]["name"]).collect();
    assert_eq!(clinics, ["Clinic list-two", "Clinic list", "Clinic list", "Clinic list", "Clinic list"]);
    assert_eq!(list[0]["clinic"]["id"], second.id.to_string());
    let current: Vec<bool> = list.iter().map(|session| session["current"].as_bool().unwrap()).collect();
    assert_eq!(current, [false, false, false, false, true]);
    for session in &list {
        assert_eq!(session["network"], "127.0.0.0/24", "no whole address");
        let time = |name: &str| session[name].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        assert!(time("createdAt") <= time("lastUsedAt") && time("lastUsedAt") < time("expiresAt"));
        assert_eq!((time("expiresAt") - time("createdAt")).num_hours(), 24);
    }
    assert_eq!(sessions(&second.admin).await.len(), 1, "nobody else's");

    // What is over, by whatever way, is not listed.
    let central = world.central().await;
    let of = |session: &Value| session["id"].as_str().unwrap().parse::<Uuid>().unwrap();
    for (sql, session) in [
        ("refresh_tokens SET expires_at = created_at + interval '1 us' WHERE session_id", &list[1]),
        ("sessions SET expires_at = now() WHERE id", &list[2]),
        ("sessions SET revoked_at = now(), revoked_reason = 'admin' WHERE id", &list[3]),
    ] {
        central.execute(&format!("UPDATE medicalpro_central.{sql} = $1"), &[&of(session)]).await.unwrap();
    }
    let leave =
        "UPDATE medicalpro_central.memberships SET status = 'deactivated' WHERE company_id = $1 AND role = 'nurse'";
    central.execute(leave, &[&second.id.0]).await.unwrap();
    assert_eq!(sessions(person).await.iter().map(of).collect::<Vec<_>>(), [of(&list[4])]);
}

#[tokio::test]
async fn a_person_ends_one_of_their_sessions_and_of_others_none() {
    let world = World::start().await;
    let elsewhere = another_server(&world).await;
    let (clinic, other) = (world.clinic("revoke").await, world.clinic("revoke-other").await);
    let colleague = clinic.person(medicalpro::ids::Role::Nurse).await;
    let another = log_in(&world, &clinic.admin.email, PASSWORD).await;
    let theirs = [sessions(&other.admin).await[0]["id"].clone(), sessions(&colleague).await[0]["id"].clone()];
    let list = sessions(&clinic.admin).await;
    let not_current = list.iter().find(|session| session["current"] == false).unwrap()["id"].as_str().unwrap();
    let end = async |id: &str| clinic.admin.delete(&format!("/api/v1/auth/sessions/{id}")).await;
    let nowhere = end(&Uuid::now_v7().to_string()).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    for id in &theirs {
        super::assert_alike(&end(id.as_str().unwrap()).await, &nowhere);
    }
    assert_eq!(
        (other.admin.get("/api/v1/auth/me").await.status, colleague.get("/api/v1/auth/me").await.status),
        (StatusCode::OK, StatusCode::OK)
    );

    assert_eq!(me(&elsewhere, tokens(&another).0).await.status, StatusCode::OK, "control");
    assert_eq!(end(not_current).await.status, StatusCode::NO_CONTENT);
    assert_eq!(me(&world, tokens(&another).0).await.code(), "session_ended", "here at once");
    until(StatusCode::UNAUTHORIZED, async || me(&elsewhere, tokens(&another).0).await).await;
    assert_refused(&refresh(&world, tokens(&another).1).await);
    super::assert_alike(&end(not_current).await, &nowhere);
    assert_eq!(sessions(&clinic.admin).await.len(), 1);
    let told = "SELECT count(*) FROM medicalpro_central.audit_logs
                 WHERE action = 'session_revoked' AND company_id = $1 AND user_id IS NOT NULL AND detail = 'person'
                   AND network = '127.0.0.0/24' AND request_id IS NOT NULL";
    assert_eq!(world.central().await.query_one(told, &[&clinic.id.0]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn a_person_ends_all_their_sessions_or_all_others() {
    let world = World::start().await;
    let (clinic, second) = (world.clinic("revoke-all").await, world.clinic("revoke-all-two").await);
    super::join(&world, &clinic.admin.email, &second, "nurse").await;
    let here = log_in(&world, &clinic.admin.email, PASSWORD).await;
    let body = json!({ "email": clinic.admin.email, "password": PASSWORD, "companyId": second.id });
    let there = post(&world, "login", &body).await;
    assert_eq!(clinic.admin.delete("/api/v1/auth/sessions?keepCurrent=true").await.status, StatusCode::NO_CONTENT);
    for other in [&here, &there] {
        assert_eq!(me(&world, tokens(other).0).await.code(), "session_ended");
        assert_refused(&refresh(&world, tokens(other).1).await);
    }
    assert_eq!(sessions(&clinic.admin).await.len(), 1);
    assert_eq!(second.admin.get("/api/v1/auth/me").await.status, StatusCode::OK, "others are not concerned");
    assert_eq!(clinic.admin.delete("/api/v1/auth/sessions").await.status, StatusCode::NO_CONTENT);
    assert_eq!(clinic.admin.get("/api/v1/auth/me").await.code(), "session_ended");
    assert_refused(&refresh(&world, &clinic.admin.refresh_token).await);
    // Each clinic's trail has its own.
    for (id, count) in [(clinic.id.0, 2), (second.id.0, 1)] {
        let told =
            "SELECT count(*) FROM medicalpro_central.audit_logs WHERE action = 'session_revoked' AND company_id = $1";
        assert_eq!(world.central().await.query_one(told, &[&id]).await.unwrap().get::<_, i64>(0), count);
    }
    assert_eq!(
        log_in(&world, &clinic.admin.email, PASSWORD).await.status,
        StatusCode::OK,
        "the account is not concerned"
    );
}

#[tokio::test]
async fn a_change_of_clinic_that_is_under_way_does_not_outlive_the_end_of_all_sessions() {
    let world = World::start().await;
    let (clinic, other) = (world.clinic("thief").await, world.clinic("thief-elsewhere").await);
    let (central, waiting) = (world.central().await, world.central().await);
    let email = &clinic.admin.email;
    let join = "INSERT INTO medicalpro_central.memberships (user_id, company_id, role)
                SELECT id, $2, 'nurse' FROM medicalpro_central.users WHERE email = $1";
    central.execute(join, &[email, &other.id.0]).await.unwrap();
    let stolen = world.log_in(email).await;
    let target = json!({ "companyId": other.id.0 });
    assert_eq!(world.log_in(email).await.post("/api/v1/auth/switch-clinic", &target).await.status, 200, "control");

    // Both are under way and wait for this person's row.
    central.batch_execute("BEGIN").await.unwrap();
    central.query("SELECT FROM medicalpro_central.users WHERE email = $1 FOR UPDATE", &[email]).await.unwrap();
    let switch = stolen.post("/api/v1/auth/switch-clinic", &target);
    let end = async {
        blocked(&waiting, email, 1).await;
        tokio::join!(clinic.admin.delete("/api/v1/auth/sessions"), async {
            blocked(&waiting, email, 2).await;
            central.batch_execute("COMMIT").await.unwrap();
        })
        .0
    };
    let (_, ended) = tokio::join!(switch, end);
    assert_eq!(ended.status, 204);
    let left = "SELECT count(*) FROM medicalpro_central.sessions s JOIN medicalpro_central.users u ON u.id = s.user_id
                 WHERE u.email = $1 AND s.revoked_at IS NULL";
    assert_eq!(waiting.query_one(left, &[email]).await.unwrap().get::<_, i64>(0), 0);
}

/// Waits until so many of the server's transactions wait for a lock on this person's row, or behind one that does.
async fn blocked(central: &tokio_postgres::Client, email: &str, count: i64) {
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'medicalpro_api' AND wait_event_type = 'Lock'
                      AND EXISTS (SELECT FROM medicalpro_central.users WHERE email = $1)";
    for _ in 0..400 {
        if central.query_one(waiting, &[&email]).await.unwrap().get::<_, i64>(0) >= count {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("nobody waits");
}
