//! Who is asking: accounts, passwords, tokens, sessions, and the [`caller::Bearer`] that every protected operation takes.
//!
//! | file | owns |
//! | --- | --- |
//! | `caller` | from a request's token to a verified `Caller` |
//! | `token` | access tokens (EdDSA, RFC 9068) |
//! | `signing`, `keys` | the keys that sign them: made, replaced, known; and published |
//! | `password` | Argon2id, bounded in parallel; `password::policy`: which ones may be chosen |
//! | `proxies` | which address a request comes from |
//! | `throttle` | limits by address, network and account |
//! | `attempts` | the wait that grows with wrong passwords |
//! | `alike` | answers that take as long for an account as for none |
//! | `account` | what people do to their own account: password, address, end |
//! | `register` | `POST /auth/register`, `verify-email`, `resend-verification` |
//! | `fields` | countries that we serve, terms that are accepted |
//! | `login` | `POST /auth/login`, `logout`, `GET /auth/me` |
//! | `visitor` | where a request comes from: program, network, device |
//! | `opening` | how a session is opened, by whatever way, and answered |
//! | `sessions` | `POST /auth/refresh`, `switch-clinic`, the list of sessions and their end |
//! | `standing` | what sessions stand for right now |
//! | `invitation` | `POST /auth/invitation`, `accept-invitation` |
//! | `link` | from the token of a link that a patient or a calendar program holds to a verified `Link` |
//! | `second_factor`, `totp` | codes by time and recovery codes: shown at log-in; `POST /auth/totp` and below |
//! | `operator` | the platform's own people, as they ask |
//! | `clinic_security` | `/clinic/security`: what a clinic asks of its people |
//! | `examples` | what the spec shows of them |

pub mod account;
mod alike;
pub mod attempts;
pub mod caller;
pub mod clinic_security;
mod examples;
pub mod fields;
pub mod invitation;
pub mod keys;
pub mod link;
pub mod login;
pub mod opening;
pub mod operator;
pub mod password;
pub mod proxies;
pub mod register;
pub mod second_factor;
pub mod sessions;
pub mod signing;
pub mod standing;
pub mod throttle;
pub mod token;
pub mod totp;
pub mod visitor;

/// The operations of this module.
pub type Api = (
    register::Registration,
    login::Login,
    sessions::Sessions,
    keys::Keys,
    invitation::Invitation,
    totp::SecondFactor,
    clinic_security::ClinicSecurity,
    account::password::AccountPassword,
    account::email::AccountEmail,
    account::deactivation::Deactivation,
);

/// See [`Api`].
#[must_use]
pub const fn api() -> Api {
    (
        register::Registration,
        login::Login,
        sessions::Sessions,
        keys::Keys,
        invitation::Invitation,
        totp::SecondFactor,
        clinic_security::ClinicSecurity,
        account::password::AccountPassword,
        account::email::AccountEmail,
        account::deactivation::Deactivation,
    )
}
