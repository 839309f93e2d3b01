//! The command line, as the real binary.
//!
//! | file | shows |
//! | --- | --- |
//! | `settings` | every setting is documented; `serve` and `worker` refuse a missing or weak secret, and never quote it |
//! | `operators` | `bootstrap`, `migrate`, `clinics`, `keys`, `openapi`: what they print, and their exit codes |
//! | `mail` | `mail preview`: every mail is shown, and nobody's files are harmed |
//! | `health` | who is well, and who is not |
//! | `verify` | an isolated fleet passes; each wall that is taken away is noticed, by name |
//! | `isolation_report` | the report that was kept last is read by the platform's people, is unaltered, and is nobody's to change |
//! | `dev` | everything on one machine: started, stopped, killed, started again |

mod dev;
mod health;
mod isolation_report;
mod mail;
mod operators;
mod settings;
mod verify;
