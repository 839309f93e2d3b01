//! Access tokens: what they say, who can verify them, and until when they are good.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use medicalpro::auth::token::{LIFETIME, Scope, Subject, Tokens};
use medicalpro::central::Central;
use medicalpro::ids::{PlatformRole, Role, SessionId, UserId};
use medicalpro::secrets::MasterKeys;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{claims, log_in, me, until};
use crate::support::{MASTER_KEYS, PASSWORD, World, api_url};

/// As anybody may: with the published keys and nothing else.
async fn verified(world: &World, token: &str) -> Result<Value, jsonwebtoken::errors::Error> {
    let keys = world.send(Method::GET, "/.well-known/jwks.json", None).await;
    assert_eq!(keys.status, StatusCode::OK);
    assert!(!keys.text.contains("\"d\""), "no private half");
    let keys: JwkSet = serde_json::from_str(&keys.text).unwrap();
    let kid = decode_header(token)?.kid.expect("a kid");
    let key = DecodingKey::from_jwk(keys.find(&kid).expect("a published key"))?;
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&["medicalpro"]);
    validation.set_audience(&["medicalpro"]);
    Ok(decode::<Value>(token, &key, &validation)?.claims)
}

/// The server's own key.
async fn own(world: &World) -> Tokens {
    let tls = medicalpro::database::tls(None).unwrap();
    let central = Central::new(api_url(&world.admin).parse().unwrap(), tls, 1).unwrap();
    Tokens::load(&central, &MasterKeys::parse(MASTER_KEYS).unwrap()).await.unwrap()
}

#[tokio::test]
async fn anybody_can_verify_a_token_with_the_published_keys() {
    let world = World::start().await;
    let clinic = world.clinic("claims").await;
    let session = log_in(&world, &clinic.admin.email, PASSWORD).await;
    let token = session.json["accessToken"].as_str().unwrap();
    let header = decode_header(token).unwrap();
    assert_eq!((header.alg, header.typ.as_deref()), (Algorithm::EdDSA, Some("at+jwt")));
    assert!(header.jku.is_none() && header.jwk.is_none() && header.x5u.is_none());

    let claims = verified(&world, token).await.expect("verifies");
    assert_eq!(claims["userId"], session.json["user"]["id"]);
    assert_eq!(claims["sub"], claims["userId"]);
    assert_eq!(claims["email"], json!(clinic.admin.email));
    assert_eq!(claims["companyId"], clinic.id.to_string());
    assert_eq!(claims["role"], "admin");
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!("medicalpro"), &json!("medicalpro")));
    let seconds = |name: &str| claims[name].as_i64().unwrap();
    assert_eq!(seconds("exp") - seconds("iat"), session.json["expiresIn"].as_i64().unwrap());
    assert_eq!(seconds("nbf"), seconds("iat"));
    let another = verified(&world, &clinic.admin.token).await.expect("verifies");
    for unique in ["jti", "sid"] {
        let id: Uuid = claims[unique].as_str().unwrap().parse().unwrap();
        assert_ne!(another[unique], json!(id), "{unique}");
    }

    // This test can fail: one letter of the claims, or of the signature, is another.
    let parts: Vec<&str> = token.split('.').collect();
    let other: Vec<&str> = clinic.admin.token.split('.').collect();
    for forged in [[parts[0], other[1], parts[2]].join("."), [parts[0], parts[1], other[2]].join(".")] {
        assert!(verified(&world, &forged).await.is_err());
        let refused = world.request(Method::GET, "/api/v1/auth/me", Some(&forged), &[], None).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::UNAUTHORIZED, "token_invalid"));
    }
}

#[tokio::test]
async fn a_token_is_good_from_its_time_until_its_time() {
    let world = World::start().await;
    let clinic = world.clinic("expiry").await;
    let claims = verified(&world, &clinic.admin.token).await.unwrap();
    let id = |name: &str| claims[name].as_str().unwrap().parse::<Uuid>().unwrap();
    // Issued with the server's own key, at times of our choice.
    let tokens = own(&world).await;
    let now = chrono::Utc::now().timestamp();
    let (user, session) = (UserId(id("userId")), SessionId(id("sid")));
    let (email, session_ends) = (clinic.admin.email.as_str(), now + 86_400);
    let subject = Subject { user, email, scope: Scope::Clinic(clinic.id, Role::Admin), session, session_ends };
    for (issued, code) in [(now, ""), (now - 590, ""), (now - 601, "token_expired"), (now + 120, "token_invalid")] {
        let token = tokens.issue(&Subject { session_ends: issued + 86_400, ..subject }, issued).unwrap();
        let answer = world.request(Method::GET, "/api/v1/auth/me", Some(&token), &[], None).await;
        let expected = if code.is_empty() { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
        assert_eq!((answer.status, answer.code()), (expected, code), "issued {} s from now", issued - now);
    }
    // Signed, in time, and of a session that another person, clinic or role has.
    for other in [
        Subject { user: UserId::generate(), ..subject },
        Subject { scope: Scope::Clinic(medicalpro::ids::ClinicId::generate(), Role::Admin), ..subject },
        Subject { scope: Scope::Clinic(clinic.id, Role::Manager), ..subject },
        Subject { scope: Scope::Platform(PlatformRole::SuperAdmin), ..subject },
    ] {
        let token = tokens.issue(&other, now).unwrap();
        let answer = world.request(Method::GET, "/api/v1/auth/me", Some(&token), &[], None).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "token_outdated"));
    }
}

/// A verified signature is remembered for longer than what it was made for.
#[tokio::test]
async fn a_token_that_was_good_a_moment_ago_is_good_until_its_time() {
    let world = World::start().await;
    let clinic = world.clinic("expires").await;
    let said = claims(&clinic.admin.token);
    let id = |name: &str| said[name].as_str().unwrap().parse::<Uuid>().unwrap();
    let now = chrono::Utc::now().timestamp();
    let (user, session) = (UserId(id("userId")), SessionId(id("sid")));
    let (email, ends) = (clinic.admin.email.as_str(), now + 5);
    let subject =
        Subject { user, email, scope: Scope::Clinic(clinic.id, Role::Admin), session, session_ends: now + 86_400 };
    let token = own(&world).await.issue(&subject, ends - LIFETIME).unwrap();
    assert_eq!(me(&world, &token).await.status, StatusCode::OK, "control: remembered");
    // From that very second, and not in that second alone.
    for second in [ends, ends + 1] {
        while chrono::Utc::now().timestamp() < second {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        let answer = me(&world, &token).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "token_expired"));
    }
    assert_eq!(me(&world, &clinic.admin.token).await.status, StatusCode::OK, "control: its session goes on");
}

#[tokio::test]
async fn an_operators_token_is_good_for_the_person_and_the_role_of_its_session_only() {
    let world = World::start().await;
    let operator = world.operator(PlatformRole::Support).await;
    let said = claims(&operator.token);
    let id = |name: &str| said[name].as_str().unwrap().parse::<Uuid>().unwrap();
    let now = chrono::Utc::now().timestamp();
    let (user, session) = (UserId(id("userId")), SessionId(id("sid")));
    let (email, scope) = (operator.email.as_str(), Scope::Platform(PlatformRole::Support));
    let genuine = Subject { user, email, scope, session, session_ends: now + 86_400 };
    let tokens = own(&world).await;
    let ask = async |subject: &Subject<'_>| {
        let token = tokens.issue(subject, now).unwrap();
        world.request(Method::GET, "/api/v1/platform/companies", Some(&token), &[], None).await
    };
    assert_eq!(ask(&genuine).await.status, StatusCode::OK, "control");
    for other in [
        Subject { user: UserId::generate(), ..genuine },
        Subject { scope: Scope::Platform(PlatformRole::SuperAdmin), ..genuine },
        Subject { scope: Scope::Clinic(medicalpro::ids::ClinicId::generate(), Role::Admin), ..genuine },
    ] {
        let answer = ask(&other).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::UNAUTHORIZED, "token_outdated"), "{other:?}");
    }
}

#[tokio::test]
async fn a_role_that_was_changed_takes_effect_at_once() {
    let world = World::start().await;
    let clinic = world.clinic("demoted").await;
    let manager = clinic.person(Role::Manager).await;
    assert_eq!(manager.get("/api/v1/patients").await.status, StatusCode::OK);
    let demote =
        "UPDATE medicalpro_central.memberships SET role = 'readonly' WHERE company_id = $1 AND role = 'manager'";
    world.central().await.execute(demote, &[&clinic.id.0]).await.unwrap();
    let refused = until(StatusCode::UNAUTHORIZED, async || manager.get("/api/v1/patients").await).await;
    assert_eq!(refused.code(), "token_outdated");
    let refreshed = super::post(&world, "refresh", &json!({ "refreshToken": manager.refresh_token })).await;
    let token = refreshed.json["accessToken"].as_str();
    let me = world.request(Method::GET, "/api/v1/auth/me", token, &[], None).await;
    assert_eq!(me.json["user"]["role"], "readonly");
    let new = json!({ "firstName": "Zoé", "lastName": "Durand" });
    assert_eq!(world.request(Method::POST, "/api/v1/patients", token, &[], Some(&new)).await.code(), "forbidden");
}
