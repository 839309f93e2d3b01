//! What sessions stand for right now, remembered for a moment: the one cache that what is revoked, deactivated, suspended or changed
//! has to get past.
//!
//! Central tells of every change (`LISTEN medicalpro_standing`), so that it has effect at once on every server. Notices may be lost with
//! their connection: nothing is remembered for longer than [`BOUND`], counted from before it was looked up, and everything is
//! forgotten as the connection is there again.
//!
//! A look that began before a change may end after its notice. So each notice counts up, and what was looked up counts only if its
//! look began after the newest notice about it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use moka::future::Cache;
use uuid::Uuid;

use crate::central::Central;
use crate::central::sessions::{self, Place, Standing};
use crate::database::Notice;
use crate::error::Result;
use crate::ids::SessionId;

/// What central notifies: `session ID`, `user ID` or `company ID`.
pub const CHANNEL: &str = "medicalpro_standing";
/// How old a look at a session may be.
pub const BOUND: Duration = Duration::from_millis(900);
/// How many changes are remembered one by one.
const CHANGES: usize = 10_000;

/// The standings of sessions.
#[derive(Clone)]
pub struct Standings {
    central: Central,
    bound: Duration,
    known: Cache<SessionId, Arc<Known>>,
    changes: Arc<Changes>,
}

impl std::fmt::Debug for Standings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Standings")
    }
}

/// A look, and when it began.
struct Known {
    standing: Option<Arc<Standing>>,
    began: Instant,
    count: u64,
}

impl Standings {
    /// Nothing is remembered yet; nothing ever is for longer than `bound`.
    #[must_use]
    pub fn new(central: Central, bound: Duration) -> Self {
        let known = Cache::builder().max_capacity(100_000).time_to_live(bound).build();
        Self { central, bound, known, changes: Arc::new(Changes::new(bound)) }
    }

    /// What a session stands for; `None` when it is over, or its person's place there is.
    ///
    /// # Errors
    /// As the database refuses.
    pub async fn of(&self, session: SessionId) -> Result<Option<Arc<Standing>>> {
        if let Some(known) = self.known.get(&session).await.filter(|known| self.holds(session, known)) {
            return Ok(known.standing.clone());
        }
        let (began, count) = (Instant::now(), self.changes.count());
        let standing = sessions::standing(&self.central, session).await?.map(Arc::new);
        self.known.insert(session, Arc::new(Known { standing: standing.clone(), began, count })).await;
        Ok(standing)
    }

    fn holds(&self, session: SessionId, known: &Known) -> bool {
        let about = known.standing.as_ref().map_or([session.0; 3], |standing| match &standing.place {
            Place::Clinic(clinic) => [session.0, standing.user_id, clinic.company_id],
            Place::Platform(_) => [session.0, standing.user_id, standing.user_id],
        });
        known.began.elapsed() < self.bound && self.changes.none_since(known.count, about)
    }

    /// Forgets a session at once, in this process.
    pub fn forget(&self, session: SessionId) {
        self.changes.about(session.0);
    }

    /// Takes a notice of [`CHANNEL`].
    pub fn hear(&self, notice: Notice<'_>) {
        match notice {
            Notice::Payload(text) => match text.rsplit(' ').next().and_then(|id| id.parse().ok()) {
                Some(id) => self.changes.about(id),
                None => self.changes.about_all(),
            },
            Notice::Connected => self.changes.about_all(),
        }
    }
}

/// When what has changed, by a count of the notices.
struct Changes {
    count: AtomicU64,
    /// Looks that began before this count do not hold.
    all: AtomicU64,
    of: RwLock<HashMap<Uuid, (u64, Instant)>>,
    /// After which a change concerns no look any more.
    kept: Duration,
}

impl Changes {
    fn new(kept: Duration) -> Self {
        Self { count: AtomicU64::new(1), all: AtomicU64::new(0), of: RwLock::default(), kept }
    }

    fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    /// Of a session, a person or a clinic.
    fn about(&self, id: Uuid) {
        let mut of = self.of.write().unwrap_or_else(PoisonError::into_inner);
        if of.len() >= CHANGES {
            of.retain(|_, (_, at)| at.elapsed() < self.kept);
        }
        let count = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        if of.len() >= CHANGES {
            self.all.store(count, Ordering::SeqCst);
            of.clear();
        } else {
            of.insert(id, (count, Instant::now()));
        }
    }

    fn about_all(&self) {
        let count = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        self.all.fetch_max(count, Ordering::SeqCst);
    }

    fn none_since(&self, count: u64, ids: [Uuid; 3]) -> bool {
        let of = self.of.read().unwrap_or_else(PoisonError::into_inner);
        count >= self.all.load(Ordering::SeqCst)
            && ids.iter().all(|id| of.get(id).is_none_or(|(last, _)| *last <= count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_that_began_before_a_change_does_not_hold_whenever_it_ends() {
        let changes = Changes::new(BOUND);
        let [session, user, clinic] = [0; 3].map(|_| Uuid::now_v7());
        for changed in [session, user, clinic] {
            let began = changes.count();
            assert!(changes.none_since(began, [session, user, clinic]));
            changes.about(changed);
            assert!(!changes.none_since(began, [session, user, clinic]), "whether it ended before or after");
            assert!(changes.none_since(changes.count(), [session, user, clinic]), "one that begins now does");
            assert!(changes.none_since(began, [Uuid::now_v7(); 3]), "others are not concerned");
        }
        let began = changes.count();
        changes.about_all();
        assert!(!changes.none_since(began, [Uuid::now_v7(); 3]));
        assert!(changes.none_since(changes.count(), [session, user, clinic]));
    }

    #[tokio::test]
    async fn a_look_holds_for_its_bound_unless_its_session_is_forgotten_or_notices_may_have_been_missed() {
        let config = "host=127.0.0.1 port=1 user=nobody".parse().expect("a configuration");
        let tls = crate::database::tls(None).expect("a configuration");
        let standings = Standings::new(Central::new(config, tls, 1).expect("a pool"), BOUND);
        let session = SessionId::generate();
        let look = |began| Known { standing: None, began, count: standings.changes.count() };
        assert!(standings.holds(session, &look(Instant::now())), "control");
        let long_ago = Instant::now().checked_sub(BOUND).expect("a time");
        assert!(!standings.holds(session, &look(long_ago)), "however lately it ended");

        let known = look(Instant::now());
        standings.forget(SessionId::generate());
        assert!(standings.holds(session, &known), "control: another is forgotten");
        standings.forget(session);
        assert!(!standings.holds(session, &known));
        let known = look(Instant::now());
        assert!(standings.holds(session, &known), "control: looked at again");
        standings.hear(Notice::Connected);
        assert!(!standings.holds(session, &known), "what was told while nobody listened is not known");
    }

    #[test]
    fn of_too_many_changes_none_is_missed() {
        let changes = Changes::new(Duration::from_hours(1));
        let (began, first) = (changes.count(), Uuid::now_v7());
        changes.about(first);
        (0..=CHANGES).for_each(|_| changes.about(Uuid::now_v7()));
        assert!(!changes.none_since(began, [first; 3]));
        assert!(changes.of.read().expect("not poisoned").len() <= CHANGES);
    }

    #[test]
    fn changes_that_concern_no_look_any_more_make_room_and_concern_nobody_else() {
        let changes = Changes::new(Duration::ZERO);
        (0..CHANGES).for_each(|_| changes.about(Uuid::now_v7()));
        let (began, last) = (changes.count(), Uuid::now_v7());
        changes.about(last);
        assert!(!changes.none_since(began, [last; 3]), "control");
        assert!(changes.none_since(began, [Uuid::now_v7(); 3]), "of the others nothing is forgotten");
        assert_eq!(changes.of.read().expect("not poisoned").len(), 1);
    }
}
