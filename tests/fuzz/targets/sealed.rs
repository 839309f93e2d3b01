//! Sealed values and master keys: what was sealed opens as it was, for its purpose and at its place; nothing else opens.

#![no_main]

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use chrono::NaiveDate;
use libfuzzer_sys::fuzz_target;
use medicalpro::secrets::{MasterKeys, Purpose};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    setting: &'a str,
    text: &'a str,
    plain: &'a [u8],
    place: [&'a str; 2],
    purpose: [u8; 2],
    at: u16,
    byte: u8,
}

const PURPOSES: [Purpose; 9] = [
    Purpose::DatabasePassword,
    Purpose::ContextKey,
    Purpose::SigningKey,
    Purpose::Cursor,
    Purpose::Fingerprint,
    Purpose::SecondFactor,
    Purpose::RefreshToken,
    Purpose::Link,
    Purpose::SlotHold,
];
static KEYS: LazyLock<MasterKeys> = LazyLock::new(|| MasterKeys::parse(&MasterKeys::generate(NaiveDate::MIN)).unwrap());
/// Of the same id, with which nothing is sealed: libFuzzer learns from comparisons what was sealed with the others.
static UNUSED: LazyLock<MasterKeys> = LazyLock::new(|| MasterKeys::parse(&MasterKeys::generate(NaiveDate::MIN)).unwrap());

fuzz_target!(|input: Input| {
    let Input { setting, text, plain, place: [here, elsewhere], purpose, at, byte } = input;
    let purposes = purpose.map(|purpose| usize::from(purpose) % PURPOSES.len());
    let [purpose, other] = purposes.map(|purpose| PURPOSES[purpose]);
    let open = |purpose, place: &str, text: &str| KEYS.open(purpose, place, text).ok().map(|plain| plain.to_vec());

    let _ = MasterKeys::parse(setting);
    assert!(UNUSED.open(purpose, here, text).is_err(), "made up");
    let sealed = KEYS.seal(purpose, here, plain).unwrap();
    assert_eq!(open(purpose, here, &sealed).as_deref(), Some(plain));
    assert_ne!(KEYS.seal(purpose, here, plain).unwrap(), sealed, "never twice the same");
    if here != elsewhere {
        assert_eq!(open(purpose, elsewhere, &sealed), None, "another place");
    }
    if purposes[0] != purposes[1] {
        assert_eq!(open(other, here, &sealed), None, "another purpose");
    }
    let mut edited = sealed.into_bytes();
    let at = usize::from(at) % edited.len();
    if edited[at] != byte {
        edited[at] = byte;
        if let Ok(edited) = std::str::from_utf8(&edited) {
            assert_eq!(open(purpose, here, edited), None, "edited: {edited}");
        }
    }
});
