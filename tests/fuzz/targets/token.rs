//! Access tokens and links' tokens: what verifies or opens is what was issued, to the byte.

#![no_main]

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, NaiveDate, Utc};
use libfuzzer_sys::fuzz_target;
use medicalpro::auth::token::{Scope, Subject, Tokens};
use medicalpro::clinic::{LinkKind, LinkToken};
use medicalpro::ids::{ClinicId, PlatformRole, Role, SessionId, UserId};
use medicalpro::secrets::MasterKeys;

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    /// Anything.
    Text(&'a str),
    /// A genuine one with a byte in it replaced.
    Edited { which: u8, at: u16, byte: u8 },
    /// Parts of a genuine one beside parts of one's own.
    Spliced { which: u8, header: Option<&'a str>, claims: Option<&'a str>, signature: Option<&'a [u8]> },
    /// A link's, for whatever it says.
    Link { clinic: u128, id: u128, expires: Option<i32>, now: i32, at: u16, byte: u8 },
}

static KEYS: LazyLock<MasterKeys> = LazyLock::new(|| MasterKeys::parse(&MasterKeys::generate(NaiveDate::MIN)).unwrap());
/// Of the same id, with which nothing is sealed: libFuzzer learns from comparisons what was sealed with the others.
static UNUSED: LazyLock<MasterKeys> = LazyLock::new(|| MasterKeys::parse(&MasterKeys::generate(NaiveDate::MIN)).unwrap());
static TOKENS: LazyLock<Tokens> = LazyLock::new(|| Tokens::fuzzed(&KEYS));
static ISSUED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let now = Utc::now().timestamp();
    let scopes = [
        Scope::Clinic(ClinicId::generate(), Role::Readonly),
        Scope::Clinic(ClinicId::generate(), Role::Admin),
        Scope::Platform(PlatformRole::Support),
    ];
    let issue = |scope| {
        let (user, session) = (UserId::generate(), SessionId::generate());
        TOKENS.issue(&Subject { user, email: "a@example.org", scope, session, session_ends: now + 86_400 }, now).unwrap()
    };
    let issued: Vec<String> = scopes.map(issue).into();
    assert!(issued.iter().all(|token| TOKENS.verify(token).is_ok()), "control");
    issued
});

fn only_ours(text: &str) {
    assert!(TOKENS.verify(text).is_err() || ISSUED.iter().any(|issued| issued == text), "{text}");
}

fn edited(text: &str, at: u16, byte: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let at = usize::from(at) % bytes.len();
    bytes[at] = byte;
    String::from_utf8(bytes).ok().filter(|edited| edited != text)
}

fuzz_target!(|input: Input| {
    let issued = |which: u8| &ISSUED[usize::from(which) % ISSUED.len()];
    match input {
        Input::Text(text) => {
            only_ours(text);
            for kind in [LinkKind::Appointment, LinkKind::Calendar] {
                assert!(LinkToken::open(&UNUSED, kind, text, DateTime::UNIX_EPOCH).is_none(), "{text}");
            }
        }
        Input::Edited { which, at, byte } => {
            edited(issued(which), at, byte).inspect(|text| only_ours(text));
        }
        Input::Spliced { which, header, claims, signature } => {
            let parts: Vec<&str> = issued(which).split('.').collect();
            let part = |own: Option<&[u8]>, at: usize| own.map_or_else(|| parts[at].to_owned(), |own| URL_SAFE_NO_PAD.encode(own));
            only_ours(&[part(header.map(str::as_bytes), 0), part(claims.map(str::as_bytes), 1), part(signature, 2)].join("."));
        }
        Input::Link { clinic, id, expires, now, at, byte } => {
            let time = |seconds: i32| DateTime::from_timestamp(seconds.into(), 0).unwrap();
            let (clinic, id) = (ClinicId(uuid::Uuid::from_u128(clinic)), uuid::Uuid::from_u128(id));
            let token = LinkToken { clinic, id, expires: expires.map(time) };
            let text = token.seal(&KEYS, LinkKind::Calendar).unwrap();
            let open = |kind, text: &str| LinkToken::open(&KEYS, kind, text, time(now));
            let stands = expires.is_none_or(|expires| expires > now);
            assert_eq!(open(LinkKind::Calendar, &text), stands.then_some(token));
            assert_eq!(open(LinkKind::Appointment, &text), None, "another kind");
            edited(&text, at, byte).inspect(|text| assert_eq!(open(LinkKind::Calendar, text), None, "{text}"));
        }
    }
});
