//! Who is asking: accounts, passwords, tokens, sessions, and the [`caller::Bearer`] that every protected operation takes.
//!
//! | file | owns |
//! | --- | --- |
//! | `caller` | from a request's token to a verified `Caller` |
//! | `token` | access tokens (EdDSA, RFC 9068) |
//! | `signing`, `keys` | the keys that sign them: made, replaced, known; and published |
//! | `password` | Argon2id, bounded in parallel |
//! | `throttle` | limits by network address |
//! | `register` | `POST /auth/register`, `verify-email`, `resend-verification` |
//! | `fields` | countries that we serve, terms that are accepted |
//! | `login` | `POST /auth/login`, `refresh`, `logout`, `GET /auth/me` |
//! | `second_factor`, `totp` | codes by time and recovery codes: shown at log-in; `POST /auth/totp` and below |
//! | `clinic_security` | `/clinic/security`: what a clinic asks of its people |
//! | `examples` | what the spec shows of them |

pub mod caller;
pub mod clinic_security;
mod examples;
pub mod fields;
pub mod keys;
pub mod login;
pub mod password;
pub mod register;
pub mod second_factor;
pub mod signing;
pub mod throttle;
pub mod token;
pub mod totp;

/// The operations of this module.
pub type Api = (register::Registration, login::Login, keys::Keys, totp::SecondFactor, clinic_security::ClinicSecurity);

/// See [`Api`].
#[must_use]
pub const fn api() -> Api {
    (register::Registration, login::Login, keys::Keys, totp::SecondFactor, clinic_security::ClinicSecurity)
}
