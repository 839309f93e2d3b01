//! What a token says, for whom, and until when.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;

use super::*;
use crate::auth::signing::stored;
use crate::central::signing_keys::StoredKey;

fn master() -> MasterKeys {
    MasterKeys::parse(&MasterKeys::generate(chrono::NaiveDate::MIN)).expect("a generated key")
}

/// Keys in the order in which central lists them: newest first.
fn with(keys: &MasterKeys, stored: &[StoredKey]) -> Tokens {
    Tokens::of(KeyRing::of(stored, keys))
}

fn tokens() -> Tokens {
    let keys = master();
    with(&keys, &[stored(&keys, Utc::now(), None)])
}

fn nurse(session_ends: i64) -> Subject<'static> {
    let (user, clinic, session) = (UserId::generate(), ClinicId::generate(), SessionId::generate());
    Subject { user, email: "a@example.org", scope: Scope::Clinic(clinic, Role::Nurse), session, session_ends }
}

fn issue(tokens: &Tokens, now: i64) -> String {
    tokens.issue(&nurse(now + 86_400), now).expect("issues")
}

fn kid(token: &str) -> String {
    decode_header(token).expect("a header").kid.expect("a kid")
}

#[test]
fn a_token_verifies_until_it_expires() {
    let (tokens, now) = (tokens(), Utc::now().timestamp());
    let verified = tokens.verify(&issue(&tokens, now)).expect("verifies");
    assert!(matches!(verified.scope, Scope::Clinic(_, Role::Nurse)));
    let token = issue(&tokens, now);
    let aged = |age: i64| tokens.verify_at(&token, DateTime::from_timestamp(now + age, 0).expect("a time"));
    assert!(aged(LIFETIME - 1).is_ok(), "control: its last second");
    for expired in [aged(LIFETIME), tokens.verify(&issue(&tokens, now - LIFETIME - 1))] {
        assert!(matches!(expired.expect_err("expired"), ApiError::Unauthenticated { code: "token_expired", .. }));
    }
    assert!(tokens.verify(&issue(&tokens, now + 60)).is_err(), "not yet");
}

#[test]
fn no_token_outlives_its_session() {
    let (tokens, now) = (tokens(), Utc::now().timestamp());
    for (left, lifetime) in [(86_400, LIFETIME), (LIFETIME, LIFETIME), (60, 60)] {
        let verified = tokens.verify(&tokens.issue(&nurse(now + left), now).expect("issues")).expect("verifies");
        assert_eq!(verified.expires - now, lifetime);
    }
}

#[test]
fn what_is_for_one_audience_is_not_read_as_anothers() {
    let (tokens, now) = (tokens(), Utc::now().timestamp());
    let clinic = nurse(now + 86_400);
    let operator = Subject { scope: Scope::Platform(PlatformRole::Support), ..clinic };
    let said = |subject: &Subject<'_>| {
        let token = tokens.issue(subject, now).expect("issues");
        assert_eq!(tokens.verify(&token).expect("verifies").scope, subject.scope);
        let part = token.split('.').nth(1).expect("claims").to_owned();
        serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("claims")
    };
    let (mut at_clinic, mut on_platform) = (said(&clinic), said(&operator));
    assert!(on_platform.get("companyId").is_none());
    for said in [&at_clinic, &on_platform] {
        assert!(read(said.clone(), String::new()).is_some(), "control");
    }
    let company = at_clinic["companyId"].clone();
    (at_clinic["aud"], on_platform["aud"]) = (on_platform["aud"].clone(), at_clinic["aud"].clone());
    let mut mixed = at_clinic.clone();
    mixed["role"] = "super_admin".into();
    let mut also = on_platform.clone();
    also["companyId"] = company;
    for said in [at_clinic, on_platform, mixed, also] {
        assert!(read(said.clone(), String::new()).is_none(), "{said}");
    }
}

#[test]
fn a_token_of_other_keys_or_edited_is_refused() {
    let (keys, now) = (master(), Utc::now().timestamp());
    let mut theirs = stored(&keys, Utc::now(), None);
    let ours = stored(&keys, Utc::now(), None);
    theirs.public_key.clone_from(&ours.public_key);
    let (ours, theirs) = (with(&keys, &[ours]), with(&keys, &[theirs]));
    assert!(ours.verify(&issue(&theirs, now)).is_err(), "another key");
    assert!(theirs.verify(&issue(&theirs, now)).is_err(), "another key under the same kid");
    let token = issue(&ours, now);
    let parts: Vec<&str> = token.split('.').collect();
    let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).expect("base64")).expect("claims");
    claims["role"] = "admin".into();
    let edited = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims.to_string()), parts[2]);
    assert!(ours.verify(&edited).is_err(), "edited claims");
    let none = format!(r#"{{"alg":"none","typ":"at+jwt","kid":"{}"}}"#, kid(&token));
    assert!(ours.verify(&format!("{}.{}.", URL_SAFE_NO_PAD.encode(none), parts[1])).is_err(), "alg none");
    for garbage in ["", ".", "..", "a.b.c", &"x".repeat(100_000)] {
        assert!(ours.verify(garbage).is_err());
    }
}

#[test]
fn what_our_own_key_signed_is_refused_where_it_says_what_we_never_do() {
    let (tokens, now) = (tokens(), Utc::now().timestamp());
    let genuine = issue(&tokens, now);
    let header = decode_header(&genuine).expect("a header");
    let claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(genuine.split('.').nth(1).expect("claims")).expect("base64"))
            .expect("claims");
    let keys = tokens.keys.load();
    let (_, signing) = keys.signing(Utc::now()).expect("one signs");
    let verifies = |header: &Header, claims: &Value| {
        tokens.verify(&encode(header, claims, signing).expect("signs")).map(|verified| verified.expires)
    };
    assert!(verifies(&header, &claims).is_ok(), "control");
    for header in [
        Header { typ: None, ..header.clone() },
        Header { typ: Some("JWT".into()), ..header.clone() },
        Header { crit: Some(vec!["b64".into()]), ..header.clone() },
        Header { kid: None, ..header.clone() },
        Header { kid: Some("another".into()), ..header.clone() },
    ] {
        assert!(verifies(&header, &claims).is_err(), "{header:?}");
    }
    for (claim, value) in [
        ("iat", (now + 60).into()),
        ("iat", (now - 1).into()),
        ("nbf", (now + 60).into()),
        ("exp", now.into()),
        ("exp", (now + LIFETIME + 1).into()),
        ("sub", UserId::generate().to_string().into()),
        ("userId", UserId::generate().to_string().into()),
        ("iss", "another".into()),
        ("aud", "another".into()),
        ("aud", [ISSUER, PLATFORM].into()),
    ] {
        let mut claims = claims.clone();
        claims[claim] = value;
        assert!(verifies(&header, &claims).is_err(), "{claims}");
    }
    for claim in claims.as_object().expect("claims").keys().filter(|claim| *claim != "email") {
        let mut claims = claims.clone();
        claims.as_object_mut().expect("claims").remove(claim);
        assert!(verifies(&header, &claims).is_err(), "{claim} is missing");
    }
}

#[test]
fn the_newest_whose_time_has_come_signs_and_its_predecessor_verifies_to_its_end() {
    let (keys, now) = (master(), Utc::now());
    let at = |seconds| now + TimeDelta::seconds(seconds);
    let old = stored(&keys, at(-1000), Some(at(540)));
    let new = stored(&keys, at(120), None);
    let tokens = with(&keys, &[new, old]);
    let ring = tokens.keys.load();
    let signs = |at| ring.signing(at).expect("one signs").0.to_owned();
    let published: Vec<String> = tokens.published().into_iter().map(|(kid, _)| kid).collect();
    let [new, old] = <[String; 2]>::try_from(published).expect("both are published");
    assert_eq!((signs(at(119)), signs(at(120)), signs(at(5000))), (old.clone(), new.clone(), new.clone()));

    let token = issue(&tokens, now.timestamp());
    assert_eq!(kid(&token), old);
    assert!(tokens.verify_at(&token, at(539)).is_ok() && tokens.verify_at(&token, at(540)).is_err(), "retired");
    assert!(tokens.counts(&old) && tokens.counts(&new) && !tokens.counts("unknown-kid"));
}

#[test]
fn a_key_that_does_not_open_verifies_and_another_signs() {
    let (keys, now) = (master(), Utc::now());
    let at = |seconds| now + TimeDelta::seconds(seconds);
    let (sealed_elsewhere, ours) = (stored(&master(), at(-10), None), stored(&keys, at(-1000), Some(at(840))));
    let expected = ours.kid.clone();
    let tokens = with(&keys, &[sealed_elsewhere, ours]);
    assert_eq!(kid(&issue(&tokens, now.timestamp())), expected);
    assert_eq!(tokens.published().len(), 2);
    let none = with(&keys, &[stored(&master(), now, None)]);
    let refused = none.issue(&nurse(LIFETIME), 0);
    assert!(matches!(refused, Err(ApiError::Unavailable { .. })));
}

#[test]
fn a_private_key_opens_beside_its_own_id_alone() {
    let (keys, now) = (master(), Utc::now());
    let (own, mut moved) = (stored(&keys, now, None), stored(&keys, now, None));
    moved.private_key.clone_from(&own.private_key);
    let signs = |key| with(&keys, &[key]).issue(&nurse(LIFETIME), 0).is_ok();
    assert!(signs(own), "control");
    assert!(!signs(moved), "it would sign what nobody can verify");
}

#[test]
fn a_server_whose_clock_is_behind_signs_with_the_only_key() {
    let (keys, now) = (master(), Utc::now());
    let tokens = with(&keys, &[stored(&keys, now + TimeDelta::seconds(5), None)]);
    assert!(tokens.verify(&issue(&tokens, now.timestamp())).is_ok());
}
