//! What is counted together and what apart.

use super::*;

fn throttle(logins: u32) -> Throttle {
    let rate = |count| NonZeroU32::new(count).expect("a rate");
    Throttle::new(Rates { registrations: rate(1), logins: rate(logins) })
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[test]
fn an_address_is_one_of_ipv4_or_a_households_network() {
    let throttle = throttle(1);
    for (address, first_of_its_kind) in [
        ("198.51.100.1", true),
        ("198.51.100.1", false),
        ("198.51.100.2", true),
        ("2001:db8:0:1::1", true),
        ("2001:db8:0:1:ffff::2", false),
        ("2001:db8:0:2::1", true),
    ] {
        assert_eq!(throttle.login(Some(ip(address))).is_ok(), first_of_its_kind, "{address}");
    }
    assert!(throttle.registration(Some(ip("198.51.100.1"))).is_ok(), "counted apart");
}

#[test]
fn a_network_may_do_as_much_as_ten_addresses() {
    let throttle = throttle(2);
    for last in 1..=10 {
        for attempt in 1..=2 {
            assert!(throttle.login(Some(ip(&format!("198.51.100.{last}")))).is_ok(), "{last} {attempt}");
            assert!(throttle.login(Some(ip(&format!("2001:db8:7:{last}::1")))).is_ok(), "{last} {attempt}");
        }
        // In vain, and so not at its neighbours' expense.
        assert!(throttle.login(Some(ip(&format!("198.51.100.{last}")))).is_err());
    }
    assert!(throttle.login(Some(ip("198.51.100.11"))).is_err(), "the network's quota is used up");
    assert!(throttle.login(Some(ip("2001:db8:7:11::1"))).is_err(), "likewise");
    assert!(throttle.login(Some(ip("198.51.101.11"))).is_ok(), "another network");
    assert!(throttle.login(Some(ip("2001:db8:8:11::1"))).is_ok(), "likewise");
}

#[test]
fn an_account_is_counted_from_wherever_it_is_asked_for() {
    let throttle = throttle(2);
    let [first, second, third] = [(); 3].map(|()| throttle.login_of("ada@example.org"));
    assert!(first.is_ok() && second.is_ok());
    assert!(matches!(third, Err(ApiError::RateLimited { code: "rate_limited", retry_after: 1..=31 })));
    assert!(throttle.login_of("bob@example.org").is_ok());
    assert!(throttle.registration_of("ada@example.org").is_ok(), "counted apart");
}

#[test]
fn memory_is_bounded_however_many_call() {
    let limit = Limit::new(NonZeroU32::MIN);
    for name in 0..300_000_u32 {
        let _ = limit.count(&name);
    }
    let places = u64::try_from(limit.places.len()).expect("a number");
    assert!((PLACES / 2..=PLACES).contains(&places), "{places}");
}
