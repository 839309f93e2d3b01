//! The rules of each country but the longest two, with their law.

use chrono::Weekday::{Mon, Wed};

use super::{Country, Rule, after, easter, on, once, spain, switzerland};

// What several countries keep.
pub(super) const NEW_YEAR: Rule = on("new_year", 1, 1);
pub(super) const EPIPHANY: Rule = on("epiphany", 1, 6);
pub(super) const ST_JOSEPH: Rule = on("st_joseph", 3, 19);
pub(super) const GOOD_FRIDAY: Rule = easter("good_friday", -2);
pub(super) const EASTER_SUNDAY: Rule = easter("easter_sunday", 0);
pub(super) const EASTER_MONDAY: Rule = easter("easter_monday", 1);
pub(super) const LABOUR_DAY: Rule = on("labour_day", 5, 1);
pub(super) const ASCENSION: Rule = easter("ascension", 39);
pub(super) const PENTECOST_MONDAY: Rule = easter("pentecost_monday", 50);
pub(super) const CORPUS_CHRISTI: Rule = easter("corpus_christi", 60);
pub(super) const ASSUMPTION: Rule = on("assumption", 8, 15);
pub(super) const ALL_SAINTS: Rule = on("all_saints", 11, 1);
pub(super) const IMMACULATE_CONCEPTION: Rule = on("immaculate_conception", 12, 8);
pub(super) const CHRISTMAS: Rule = on("christmas_day", 12, 25);
pub(super) const ST_STEPHEN: Rule = on("st_stephen", 12, 26);
const REFORMATION: Rule = on("reformation_day", 10, 31);
const WOMEN: Rule = on("womens_day", 3, 8);

pub(super) static COUNTRIES: &[Country] = &[
    // Code du travail, art. L. 3133-1.
    Country {
        code: "FR",
        days: &[
            NEW_YEAR,
            EASTER_MONDAY,
            LABOUR_DAY,
            on("victory_1945", 5, 8),
            ASCENSION,
            PENTECOST_MONDAY,
            on("national_day", 7, 14),
            ASSUMPTION,
            ALL_SAINTS,
            on("armistice_1918", 11, 11),
            CHRISTMAS,
        ],
        parts: &[
            // Alsace and Moselle: art. L. 3134-13. Good Friday only where there is a Protestant church, as in most towns.
            (&["57", "67", "68", "6AE"], &[GOOD_FRIDAY, ST_STEPHEN]),
            // Overseas: art. L. 3422-2. Other days there (Mi-Carême, Victor Schœlcher's) are custom.
            (&["971"], &[on("abolition_of_slavery", 5, 27)]),
            (&["972"], &[on("abolition_of_slavery", 5, 22)]),
            (&["973"], &[on("abolition_of_slavery", 6, 10)]),
            (&["974"], &[on("abolition_of_slavery", 12, 20)]),
            (&["976"], &[on("abolition_of_slavery", 4, 27)]),
            (&["BL"], &[on("abolition_of_slavery", 10, 9)]),
            (&["MF"], &[on("abolition_of_slavery", 5, 28)]),
        ],
        others: "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 2A 2B 20R 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 \
                 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 58 59 60 61 62 63 64 65 66 69 69M 70 71 72 73 74 75 75C 76 77 78 79 80 \
                 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 PM",
    },
    spain::SPAIN,
    // Arrêté royal du 18 avril 1974, art. 1er: ten days, the same in all of it.
    Country {
        code: "BE",
        days: &[
            NEW_YEAR,
            EASTER_MONDAY,
            LABOUR_DAY,
            ASCENSION,
            PENTECOST_MONDAY,
            on("national_day", 7, 21),
            ASSUMPTION,
            ALL_SAINTS,
            on("armistice_1918", 11, 11),
            CHRISTMAS,
        ],
        parts: &[],
        others: "BRU VLG WAL VAN VBR VLI VOV VWV WBR WHT WLG WLX WNA",
    },
    switzerland::SWITZERLAND,
    // Einigungsvertrag, Art. 2 Abs. 2, and the Länder's acts on holidays.
    Country {
        code: "DE",
        days: &[
            NEW_YEAR,
            GOOD_FRIDAY,
            EASTER_MONDAY,
            LABOUR_DAY,
            ASCENSION,
            PENTECOST_MONDAY,
            on("german_unity_day", 10, 3),
            CHRISTMAS,
            ST_STEPHEN,
        ],
        parts: &[
            (&["BW", "BY"], &[EPIPHANY, CORPUS_CHRISTI, ALL_SAINTS]),
            // Berlin adds days of remembrance by act, year by year.
            (&["BE"], &[WOMEN, once("liberation_1945", 2025, 5, 8), once("uprising_1953", 2028, 6, 17)]),
            (&["BB"], &[EASTER_SUNDAY, easter("pentecost", 49), REFORMATION]),
            (&["HB", "HH", "NI", "SH"], &[REFORMATION]),
            (&["HE"], &[CORPUS_CHRISTI]),
            (&["MV"], &[WOMEN.since(2023), REFORMATION]),
            (&["NW", "RP"], &[CORPUS_CHRISTI, ALL_SAINTS]),
            (&["SL"], &[CORPUS_CHRISTI, ASSUMPTION, ALL_SAINTS]),
            // The Wednesday before 23 November.
            (&["SN"], &[REFORMATION, after("repentance_day", 11, 16, Wed, 0)]),
            (&["ST"], &[EPIPHANY, REFORMATION]),
            (&["TH"], &[on("childrens_day", 9, 20), REFORMATION]),
        ],
        others: "",
    },
    // Legge 260/1949, art. 2; legge 54/1977; D.P.R. 792/1985; legge 336/2000; for St Francis, legge 151/2025. Towns add their patron's day.
    Country {
        code: "IT",
        days: &[
            NEW_YEAR,
            EPIPHANY,
            EASTER_MONDAY,
            on("liberation_day", 4, 25),
            LABOUR_DAY,
            on("republic_day", 6, 2),
            ASSUMPTION,
            on("st_francis", 10, 4).since(2026),
            ALL_SAINTS,
            IMMACULATE_CONCEPTION,
            CHRISTMAS,
            ST_STEPHEN,
        ],
        parts: &[
            // Legge provinciale 36/1992.
            (&["BZ"], &[PENTECOST_MONDAY]),
        ],
        others: "AG AL AN AO AP AQ AR AT AV BA BG BI BL BN BO BR BS BT CA CB CE CH CL CN CO CR CS CT CZ EN FC FE FG FI FM FR GE GO GR IM \
                 IS KR LC LE LI LO LT LU MB MC ME MI MN MO MS MT NA NO NU OR PA PC PD PE PG PI PN PO PR PT PU PV PZ RA RC RE RG RI RM RN \
                 RO SA SI SO SP SR SS SU SV TA TE TN TO TP TR TS TV UD VA VB VC VE VI VR VT VV",
    },
    // Código do Trabalho, art. 234.º; for the islands, decrees of their own. Towns add a day (art. 235.º).
    Country {
        code: "PT",
        days: &[
            NEW_YEAR,
            GOOD_FRIDAY,
            EASTER_SUNDAY,
            on("freedom_day", 4, 25),
            LABOUR_DAY,
            CORPUS_CHRISTI,
            on("portugal_day", 6, 10),
            ASSUMPTION,
            on("republic_day", 10, 5),
            ALL_SAINTS,
            on("independence_day", 12, 1),
            IMMACULATE_CONCEPTION,
            CHRISTMAS,
        ],
        parts: &[(&["20"], &[easter("regional_day", 50)]), (&["30"], &[on("regional_day", 7, 1), ST_STEPHEN])],
        others: "01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18",
    },
    // Code du travail, art. L. 232-2.
    Country {
        code: "LU",
        days: &[
            NEW_YEAR,
            EASTER_MONDAY,
            LABOUR_DAY,
            on("europe_day", 5, 9).since(2019),
            ASCENSION,
            PENTECOST_MONDAY,
            on("national_day", 6, 23),
            ASSUMPTION,
            ALL_SAINTS,
            CHRISTMAS,
            ST_STEPHEN,
        ],
        parts: &[],
        others: "CA CL DI EC ES GR LU ME RD RM VD WI",
    },
    // Banking and Financial Dealings Act 1971, s. 1 and Schedule 1, and the yearly proclamations.
    Country {
        code: "GB",
        days: &[
            NEW_YEAR.made_good(),
            GOOD_FRIDAY,
            after("early_may_bank_holiday", 5, 1, Mon, 0),
            after("spring_bank_holiday", 5, 25, Mon, 0),
            CHRISTMAS.made_good(),
            on("boxing_day", 12, 26).made_good(),
        ],
        parts: &[
            (&["ENG", "WLS"], &[EASTER_MONDAY, after("summer_bank_holiday", 8, 25, Mon, 0)]),
            (
                &["NIR"],
                &[
                    on("st_patrick", 3, 17).made_good(),
                    EASTER_MONDAY,
                    on("battle_of_the_boyne", 7, 12).made_good(),
                    after("summer_bank_holiday", 8, 25, Mon, 0),
                ],
            ),
            (
                &["SCT"],
                &[
                    on("second_january", 1, 2).made_good(),
                    once("world_cup_2026", 2026, 6, 15),
                    after("summer_bank_holiday", 8, 1, Mon, 0),
                    // St Andrew's Day Bank Holiday (Scotland) Act 2007.
                    on("st_andrew", 11, 30).made_good(),
                ],
            ),
        ],
        others: "",
    },
];
