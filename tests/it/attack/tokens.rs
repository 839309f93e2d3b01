//! Access tokens that must not work, made with our own key where that is what makes them dangerous.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use medicalpro::secrets::{MasterKeys, Purpose};
use serde_json::{Value, json};

use super::operations::nowhere;
use crate::support::{Clinic, MASTER_KEYS, Person, World};

/// The server's signing key, as somebody would hold it who has both central and the master keys.
pub struct Forge {
    kid: String,
    private: Vec<u8>,
    public: Vec<u8>,
}

impl Forge {
    pub async fn new(world: &World) -> Self {
        let central = world.central().await;
        let row = central
            .query_one(
                "SELECT kid, private_key, public_key FROM medicalpro_central.signing_keys
                  WHERE retired_at IS NULL ORDER BY created_at DESC, kid LIMIT 1",
                &[],
            )
            .await
            .unwrap();
        let kid: String = row.get(0);
        let keys = MasterKeys::parse(MASTER_KEYS).unwrap();
        let private = keys.open(Purpose::SigningKey, &format!("signing key {kid}"), row.get(1)).unwrap().to_vec();
        Self { kid, private, public: row.get(2) }
    }

    /// Signs claims as the server does, but for the header's changes.
    pub fn sign(&self, claims: &Value, change: impl FnOnce(&mut Header)) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some("at+jwt".to_owned());
        header.kid = Some(self.kid.clone());
        change(&mut header);
        let key = match header.alg {
            // The public key as the secret of a MAC: the classic confusion.
            Algorithm::HS256 => EncodingKey::from_secret(&self.public),
            _ => EncodingKey::from_ed_der(&self.private),
        };
        encode(&header, claims, &key).unwrap()
    }
}

/// What a token says.
pub fn claims(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// `Authorization` headers that must not work for this person, each with what is wrong; none for no header at all.
pub fn refused(forge: &Forge, person: &Person<'_>, theirs: &Clinic<'_>) -> Vec<(&'static str, Option<String>)> {
    let genuine = claims(&person.token);
    let with = |name: &str, value: Value| {
        let mut claims = genuine.clone();
        claims[name] = value;
        forge.sign(&claims, |_| {})
    };
    let without = |name: &str| {
        let mut claims = genuine.clone();
        claims.as_object_mut().unwrap().remove(name);
        forge.sign(&claims, |_| {})
    };
    let [head, body, signature] = person.token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let promoted = {
        let mut claims = genuine.clone();
        claims["role"] = "admin".into();
        claims["companyId"] = theirs.id.to_string().into();
        part(&claims)
    };
    let none = |alg: &str| part(&json!({ "alg": alg, "typ": "at+jwt", "kid": forge.kid }));
    let other_key = {
        let pair = aws_lc_rs::signature::Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new()).unwrap();
        let forge = Forge { kid: forge.kid.clone(), private: pair.as_ref().to_vec(), public: vec![] };
        forge.sign(&genuine, |_| {})
    };
    let now = genuine["iat"].as_i64().unwrap();
    let tokens = [
        ("garbage", "garbage".to_owned()),
        ("empty", String::new()),
        ("dots", "..".to_owned()),
        ("expired", {
            let mut claims = genuine.clone();
            (claims["iat"], claims["nbf"], claims["exp"]) = (json!(now - 700), json!(now - 700), json!(now - 1));
            forge.sign(&claims, |_| {})
        }),
        ("not yet valid", with("nbf", json!(now + 3600))),
        ("another audience", with("aud", json!("another"))),
        ("another issuer", with("iss", json!("another"))),
        ("no expiry", without("exp")),
        ("no time before which it is none", without("nbf")),
        ("no time of issue", without("iat")),
        ("issued later than now", with("iat", json!(now + 60))),
        ("made for longer than tokens live", with("exp", json!(now + 100_000))),
        ("no issuer", without("iss")),
        ("no audience", without("aud")),
        ("no subject", without("sub")),
        ("no id of its own", without("jti")),
        ("no session", without("sid")),
        match genuine["companyId"] {
            Value::Null => ("a clinic", with("companyId", json!(theirs.id))),
            _ => ("no clinic", without("companyId")),
        },
        ("the other audience", {
            let platform = genuine["aud"] == "medicalpro-platform";
            with("aud", json!(if platform { "medicalpro" } else { "medicalpro-platform" }))
        }),
        ("both audiences", with("aud", json!(["medicalpro", "medicalpro-platform"]))),
        ("another subject", with("sub", json!(nowhere()))),
        ("a session that does not exist", with("sid", json!(nowhere()))),
        ("another clinic", with("companyId", json!(theirs.id))),
        ("another person", {
            let mut claims = genuine.clone();
            let other = nowhere();
            (claims["sub"], claims["userId"]) = (json!(other), json!(other));
            forge.sign(&claims, |_| {})
        }),
        ("another role", with("role", json!(if genuine["role"] == "admin" { "manager" } else { "admin" }))),
        (
            "a role that does not exist",
            with("role", json!(if genuine["role"] == "super_admin" { "owner" } else { "super_admin" })),
        ),
        ("alg none", format!("{}.{body}.", none("none"))),
        ("alg None with the signature", format!("{}.{body}.{signature}", none("None"))),
        ("alg HS256 with the public key", forge.sign(&genuine, |header| header.alg = Algorithm::HS256)),
        ("another type", forge.sign(&genuine, |header| header.typ = Some("JWT".to_owned()))),
        ("to be understood", forge.sign(&genuine, |header| header.crit = Some(vec!["exp".to_owned()]))),
        ("no key id", forge.sign(&genuine, |header| header.kid = None)),
        ("an unknown key id", forge.sign(&genuine, |header| header.kid = Some("unknown".to_owned()))),
        ("a key id that is a path", forge.sign(&genuine, |header| header.kid = Some("../../etc/passwd".to_owned()))),
        ("another key", other_key),
        ("edited", format!("{head}.{promoted}.{signature}")),
        ("without its signature", format!("{head}.{body}.")),
        ("cut", person.token[..person.token.len() - 4].to_owned()),
        ("a refresh token", person.refresh_token.clone()),
    ];
    let mut refused = vec![("no header", None), ("another scheme", Some("Basic YTpi".to_owned()))];
    refused.push(("no scheme", Some(person.token.clone())));
    refused.extend(tokens.into_iter().map(|(what, token)| (what, Some(format!("Bearer {token}")))));
    refused
}
