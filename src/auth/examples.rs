//! What the spec shows of this module's requests and answers.

use chrono::{DateTime, Utc};
use poem_openapi::types::Example;
use uuid::Uuid;

use super::clinic_security::{SecurityPatch, SecurityView};
use super::fields::Accepted;
use super::keys::{KeySet, PublicKey};
use super::login::{Credentials, Me};
use super::opening::{ClinicView, LoggedIn};
use super::register::{AddressOnly, CompanyView, NewRegistration, Registered, UserView, Verification};
use super::sessions::{OtherClinic, Refresh, SessionClinic, SessionList, SessionView};
use super::token::LIFETIME;
use super::totp::{AppCode, NewSecondFactor, PasswordAgain, PasswordAndCode, RecoveryCodes};
use crate::ids::Role;

impl Example for NewRegistration {
    fn example() -> Self {
        Self {
            company_name: checked("Cabinet du Parc"),
            country: checked("FR"),
            language: "fr".parse().ok(),
            time_zone: "Europe/Paris".parse().ok(),
            business_number: None,
            vat_number: None,
            company_email: checked("contact@cabinet-du-parc.example"),
            company_phone: "+33 1 42 68 53 00".parse().ok(),
            address: None,
            email: checked("camille@cabinet-du-parc.example"),
            password: checked("correct horse battery staple"),
            first_name: "Camille".parse().ok(),
            last_name: "Durand".parse().ok(),
            accept_terms: Accepted,
        }
    }
}

impl Example for UserView {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0003),
            email: "camille@cabinet-du-parc.example".to_owned(),
            first_name: Some("Camille".to_owned()),
            last_name: Some("Durand".to_owned()),
            language: "fr".to_owned(),
            role: Role::Admin.name().to_owned(),
            email_verified: true,
        }
    }
}

impl Example for CompanyView {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0004),
            name: "Cabinet du Parc".to_owned(),
            country: "FR".to_owned(),
            language: "fr".to_owned(),
            time_zone: "Europe/Paris".to_owned(),
            currency: "EUR".to_owned(),
            status: "active".to_owned(),
        }
    }
}

impl Example for Registered {
    fn example() -> Self {
        Self {
            user: UserView { email_verified: false, ..UserView::example() },
            company: CompanyView::example(),
            clinic_provisioned: true,
            next_step: "verify_email".to_owned(),
        }
    }
}

impl Example for Verification {
    fn example() -> Self {
        Self { token: checked("SRzBGTqZxXyH0u7Vw0a1lJ9cP2nD3mK4sR5tU6vW7xY") }
    }
}

impl Example for AddressOnly {
    fn example() -> Self {
        Self { email: checked("camille@cabinet-du-parc.example") }
    }
}

impl Example for Credentials {
    fn example() -> Self {
        Self {
            email: checked("camille@cabinet-du-parc.example"),
            password: checked("correct horse battery staple"),
            company_id: None,
            code: None,
            device_token: None,
        }
    }
}

impl Example for Refresh {
    fn example() -> Self {
        Self { refresh_token: checked("SRzBGTqZxXyH0u7Vw0a1lJ9cP2nD3mK4sR5tU6vW7xY") }
    }
}

impl Example for LoggedIn {
    fn example() -> Self {
        Self {
            access_token: "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9.eyJyb2xlIjoiYWRtaW4ifQ.c2lnbmF0dXJl".to_owned(),
            refresh_token: "SRzBGTqZxXyH0u7Vw0a1lJ9cP2nD3mK4sR5tU6vW7xY".to_owned(),
            expires_in: LIFETIME,
            device_token: Some("Zm9yIHRoaXMgZGV2aWNlIGFuZCBubyBvdGhlciAtIC0".to_owned()),
            user: UserView::example(),
            company: Some(CompanyView::example()),
            clinics: vec![clinic()],
        }
    }
}

impl Example for Me {
    fn example() -> Self {
        Self { user: UserView::example(), company: Some(CompanyView::example()), clinics: vec![clinic()] }
    }
}

fn clinic() -> ClinicView {
    let CompanyView { id, name, status, .. } = CompanyView::example();
    ClinicView { id, name, role: Role::Admin.name().to_owned(), status, last_used_at: Some(moment(0)) }
}

impl Example for OtherClinic {
    fn example() -> Self {
        Self { company_id: CompanyView::example().id }
    }
}

impl Example for SessionList {
    fn example() -> Self {
        let CompanyView { id, name, .. } = CompanyView::example();
        let session = SessionView {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0005),
            clinic: Some(SessionClinic { id, name }),
            device: "Firefox on Linux".to_owned(),
            network: Some("192.0.2.0/24".to_owned()),
            created_at: moment(0),
            last_used_at: moment(2),
            expires_at: moment(24),
            current: true,
        };
        Self { data: vec![session] }
    }
}

/// So many hours into 2026.
fn moment(hours: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600 + hours * 3600, 0).unwrap_or_default()
}

impl Example for KeySet {
    fn example() -> Self {
        let text = |text: &str| text.to_owned();
        // The key of RFC 8037, appendix A.2.
        let x = text("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        let (kid, kty, crv, alg) = (text("kPrK_qmxVWaYVA9w"), text("OKP"), text("Ed25519"), text("EdDSA"));
        Self { keys: vec![PublicKey { kid, kty, crv, x, alg, usage: text("sig") }] }
    }
}

impl Example for PasswordAgain {
    fn example() -> Self {
        Self { password: checked("correct horse battery staple") }
    }
}

impl Example for NewSecondFactor {
    fn example() -> Self {
        Self {
            secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".to_owned(),
            otpauth_uri: "otpauth://totp/MedicalPro:camille%40cabinet-du-parc.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=MedicalPro&algorithm=SHA1&digits=6&period=30".to_owned(),
            qr_svg: "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 240 240\"></svg>".to_owned(),
        }
    }
}

impl Example for AppCode {
    fn example() -> Self {
        Self { code: checked("287082") }
    }
}

impl Example for PasswordAndCode {
    fn example() -> Self {
        Self { password: checked("correct horse battery staple"), code: checked("287082") }
    }
}

impl Example for RecoveryCodes {
    fn example() -> Self {
        let codes = ["91JP-XV4T-0K8M-7ZQ2-HD3C-5RWN", "6T2B-YE9G-K41S-PMXA-0V7J-3CQD"];
        Self { recovery_codes: codes.map(str::to_owned).to_vec() }
    }
}

impl Example for SecurityView {
    fn example() -> Self {
        Self { second_factor_required: true }
    }
}

impl Example for SecurityPatch {
    fn example() -> Self {
        Self { second_factor_required: Some(true) }
    }
}

#[expect(clippy::expect_used, reason = "constants, checked as the spec is made")]
pub(super) fn checked<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("an example is valid")
}
