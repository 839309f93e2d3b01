//! Who listens to which clinic, and one task a clinic that looks for what is new, for as long as anybody does.
//!
//! Invariant: between two looks nothing is held of a database, and nobody waits for a listener: what each has not taken yet is bounded,
//! and whoever falls behind is let go. A clinic has an entry exactly while its task runs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{CHANGED, Change, in_order};
use crate::auth::caller::Lasting;
use crate::clinic::{Caller, Clinics};
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, Role};
use crate::transaction;

/// Between two looks: what changes is told within a second.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a look may take.
const LOOK: Duration = Duration::from_secs(5);
/// Looks whose changes a listener may have before it: at least ten seconds.
const QUEUE: usize = 20;
/// Who may listen to a clinic at once, by this process.
const LISTENERS: usize = 50;
/// Of these, by one log-in.
const OWN: usize = 10;

/// All who listen, by this process. Cheap to clone.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Live")
    }
}

struct Inner {
    clinics: Clinics,
    stop: CancellationToken,
    rooms: Mutex<HashMap<ClinicId, Vec<Arc<Listener>>>>,
}

struct Listener {
    caller: Caller,
    lasting: Lasting,
    ear: Ear,
}

/// Where changes are told.
type Ear = Sender<Arc<Vec<Change>>>;

impl Live {
    /// Nobody listens yet; nobody does any more after `stop`.
    #[must_use]
    pub fn new(clinics: Clinics, stop: CancellationToken) -> Self {
        Self(Arc::new(Inner { clinics, stop, rooms: Mutex::default() }))
    }

    /// Changes from now on, for as long as the token stands.
    ///
    /// # Errors
    /// 429 where as many listen as may, 503 where the server is about to stop.
    pub(super) fn listen(&self, caller: &Caller, lasting: Lasting) -> Result<Receiver<Arc<Vec<Change>>>> {
        if self.0.stop.is_cancelled() {
            return Err(ApiError::unavailable("stopping"));
        }
        let clinic = caller.clinic();
        let (ear, changes) = channel(QUEUE);
        let mut rooms = self.0.rooms();
        let room = rooms.entry(clinic).or_insert_with(|| {
            tokio::spawn(watch(self.0.clone(), clinic));
            Vec::new()
        });
        room.retain(|listener| !listener.ear.is_closed());
        let own = room.iter().filter(|listener| listener.caller.session() == caller.session()).count();
        if room.len() >= LISTENERS || own >= OWN {
            return Err(ApiError::RateLimited { code: "too_many_listeners", retry_after: 30 });
        }
        room.push(Arc::new(Listener { caller: caller.clone(), lasting, ear }));
        Ok(changes)
    }
}

impl Inner {
    fn rooms(&self) -> MutexGuard<'_, HashMap<ClinicId, Vec<Arc<Listener>>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who still listens to a clinic and may; `None`, and the clinic forgotten, when that is nobody. Where it cannot be said for a moment
    /// whether somebody may, nobody is told anything: the next look sees what this one missed.
    async fn listeners(&self, clinic: ClinicId) -> Option<Vec<Arc<Listener>>> {
        let all = self.rooms().get(&clinic).cloned().unwrap_or_default();
        let stand = join_all(all.iter().map(|listener| listener.lasting.stands())).await;
        if stand.iter().any(|stands| matches!(stands, Err(ApiError::Unavailable { .. }))) {
            return Some(Vec::new());
        }
        for error in stand.iter().filter_map(|stands| stands.as_ref().err()) {
            tracing::debug!(%clinic, %error, "a stream of appointments ends");
        }
        let gone = all.iter().zip(stand).filter(|(listener, stands)| stands.is_err() || listener.ear.is_closed());
        self.let_go(clinic, &gone.map(|(listener, _)| listener.clone()).collect::<Vec<_>>());
        let mut rooms = self.rooms();
        let room = rooms.get(&clinic).filter(|room| !room.is_empty()).cloned();
        if room.is_none() {
            rooms.remove(&clinic);
        }
        room
    }

    fn let_go(&self, clinic: ClinicId, gone: &[Arc<Listener>]) {
        if let Some(room) = self.rooms().get_mut(&clinic) {
            room.retain(|listener| !gone.iter().any(|one| Arc::ptr_eq(one, listener)));
        }
    }
}

/// Looks at a clinic's appointments for as long as anybody listens.
async fn watch(hub: Arc<Inner>, clinic: ClinicId) {
    // Roles may differ in what they read. Of each: the versions that its last look saw.
    let mut seen: HashMap<Role, HashMap<Uuid, i32>> = HashMap::new();
    loop {
        if tokio::time::timeout(PAUSE, hub.stop.cancelled()).await.is_ok() {
            hub.rooms().remove(&clinic);
            return;
        }
        let Some(room) = hub.listeners(clinic).await else { return };
        if room.is_empty() {
            continue;
        }
        for role in Role::ALL {
            let listeners: Vec<_> = room.iter().filter(|listener| listener.caller.role() == role).cloned().collect();
            let Some(newest) = listeners.last() else {
                seen.remove(&role);
                continue;
            };
            let gone = match tokio::time::timeout(LOOK, look(&hub.clinics, &newest.caller)).await {
                Ok(Ok(changes)) => tell(&listeners, news(changes, seen.entry(role).or_default()), |one| &one.ear),
                // The next look sees what this one missed.
                Err(_) | Ok(Err(ApiError::Unavailable { .. })) => Vec::new(),
                Ok(Err(error)) => {
                    tracing::warn!(%clinic, %error, "appointments cannot be followed");
                    listeners
                }
            };
            hub.let_go(clinic, &gone);
        }
    }
}

async fn look(clinics: &Clinics, caller: &Caller) -> Result<Vec<Change>> {
    let rows = transaction!(clinics.read(caller), |tx| tx.rows(&CHANGED, &[]).await)?;
    in_order(&rows)
}

/// What the look before has not seen; then this one has.
fn news(changes: Vec<Change>, seen: &mut HashMap<Uuid, i32>) -> Vec<Change> {
    let now = changes.iter().map(|change| (change.id, change.version)).collect();
    let before = std::mem::replace(seen, now);
    changes.into_iter().filter(|change| before.get(&change.id) != Some(&change.version)).collect()
}

/// Tells everybody, waiting for nobody: those who have gone, or are too far behind.
fn tell<T: Clone>(listeners: &[T], changes: Vec<Change>, ear: impl Fn(&T) -> &Ear) -> Vec<T> {
    if changes.is_empty() {
        return Vec::new();
    }
    let changes = Arc::new(changes);
    listeners.iter().filter(|one| ear(one).try_send(changes.clone()).is_err()).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(id: Uuid, version: i32) -> Change {
        Change { id, version, text: version.to_string() }
    }

    #[test]
    fn a_version_is_news_once() {
        let (mut seen, [one, two]) = (HashMap::new(), [Uuid::now_v7(), Uuid::now_v7()]);
        let told = |changes, seen: &mut _| news(changes, seen).iter().map(|change| change.version).collect::<Vec<_>>();
        assert_eq!(told(vec![change(one, 1), change(two, 1)], &mut seen), [1, 1]);
        assert_eq!(told(vec![change(one, 1), change(two, 2)], &mut seen), [2]);
        assert_eq!(told(vec![change(two, 2)], &mut seen), [0; 0], "the other is older than a look reaches");
        assert_eq!(told(vec![change(two, 2), change(one, 2)], &mut seen), [2]);
    }

    #[tokio::test]
    async fn whoever_does_not_take_what_is_told_is_let_go_and_others_are_told() {
        let (slow, mut waiting) = channel(QUEUE);
        let (quick, mut taking) = channel(QUEUE);
        let ears = [slow, quick];
        for version in 1..=20 {
            assert!(tell(&ears, vec![change(Uuid::nil(), version)], |ear| ear).is_empty());
            assert_eq!(taking.recv().await.expect("is told")[0].version, version);
        }
        let gone = tell(&ears, vec![change(Uuid::nil(), 21)], |ear| ear);
        assert!(gone.len() == 1 && gone[0].same_channel(&ears[0]));
        assert_eq!(taking.recv().await.expect("is told")[0].version, 21);

        // Let go, it has what it was told, and then its end.
        let [slow, _quick] = ears;
        drop((slow, gone));
        for version in 1..=20 {
            assert_eq!(waiting.recv().await.expect("was told")[0].version, version);
        }
        assert!(waiting.recv().await.is_none());
    }
}
