//! One-time tokens laid into central as the worker lays them when it sends a mail, for tests that are not about the mail.

use medicalpro::secrets::{random_text, sha256};
use uuid::Uuid;

use super::World;

/// What a token is about.
#[derive(Clone, Copy)]
pub enum About {
    /// This person.
    User(Uuid),
    /// This change of address.
    EmailChange(Uuid),
}

/// A token of this purpose, good for half an hour.
pub async fn lay(world: &World, purpose: &str, about: About) -> String {
    let (token, (user, change)) = (
        random_text().to_string(),
        match about {
            About::User(user) => (Some(user), None),
            About::EmailChange(change) => (None, Some(change)),
        },
    );
    match about {
        About::User(user) => world.mails_are_sent("user_id", user).await,
        About::EmailChange(change) => world.mails_are_sent("email_change_id", change).await,
    }
    let insert =
        "INSERT INTO medicalpro_central.one_time_tokens (token_hash, purpose, user_id, email_change_id, expires_at)
                  VALUES ($1, $2, $3, $4, now() + interval '30 minutes')";
    let hash = sha256(token.as_bytes());
    world.central().await.execute(insert, &[&&hash[..], &purpose, &user, &change]).await.unwrap();
    token
}

/// The account of an address.
pub async fn user(world: &World, email: &str) -> Uuid {
    let query = "SELECT id FROM medicalpro_central.users WHERE email = $1";
    world.central().await.query_one(query, &[&email]).await.unwrap().get(0)
}

/// A token by which to set another password.
pub async fn reset_token(world: &World, email: &str) -> String {
    lay(world, "password_reset", About::User(user(world, email).await)).await
}

/// The open change of address of an account; asked for by its person.
pub async fn email_change(world: &World, email: &str) -> Uuid {
    let query =
        "SELECT c.id FROM medicalpro_central.email_changes c JOIN medicalpro_central.users u ON u.id = c.user_id
                  WHERE u.email = $1 AND c.ended_at IS NULL";
    world.central().await.query_one(query, &[&email]).await.unwrap().get(0)
}
