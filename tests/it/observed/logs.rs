//! What is logged: an object a line, which tells of which request and clinic it is, and never a secret or anything of a patient.

use std::collections::HashSet;

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{counts, shown_at};
use crate::provisioning::site::Site;
use crate::support::{MASTER_KEYS, PASSWORD};

/// A line, whose members bear different names.
struct Line(Map<String, Value>);

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Line;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Line, A::Error> {
                let mut members = Map::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if members.insert(name.clone(), value).is_some() {
                        return Err(serde::de::Error::custom(format!("{name} twice")));
                    }
                }
                Ok(Line(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

impl Line {
    fn is(&self, members: &Value) -> bool {
        members.as_object().unwrap().iter().all(|(name, value)| self.0.get(name) == Some(value))
    }
}

fn lines(said: &str) -> Vec<Line> {
    said.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// What looks like a signature or a hash in a log: 64 hexadecimal digits.
fn signatures(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_ascii_hexdigit());
    words.filter(|word| word.len() == 64).collect()
}

#[tokio::test]
async fn every_line_tells_of_its_request_and_clinic_and_none_of_a_patient_or_a_secret() {
    let mut site = Site::new("template").await;
    // Everything, down to the last detail.
    site.log = "trace";
    let (mut worker, mut server) = (site.worker().await, site.server(25).await);
    let clinic = site.world.clinic("logged").await;
    let (me, id) = (&clinic.admin, clinic.id.to_string());

    let patient = json!({
        "firstName": "Eloise-Unheard", "lastName": "Unspoken", "birthDate": "1931-07-23", "notes": "Never-to-be-told.",
    });
    let entered = me.post("/api/v1/patients", &patient).await;
    assert_eq!(entered.status, StatusCode::CREATED, "{}", entered.json);
    let path = format!("/api/v1/patients/{}", entered.json["id"].as_str().unwrap());
    let request = Uuid::now_v7().to_string();
    let listed = me
        .request(Method::GET, "/api/v1/patients?q=unspoken&birthDate=1931-07-23", &[("x-request-id", &request)], None)
        .await;
    assert_eq!(listed.json["data"].as_array().map(Vec::len), Some(1), "{}", listed.json);
    assert_eq!(me.patch(&path, &json!({ "notes": "Unheard-of-change." })).await.status, StatusCode::OK);
    assert!(me.post("/api/v1/patients", &json!({ "lastName": ["Unspoken"] })).await.status.is_client_error());
    assert!(me.get("/api/v1/patients?q=unspoken&limit=Unspoken").await.status.is_client_error());
    // A defect of ours, of which PostgreSQL says what is in the row.
    let quote = "CREATE FUNCTION quote() RETURNS trigger LANGUAGE plpgsql AS
                   $$ BEGIN RAISE EXCEPTION 'not %', NEW.last_name USING ERRCODE = '22023', DETAIL = NEW.notes; END $$;
                 CREATE TRIGGER quote BEFORE INSERT ON patients FOR EACH ROW EXECUTE FUNCTION quote()";
    site.inside(clinic.id).await.batch_execute(quote).await.unwrap();
    let failure = Uuid::now_v7().to_string();
    let broken = me.request(Method::POST, "/api/v1/patients", &[("x-request-id", &failure)], Some(&patient)).await;
    assert_eq!(broken.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", broken.json);
    site.inside(clinic.id).await.batch_execute("DROP TRIGGER quote ON patients").await.unwrap();
    let wrong = json!({ "email": me.email, "password": "wrong-unguessed-password" });
    let refused = site.world.send(Method::POST, "/api/v1/auth/login", Some(&wrong)).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);

    // What links open: a patient's, by a body, and a calendar's, whose token is in the query.
    let visit = clinic.linked_appointment("Unspoken").await;
    let linked = json!({ "token": visit.token() });
    let seen = site.world.send(Method::POST, "/api/v1/links/appointment", Some(&linked)).await;
    assert_eq!(seen.status, StatusCode::OK, "{seen:?}");
    let links = format!("/api/v1/practitioners/{}/calendar-links", visit.practitioner);
    let url = me.request(Method::POST, &links, &[], None).await.json["url"].as_str().unwrap().to_owned();
    let calendar = url.split_once("?token=").unwrap().1;
    for (token, status) in [(calendar, StatusCode::OK), ("unguessed-token", StatusCode::NOT_FOUND)] {
        let path = format!("/api/v1/calendar.ics?token={token}&unguessed=unspoken");
        assert_eq!(site.world.send(Method::GET, &path, None).await.status, status);
    }

    let shown = counts(&shown_at(&mut server).await).await.0 + &counts(&shown_at(&mut worker).await).await.0;
    let of_worker = worker.terminate().await.1;
    let of_server = server.terminate().await.1;

    let (server_lines, worker_lines) = (lines(&of_server), lines(&of_worker));
    let list = "medicalpro::resources::patients::statements::SEARCH_LIST";
    let fetch = "medicalpro::resources::links::statements::CALENDAR";
    for (lines, expected) in [
        (
            &server_lines,
            json!({ "message": "request", "request": request, "clinic": id, "status": 200, "method": "GET" }),
        ),
        (&server_lines, json!({ "message": "checkout", "request": request, "clinic": id, "database": "clinic" })),
        (&server_lines, json!({ "message": "statement", "request": request, "clinic": id, "statement": list })),
        (&server_lines, json!({ "message": "transaction", "request": request, "clinic": id })),
        (&server_lines, json!({ "message": "statement", "clinic": id, "statement": fetch })),
        (&server_lines, json!({ "message": "request", "clinic": id, "status": 200, "route": "/api/v1/calendar.ics" })),
        (&server_lines, json!({ "message": "internal error", "request": failure, "clinic": id, "code": "internal" })),
        (&worker_lines, json!({ "message": "step", "step": "database", "clinic": id, "attempt": 1 })),
        (&worker_lines, json!({ "message": "clinic provisioned", "clinic": id })),
        (&worker_lines, json!({ "message": "mail", "clinic": id, "attempt": 1 })),
    ] {
        assert!(lines.iter().any(|line| line.is(&expected)), "{expected} in\n{of_server}\n{of_worker}");
    }
    for line in server_lines.iter().chain(&worker_lines) {
        let missing = ["timestamp", "level", "target", "message"].iter().find(|name| !line.0.contains_key(**name));
        assert_eq!(missing, None, "{:?}", line.0);
    }
    let requests: Vec<&Line> = server_lines.iter().filter(|line| line.is(&json!({ "message": "request" }))).collect();
    let ids: HashSet<&str> = requests.iter().map(|line| line.0["request"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), requests.len(), "a line a request");

    let credentials = site
        .central
        .query_one("SELECT db_password, context_key FROM companies WHERE id = $1", &[&clinic.id.0])
        .await
        .unwrap();
    let sealed: [String; 2] = [credentials.get(0), credentials.get(1)];
    for text in [&of_server, &of_worker, &shown] {
        assert!(text.contains("medicalpro"), "control");
        let low = text.to_lowercase();
        for word in
            ["unspoken", "unheard", "1931-07-23", "never-to-be-told", "unguessed", "logged@", "-password-of-the-tests"]
        {
            assert!(!low.contains(word), "{word} in {:?}", low.lines().find(|line| line.contains(word)));
        }
        let tokens = [linked["token"].as_str().unwrap(), calendar];
        let secrets = [PASSWORD, MASTER_KEYS, &me.token, &me.refresh_token, &me.email, &sealed[0], &sealed[1]];
        let secrets = secrets.into_iter().chain(tokens);
        for secret in secrets.chain(["app.ctx", "SELECT ", "INSERT ", "SCRAM-SHA-256"]) {
            assert_eq!(text.lines().find(|line| line.contains(secret)), None, "{secret}");
        }
        assert_eq!(signatures(text), Vec::<&str>::new());
    }
    let token = site.mailed_tokens(&me.email).pop().expect("control: it was mailed");
    assert!(!of_worker.contains(&token) && !of_server.contains(&token));
    assert_eq!(signatures(&format!("'1|x|{}'", "0a".repeat(32))).len(), 1, "this test can fail");
}
