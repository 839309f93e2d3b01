//! The third layer alone: which clinic a request goes to is said by a verified token and by nothing else.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use medicalpro::auth::token::Claims;
use medicalpro::ids::{Role, SessionId, UserId};
use medicalpro::secrets::{MasterKeys, Purpose};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::by_hand::now;
use crate::support::{MASTER_KEYS, Person, World};

const PATH: &str = "/api/v1/patients";

/// The installation's own key: with it one can make tokens that are genuine but for what they claim.
struct Signer {
    kid: String,
    pair: Ed25519KeyPair,
}

impl Signer {
    async fn of(world: &World) -> Self {
        let central = world.central().await;
        let sql = "SELECT kid, private_key FROM medicalpro_central.signing_keys WHERE retired_at IS NULL
                    ORDER BY created_at DESC, kid LIMIT 1";
        let row = central.query_one(sql, &[]).await.unwrap();
        let (kid, private): (String, String) = (row.get(0), row.get(1));
        let keys = MasterKeys::parse(MASTER_KEYS).unwrap();
        let document = keys.open(Purpose::SigningKey, &format!("signing key {kid}"), &private).unwrap();
        Self { pair: Ed25519KeyPair::from_pkcs8(&document).unwrap(), kid }
    }

    fn header(&self) -> Value {
        json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": self.kid })
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = unsigned(header, claims);
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(self.pair.sign(signed.as_bytes())))
    }
}

fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn claims(person: &Person<'_>) -> Value {
    let payload = person.token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn with(value: &Value, changes: &Value) -> Value {
    let mut changed = value.clone();
    for (name, change) in changes.as_object().unwrap() {
        changed[name] = change.clone();
    }
    changed
}

async fn refuses(world: &World, token: &str, what: &str) {
    let answer = world.request(Method::GET, PATH, Some(token), &[], None).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{what}: {}", answer.text);
    assert!(answer.header("www-authenticate").starts_with("Bearer"), "{what}: {answer:?}");
    assert!(!answer.text.contains("Bernard") && !answer.text.contains("Abelard"), "{what}");
}

async fn accepts(world: &World, token: &str, name: &str) {
    let answer = world.request(Method::GET, PATH, Some(token), &[], None).await;
    assert_eq!((answer.status, &answer.json["data"][0]["lastName"]), (StatusCode::OK, &json!(name)), "control");
}

#[tokio::test]
async fn layer_3_a_token_that_we_did_not_sign_opens_nothing() {
    let world = World::start().await;
    let a = world.clinic("a").await;
    a.patient("Abelard").await;
    let signer = Signer::of(&world).await;
    let (header, genuine) = (signer.header(), claims(&a.admin));
    accepts(&world, &a.admin.token, "Abelard").await;
    accepts(&world, &signer.sign(&header, &genuine), "Abelard").await;

    let random = Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new()).unwrap();
    let own = Signer { kid: signer.kid.clone(), pair: Ed25519KeyPair::from_pkcs8(random.as_ref()).unwrap() };
    let x = URL_SAFE_NO_PAD.encode(own.pair.public_key().as_ref());
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
    refuses(&world, &own.sign(&header, &genuine), "another key under our kid").await;
    refuses(&world, &own.sign(&with(&header, &json!({ "jwk": jwk })), &genuine), "a key that it brings along").await;
    refuses(&world, &own.sign(&with(&header, &json!({ "jku": world.base, "x5u": world.base })), &genuine), "or names")
        .await;
    for kid in [json!("unknown-kid"), Value::Null, json!(""), json!("../../etc/passwd"), json!("' OR 1=1 --")] {
        refuses(&world, &own.sign(&with(&header, &json!({ "kid": kid })), &genuine), "an unknown kid").await;
    }

    for alg in ["none", "None", "NONE"] {
        let bare = unsigned(&with(&header, &json!({ "alg": alg })), &genuine);
        refuses(&world, &format!("{bare}."), alg).await;
        refuses(&world, &bare, alg).await;
    }
    // The public key taken for a shared secret.
    let text = unsigned(&with(&header, &json!({ "alg": "HS256" })), &genuine);
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, signer.pair.public_key().as_ref());
    let mac = aws_lc_rs::hmac::sign(&key, text.as_bytes());
    refuses(&world, &format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac.as_ref())), "HS256").await;

    let [head, payload, signature] = a.admin.token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    for (what, token) in [
        ("a part missing", format!("{head}.{payload}")),
        ("no signature", format!("{head}.{payload}.")),
        ("a part too many", format!("{head}.{payload}.{signature}.{signature}")),
        ("garbage", "garbage".to_owned()),
        ("dots", "..".to_owned()),
        ("a refresh token", a.admin.refresh_token.clone()),
        ("of another type", signer.sign(&with(&header, &json!({ "typ": "JWT" })), &genuine)),
    ] {
        refuses(&world, &token, what).await;
    }
}

#[tokio::test]
async fn layer_3_a_token_edited_or_genuinely_signed_for_what_its_session_is_not_opens_nothing() {
    let world = World::start().await;
    let (a, b) = (world.clinic("a").await, world.clinic("b").await);
    a.patient("Abelard").await;
    b.patient("Bernard").await;
    let signer = Signer::of(&world).await;
    let (of_a, of_b) = (claims(&a.admin), claims(&b.admin));
    let parsed: Claims = serde_json::from_value(of_a.clone()).unwrap();
    assert_eq!((parsed.company_id, parsed.role), (a.id, Role::Admin));
    accepts(&world, &a.admin.token, "Abelard").await;
    accepts(&world, &b.admin.token, "Bernard").await;
    accepts(&world, &signer.sign(&signer.header(), &of_a), "Abelard").await;

    let nobody = UserId::generate();
    let changes = [
        ("B's id", json!({ "companyId": b.id })),
        ("B's session", json!({ "sid": of_b["sid"] })),
        ("B's id and session", json!({ "companyId": b.id, "sid": of_b["sid"] })),
        ("B's user", json!({ "userId": of_b["userId"], "sub": of_b["sub"] })),
        ("another user", json!({ "userId": nobody, "sub": nobody })),
        ("two users", json!({ "sub": of_b["sub"] })),
        ("another role", json!({ "role": "practitioner" })),
        ("no such role", json!({ "role": "owner" })),
        ("no such session", json!({ "sid": SessionId::generate() })),
        ("no clinic", json!({ "companyId": Uuid::nil() })),
        ("not a clinic's id", json!({ "companyId": format!("{}' OR true --", b.id) })),
        ("expired", json!({ "exp": now() - 1 })),
        ("not yet", json!({ "nbf": now() + 60 })),
        ("another issuer", json!({ "iss": "elsewhere" })),
        ("for others", json!({ "aud": "elsewhere" })),
        ("without a person", json!({ "sub": null })),
        ("without an expiry", json!({ "exp": null })),
    ];
    for (what, change) in changes {
        let edited = with(&of_a, &change);
        let signature = a.admin.token.rsplit_once('.').unwrap().1;
        refuses(&world, &format!("{}.{signature}", unsigned(&signer.header(), &edited)), &format!("edited: {what}"))
            .await;
        refuses(&world, &signer.sign(&signer.header(), &edited), &format!("signed: {what}")).await;
    }
    accepts(&world, &a.admin.token, "Abelard").await;
}

#[tokio::test]
async fn layer_3_a_token_anywhere_but_in_its_header_is_none() {
    let world = World::start().await;
    let a = world.clinic("a").await;
    a.patient("Abelard").await;
    accepts(&world, &a.admin.token, "Abelard").await;
    let token = &a.admin.token;
    let cookie = format!("access_token={token}; token={token}");
    for (path, headers) in [
        (PATH.to_owned(), vec![]),
        (format!("{PATH}?access_token={token}&token={token}"), vec![]),
        (PATH.to_owned(), vec![("cookie", cookie.as_str())]),
        (PATH.to_owned(), vec![("x-access-token", token.as_str())]),
        (PATH.to_owned(), vec![("authorization", token.as_str())]),
    ] {
        let answer = world.request(Method::GET, &path, None, &headers, None).await;
        assert!([StatusCode::UNAUTHORIZED, StatusCode::UNPROCESSABLE_ENTITY].contains(&answer.status), "{answer:?}");
        assert!(!answer.text.contains("Abelard"));
    }
}

#[tokio::test]
async fn layer_3_bs_id_in_path_query_header_or_body_leads_nowhere() {
    let world = World::start().await;
    let (a, b) = (world.clinic("a").await, world.clinic("b").await);
    a.patient("Abelard").await;
    let foreign = b.patient("Bernard").await["id"].as_str().unwrap().to_owned();
    let (me, b_id) = (&a.admin, b.id.to_string());

    // Path: as an id that exists nowhere; and B still has it as it was.
    let (of_b, of_nobody) = (format!("{PATH}/{foreign}"), format!("{PATH}/{}", Uuid::now_v7()));
    let control = b.admin.get(&of_b).await;
    assert_eq!(control.status, StatusCode::OK);
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        let body = (method == Method::PATCH).then(|| json!({ "lastName": "Stolen" }));
        let foreign = me.request(method.clone(), &of_b, &[("if-match", "\"1\"")], body.as_ref()).await;
        let missing = me.request(method.clone(), &of_nobody, &[("if-match", "\"1\"")], body.as_ref()).await;
        let told = |answer: &crate::support::Answer| with(&answer.json, &json!({ "requestId": null }));
        assert_eq!((foreign.status, told(&foreign)), (StatusCode::NOT_FOUND, told(&missing)), "{method}");
    }
    let restored = me.post(&format!("{of_b}/restore"), &json!({})).await;
    assert_eq!(restored.status, StatusCode::NOT_FOUND);
    assert_eq!(b.admin.get(&of_b).await.json, control.json, "untouched");

    // Query and header: ignored or refused, never followed.
    for path in ["companyId", "company_id", "clinicId", "tenant"].map(|name| format!("{PATH}?{name}={b_id}")) {
        let answer = me.get(&path).await;
        assert!(!answer.text.contains("Bernard"), "{path}");
        assert!(answer.status.is_client_error() || answer.json["data"][0]["lastName"] == "Abelard", "{path}");
    }
    for name in ["x-company-id", "x-clinic-id", "x-tenant-id", "x-forwarded-host", "host"] {
        let answer = me.request(Method::GET, PATH, &[(name, &b_id)], None).await;
        assert_eq!(answer.json["data"][0]["lastName"], "Abelard", "{name}");
        assert!(!answer.text.contains("Bernard"), "{name}");
    }

    // Body: never the client's to set.
    for name in ["companyId", "company_id", "clinicId", "id"] {
        let body =
            json!({ "firstName": "X", "lastName": "Smuggled", name: if name == "id" { &foreign } else { &b_id } });
        assert_eq!(me.post(PATH, &body).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
    }
    assert_eq!(b.admin.get(PATH).await.json["data"].as_array().unwrap().len(), 1, "nothing came to B");
}

#[tokio::test]
async fn layer_3_bs_cursor_and_idempotency_key_are_nothing_to_a() {
    let world = World::start().await;
    let (a, b) = (world.clinic("a").await, world.clinic("b").await);
    for (clinic, names) in [(&a, ["Abelard", "Adele"]), (&b, ["Bernard", "Berthe"])] {
        for name in names {
            clinic.patient(name).await;
        }
    }
    let cursor_of = async |person: &Person<'_>| {
        person.get(&format!("{PATH}?limit=1")).await.json["nextCursor"].as_str().unwrap().to_owned()
    };
    let (of_a, of_b) = (cursor_of(&a.admin).await, cursor_of(&b.admin).await);
    let control = a.admin.get(&format!("{PATH}?limit=1&cursor={of_a}")).await;
    assert_eq!(control.json["data"][0]["lastName"], "Adele", "control");
    assert_eq!(a.admin.get(&format!("{PATH}?limit=1&cursor={of_b}")).await.status, StatusCode::BAD_REQUEST);

    // B's key is taken, for B: with another body it is refused. A has never heard of it.
    let key = [("idempotency-key", "the-same-key-everywhere")];
    let entered = async |person: &Person<'_>, name: &str| {
        person.request(Method::POST, PATH, &key, Some(&json!({ "firstName": "Same", "lastName": name }))).await.status
    };
    assert_eq!(entered(&b.admin, "First").await, StatusCode::CREATED);
    assert_eq!(entered(&b.admin, "Second").await, StatusCode::UNPROCESSABLE_ENTITY, "control");
    assert_eq!(entered(&a.admin, "Second").await, StatusCode::CREATED);
}
