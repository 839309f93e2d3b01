//! Money: whole minor units, and how a line's amounts follow from price, quantity, discount and tax. Nothing here is a floating-point number.
//!
//! The rule of rounding: half up, each line by itself; first the net amount, then the tax on that. A document's amounts are the sums of
//! its lines'.

use super::text::Quantity;

/// The most that a line or a document may come to, in minor units; the tables' bound.
pub const MAX_CENTS: i64 = 1_000_000_000_000;
const BASIS_POINTS: i128 = 10_000;

impl Quantity {
    /// In thousandths.
    #[must_use]
    pub fn thousandths(&self) -> i64 {
        let (whole, decimals) = self.as_str().split_once('.').unwrap_or((self.as_str(), ""));
        // Its own check has seen that these are digits.
        format!("{whole}{decimals:0<3}").parse().unwrap_or(i64::MAX)
    }
}

/// What a line's amounts follow from.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// How much.
    pub quantity: &'a Quantity,
    /// Net, for one.
    pub unit_price_cents: i64,
    /// Off the price, in hundredths of a per cent.
    pub discount_bp: i32,
    /// In hundredths of a per cent.
    pub tax_rate_bp: i32,
}

/// What a line or a document comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// After the discount, before tax.
    pub net_cents: i64,
    /// The tax on that.
    pub tax_cents: i64,
}

impl Line<'_> {
    /// What the line comes to.
    #[must_use]
    pub fn amounts(&self) -> Amounts {
        let gross = i128::from(self.quantity.thousandths()) * i128::from(self.unit_price_cents);
        let net = half_up(gross * (BASIS_POINTS - i128::from(self.discount_bp)), 1000 * BASIS_POINTS);
        let tax = half_up(net * i128::from(self.tax_rate_bp), BASIS_POINTS);
        Amounts { net_cents: saturated(net), tax_cents: saturated(tax) }
    }
}

impl Amounts {
    /// Net and tax.
    #[must_use]
    pub const fn total_cents(self) -> i64 {
        self.net_cents.saturating_add(self.tax_cents)
    }

    /// Whether a document may come to this.
    #[must_use]
    pub const fn is_bounded(self) -> bool {
        self.total_cents() <= MAX_CENTS
    }
}

impl std::iter::Sum for Amounts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            net_cents: sum.net_cents.saturating_add(one.net_cents),
            tax_cents: sum.tax_cents.saturating_add(one.tax_cents),
        })
    }
}

/// Of what is not negative.
const fn half_up(numerator: i128, denominator: i128) -> i128 {
    (2 * numerator + denominator) / (2 * denominator)
}

fn saturated(cents: i128) -> i64 {
    i64::try_from(cents).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(quantity: &Quantity, unit_price_cents: i64, discount_bp: i32, tax_rate_bp: i32) -> (i64, i64, i64) {
        let amounts = Line { quantity, unit_price_cents, discount_bp, tax_rate_bp }.amounts();
        (amounts.net_cents, amounts.tax_cents, amounts.total_cents())
    }

    fn quantity(text: &str) -> Quantity {
        text.parse().expect(text)
    }

    #[test]
    fn a_lines_amounts_are_rounded_half_up_the_net_first() {
        assert_eq!(line(&quantity("1"), 2500, 0, 2000), (2500, 500, 3000));
        assert_eq!(line(&quantity("0.5"), 1, 0, 0), (1, 0, 1), "half a cent is a cent");
        assert_eq!(line(&quantity("0.499"), 1, 0, 0), (0, 0, 0));
        assert_eq!(line(&quantity("1.333"), 999, 1000, 550), (1199, 66, 1265), "1198.5003, then 65.945");
        assert_eq!(line(&quantity("3"), 333, 10_000, 2000), (0, 0, 0), "given for nothing");
        assert_eq!(line(&quantity("1"), 250, 0, 20), (250, 1, 251), "0.5 of tax");
        assert_eq!(line(&quantity("1"), 249, 0, 20), (249, 0, 249), "0.498 of tax");
        // 0.1 + 0.2 and its like are exact here.
        assert_eq!(line(&quantity("0.29"), 100, 0, 0), (29, 0, 29));
        assert_eq!(line(&quantity("1.005"), 100, 0, 0), (101, 0, 101));
    }

    #[test]
    fn the_largest_line_neither_overflows_nor_passes() {
        let amounts = Line {
            quantity: &quantity("999999999.999"),
            unit_price_cents: 100_000_000_000,
            discount_bp: 0,
            tax_rate_bp: 10_000,
        }
        .amounts();
        assert!(!amounts.is_bounded());
        assert!(Amounts { net_cents: MAX_CENTS, tax_cents: 0 }.is_bounded());
    }

    #[test]
    fn quantities_are_exact_and_written_in_one_way() {
        for (text, written, thousandths) in [
            ("1", "1", 1000),
            ("1.0", "1", 1000),
            ("0.5", "0.5", 500),
            ("1.50", "1.5", 1500),
            ("0.001", "0.001", 1),
            ("999999999.999", "999999999.999", 999_999_999_999),
        ] {
            let quantity = quantity(text);
            assert_eq!((quantity.as_str(), quantity.thousandths()), (written, thousandths), "{text}");
        }
        for bad in [
            "",
            "0",
            "0.0",
            "0.000",
            "-1",
            "+1",
            "1.",
            ".5",
            "01",
            "1.0001",
            "1e3",
            "1,5",
            " 1",
            "1 ",
            "٣",
            "1000000000",
        ] {
            assert!(bad.parse::<Quantity>().is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn an_amount_is_never_further_than_half_a_cent_from_what_it_stands_for(
            thousandths in 1_i64..=999_999_999_999,
            price in 0_i64..=100_000_000,
            discount in 0_i32..=10_000,
            rate in 0_i32..=10_000,
        ) {
            let quantity = quantity(&format!("{}.{:03}", thousandths / 1000, thousandths % 1000));
            prop_assert_eq!(quantity.thousandths(), thousandths);
            let amounts = Line { quantity: &quantity, unit_price_cents: price, discount_bp: discount, tax_rate_bp: rate }.amounts();
            // Compared in parts of a cent, without a division.
            let net = i128::from(amounts.net_cents) * 10_000_000;
            let exact = i128::from(thousandths) * i128::from(price) * i128::from(10_000 - discount);
            prop_assert!(net - exact <= 5_000_000 && exact - net < 5_000_000);
            let tax = i128::from(amounts.tax_cents) * 10_000;
            let exact = i128::from(amounts.net_cents) * i128::from(rate);
            prop_assert!(tax - exact <= 5_000 && exact - tax < 5_000);
        }
    }
}
