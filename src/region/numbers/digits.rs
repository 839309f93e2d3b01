//! Check digits. Each takes the digits `0` to `9` of a text, whose form the caller has checked.

/// The digits of a text.
pub(super) fn of(text: &str) -> Vec<u32> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}

/// Luhn's formula (ISO/IEC 7812-1, annex B).
pub(super) fn luhn(text: &str) -> bool {
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let digits = of(text);
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(at, digit)| if at % 2 == 0 { *digit } else { doubled(*digit) }).sum();
    sum.is_multiple_of(10)
}

/// The digits times their weights.
pub(super) fn weighted(text: &str, weights: &[u32]) -> u32 {
    of(text).iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// ISO/IEC 7064, MOD 11,10: the last digit checks the others.
pub(super) fn mod_11_10(text: &str) -> bool {
    let digits = of(text);
    let Some((last, first)) = digits.split_last() else { return false };
    let product = first.iter().fold(10, |product, digit| match (digit + product) % 10 {
        0 => 20 % 11,
        sum => 2 * sum % 11,
    });
    (11 - product) % 10 == *last
}

/// The number that the digits write; 0 where they are too many.
pub(super) fn number(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}
