//! Who tries whose door. Small fleets: everybody at everybody's. Large ones: each at the next few of a ring, so that each clinic is as
//! often tried at as it tries; the ring's order follows from the seed, which the report states.

use crate::ids::ClinicId;
use crate::secrets::sha256;

/// As many clinics try all pairs.
pub(super) const ALL_UP_TO: usize = 50;

/// For each clinic, by its place in the list, the places of those that it tries; `sample` of them, or all of a small fleet.
pub(super) fn plan(clinics: &[ClinicId], sample: usize, seed: &str) -> Vec<Vec<usize>> {
    let count = clinics.len();
    if count <= ALL_UP_TO {
        return (0..count).map(|own| (0..count).filter(|other| *other != own).collect()).collect();
    }
    let mut ring: Vec<usize> = (0..count).collect();
    ring.sort_by_key(|at| sha256(format!("{seed}|{}", clinics[*at]).as_bytes()));
    let mut plan = vec![Vec::new(); count];
    for (at, clinic) in ring.iter().enumerate() {
        plan[*clinic] = (1..=sample.min(count - 1)).map(|step| ring[(at + step) % count]).collect();
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clinics(count: u128) -> Vec<ClinicId> {
        (0..count).map(|number| ClinicId(uuid::Uuid::from_u128(number))).collect()
    }

    #[test]
    fn a_small_fleet_tries_all_pairs() {
        assert_eq!(plan(&clinics(3), 1, "x"), [vec![1, 2], vec![0, 2], vec![0, 1]]);
        assert_eq!(plan(&clinics(1), 8, "x"), [Vec::<usize>::new()]);
        assert_eq!(plan(&[], 8, "x"), Vec::<Vec<usize>>::new());
        assert!(plan(&clinics(50), 1, "x").iter().all(|others| others.len() == 49));
    }

    #[test]
    fn in_a_sample_each_clinic_tries_and_is_tried_as_often_and_the_seed_alone_decides() {
        let fleet = clinics(120);
        let sampled = plan(&fleet, 7, "2026-01-01");
        let mut tried_at = vec![0; fleet.len()];
        for (own, others) in sampled.iter().enumerate() {
            let mut different = others.clone();
            different.sort_unstable();
            different.dedup();
            assert!(different.len() == 7 && !others.contains(&own));
            for other in others {
                tried_at[*other] += 1;
            }
        }
        assert_eq!(tried_at, [7; 120]);
        assert_eq!(sampled, plan(&fleet, 7, "2026-01-01"));
        assert_ne!(sampled, plan(&fleet, 7, "2026-01-02"));
        assert!(plan(&clinics(51), 1000, "x").iter().all(|others| others.len() == 50), "no more than there are");
    }
}
