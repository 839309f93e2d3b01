//! Switzerland: the cantons' days of rest.
//!
//! The Confederation keeps 1 August (Bundesverfassung, Art. 110 Abs. 3); a canton makes Sundays of eight days more at most (Arbeitsgesetz, SR 822.11,
//! Art. 20a) by a law of its own. Here stand those that hold in a whole canton by law: days kept by custom, for half a day, or in some communes
//! (Corpus Christi at Le Landeron, the Zürich Knabenschiessen) are closures. In Aargau, where the districts choose, all that some of them keep.

use chrono::Weekday::{Fri, Mon, Sun, Thu, Wed};

use super::rules::{
    ALL_SAINTS, ASCENSION, ASSUMPTION, CHRISTMAS, CORPUS_CHRISTI, EASTER_MONDAY, EPIPHANY, GOOD_FRIDAY,
    IMMACULATE_CONCEPTION, LABOUR_DAY, NEW_YEAR, PENTECOST_MONDAY, ST_JOSEPH, ST_STEPHEN,
};
use super::{Country, Rule, When, after, on, rule};

const BERCHTOLD: Rule = on("berchtold_day", 1, 2);
/// Not where it would make three days of rest with Christmas and a Sunday.
const ST_STEPHEN_SOMETIMES: Rule = ST_STEPHEN.only_on(&[Mon, Wed, Thu, Fri, Sun]);

pub(super) const SWITZERLAND: Country = Country {
    code: "CH",
    days: &[NEW_YEAR, ASCENSION, on("national_day", 8, 1), CHRISTMAS],
    parts: &[
        (
            &["AG"],
            &[
                BERCHTOLD,
                GOOD_FRIDAY,
                EASTER_MONDAY,
                LABOUR_DAY,
                PENTECOST_MONDAY,
                CORPUS_CHRISTI,
                ASSUMPTION,
                ALL_SAINTS,
                IMMACULATE_CONCEPTION,
                ST_STEPHEN,
            ],
        ),
        (
            &["AI"],
            &[
                GOOD_FRIDAY,
                EASTER_MONDAY,
                PENTECOST_MONDAY,
                CORPUS_CHRISTI,
                ASSUMPTION,
                ALL_SAINTS,
                IMMACULATE_CONCEPTION,
                ST_STEPHEN_SOMETIMES,
            ],
        ),
        (&["AR"], &[GOOD_FRIDAY, EASTER_MONDAY, PENTECOST_MONDAY, ST_STEPHEN_SOMETIMES]),
        (&["BE"], &[BERCHTOLD, GOOD_FRIDAY, EASTER_MONDAY, PENTECOST_MONDAY, ST_STEPHEN]),
        (&["BL", "BS", "SH", "ZH"], &[GOOD_FRIDAY, EASTER_MONDAY, LABOUR_DAY, PENTECOST_MONDAY, ST_STEPHEN]),
        (&["FR", "SO"], &[GOOD_FRIDAY]),
        (
            &["GE"],
            &[
                GOOD_FRIDAY,
                EASTER_MONDAY,
                PENTECOST_MONDAY,
                // The Thursday after the first Sunday of September.
                after("genevan_fast", 9, 1, Sun, 4),
                on("restoration_of_the_republic", 12, 31),
            ],
        ),
        (
            &["GL"],
            &[
                rule("naefels_pilgrimage", When::Naefels),
                GOOD_FRIDAY,
                EASTER_MONDAY,
                PENTECOST_MONDAY,
                ALL_SAINTS,
                ST_STEPHEN,
            ],
        ),
        (&["GR"], &[EASTER_MONDAY, PENTECOST_MONDAY, ST_STEPHEN]),
        (
            &["JU"],
            &[
                BERCHTOLD,
                GOOD_FRIDAY,
                EASTER_MONDAY,
                LABOUR_DAY,
                PENTECOST_MONDAY,
                CORPUS_CHRISTI,
                on("regional_day", 6, 23),
                ASSUMPTION,
                ALL_SAINTS,
            ],
        ),
        (
            &["LU"],
            &[
                BERCHTOLD,
                GOOD_FRIDAY,
                EASTER_MONDAY,
                PENTECOST_MONDAY,
                CORPUS_CHRISTI,
                ASSUMPTION,
                ALL_SAINTS,
                IMMACULATE_CONCEPTION,
                ST_STEPHEN,
            ],
        ),
        // Where New Year's Day or Christmas is a Sunday, the Monday after it.
        (
            &["NE"],
            &[BERCHTOLD.only_on(&[Mon]), on("regional_day", 3, 1), GOOD_FRIDAY, LABOUR_DAY, ST_STEPHEN.only_on(&[Mon])],
        ),
        (&["NW"], &[ST_JOSEPH, GOOD_FRIDAY, CORPUS_CHRISTI, ASSUMPTION, ALL_SAINTS, IMMACULATE_CONCEPTION]),
        (
            &["OW"],
            &[
                GOOD_FRIDAY,
                CORPUS_CHRISTI,
                ASSUMPTION,
                on("st_nicholas_of_flue", 9, 25),
                ALL_SAINTS,
                IMMACULATE_CONCEPTION,
            ],
        ),
        (&["SG"], &[GOOD_FRIDAY, EASTER_MONDAY, PENTECOST_MONDAY, ALL_SAINTS, ST_STEPHEN]),
        (
            &["SZ"],
            &[
                EPIPHANY,
                ST_JOSEPH,
                GOOD_FRIDAY,
                EASTER_MONDAY,
                PENTECOST_MONDAY,
                CORPUS_CHRISTI,
                ASSUMPTION,
                ALL_SAINTS,
                IMMACULATE_CONCEPTION,
                ST_STEPHEN,
            ],
        ),
        (&["TG"], &[BERCHTOLD, GOOD_FRIDAY, EASTER_MONDAY, LABOUR_DAY, PENTECOST_MONDAY, ST_STEPHEN]),
        (
            &["TI"],
            &[
                EPIPHANY,
                ST_JOSEPH,
                EASTER_MONDAY,
                LABOUR_DAY,
                PENTECOST_MONDAY,
                CORPUS_CHRISTI,
                on("sts_peter_and_paul", 6, 29),
                ASSUMPTION,
                ALL_SAINTS,
                IMMACULATE_CONCEPTION,
                ST_STEPHEN,
            ],
        ),
        (
            &["UR"],
            &[
                EPIPHANY,
                ST_JOSEPH,
                GOOD_FRIDAY,
                EASTER_MONDAY,
                PENTECOST_MONDAY,
                CORPUS_CHRISTI,
                ASSUMPTION,
                ALL_SAINTS,
                IMMACULATE_CONCEPTION,
                ST_STEPHEN_SOMETIMES,
            ],
        ),
        (
            &["VD"],
            &[
                BERCHTOLD,
                GOOD_FRIDAY,
                EASTER_MONDAY,
                PENTECOST_MONDAY,
                // The Monday after the third Sunday of September.
                after("federal_fast_monday", 9, 15, Sun, 1),
            ],
        ),
        (&["VS"], &[ST_JOSEPH, CORPUS_CHRISTI, ASSUMPTION, ALL_SAINTS, IMMACULATE_CONCEPTION]),
        (&["ZG"], &[GOOD_FRIDAY, CORPUS_CHRISTI, ASSUMPTION, ALL_SAINTS, IMMACULATE_CONCEPTION]),
    ],
    others: "",
};
