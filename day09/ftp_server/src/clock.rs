//! Times as FTP writes them: UTC, in the calendar that everybody uses.
//!
//! ```
//! use ftp_server::clock::{Date, parse};
//!
//! let time = parse(b"20231114221320").unwrap();
//! assert_eq!(Date::of(time).stamp(), "20231114221320");
//! ```

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: i64 = 86_400;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment in UTC, to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    /// May be negative: the year before 1 is 0.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59: Unix time has no leap seconds.
    pub second: u8,
}

impl Date {
    /// The date of a moment; of its fraction of a second nothing is left.
    pub fn of(time: SystemTime) -> Date {
        let seconds = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_secs().cast_signed(),
            Err(before) => {
                let before = before.duration();
                -(before.as_secs().cast_signed() + i64::from(before.subsec_nanos() > 0))
            }
        };
        let (year, month, day) = civil(seconds.div_euclid(DAY));
        let left = seconds.rem_euclid(DAY);
        let small = |n: i64| u8::try_from(n).unwrap_or(0);
        Date {
            year,
            month,
            day,
            hour: small(left / 3600),
            minute: small(left / 60 % 60),
            second: small(left % 60),
        }
    }

    /// `YYYYMMDDHHMMSS`, as MDTM and the facts have it (RFC 3659, 2.3).
    pub fn stamp(&self) -> String {
        let Date { year, month, day, hour, minute, second } = self;
        format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
    }

    /// `Nov 14 22:13`, as `ls -l` writes it, or `Nov 14  2023` if it is half a year from `now`.
    pub fn listed(&self, time: SystemTime, now: SystemTime) -> String {
        let Date { year, day, hour, minute, .. } = self;
        let month = MONTHS[usize::from(self.month - 1)];
        let half_a_year = Duration::from_secs(182 * DAY.unsigned_abs());
        let away = now.duration_since(time).unwrap_or(Duration::MAX);
        if away < half_a_year {
            format!("{month} {day:2} {hour:02}:{minute:02}")
        } else {
            format!("{month} {day:2}  {year:4}")
        }
    }
}

/// The moment that `YYYYMMDDHHMMSS` names, with a fraction or without; `None` if it names none.
pub fn parse(stamp: &[u8]) -> Option<SystemTime> {
    let whole = match stamp.iter().position(|&b| b == b'.') {
        Some(dot) if stamp[dot + 1..].iter().all(u8::is_ascii_digit) => &stamp[..dot],
        Some(_) => return None,
        None => stamp,
    };
    if whole.len() != 14 || !whole.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |from: usize, to: usize| {
        whole[from..to].iter().fold(0, |n, digit| n * 10 + i64::from(digit - b'0'))
    };
    let (year, month, day) = (number(0, 4), number(4, 6), number(6, 8));
    let (hour, minute, second) = (number(8, 10), number(10, 12), number(12, 14));
    let days = days(year, month, day);
    let exists = civil(days) == (year, u8::try_from(month).ok()?, u8::try_from(day).ok()?);
    if !exists || !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days * DAY + hour * 3600 + minute * 60 + second;
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) }
}

// A year that begins in March has its leap day at the end, so that the months' lengths follow one
// pattern: five of them have 153 days. 400 years have 146,097.

fn civil(days_since_1970: i64) -> (i64, u8, u8) {
    let days = days_since_1970 + 719_468; // since 1 March of the year 0
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let march_month = (5 * day + 2) / 153;
    let day = day - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year + i64::from(month <= 2);
    let small = |n: i64| u8::try_from(n).unwrap_or(1);
    (year, small(month), small(day))
}

fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let march_month = (month + 9) % 12;
    let day = (153 * march_month + 2) / 5 + day - 1;
    era * 146_097 + year * 365 + year / 4 - year / 100 + day - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> SystemTime {
        let distance = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
    }

    #[test]
    fn known_moments() {
        for (seconds, stamp) in [
            (0, "19700101000000"),
            (-1, "19691231235959"),
            (951_782_400, "20000229000000"),
            (1_505_957_650, "20170921013410"),
            (1_700_000_000, "20231114221320"),
            (4_107_542_400, "21000301000000"),
        ] {
            assert_eq!(Date::of(at(seconds)).stamp(), stamp);
            assert_eq!(parse(stamp.as_bytes()), Some(at(seconds)), "{stamp}");
        }
        let just_before = UNIX_EPOCH - Duration::from_millis(1);
        assert_eq!(Date::of(just_before).stamp(), "19691231235959");
    }

    #[test]
    fn every_day_of_a_thousand_years_comes_back() {
        for day in -200_000..200_000 {
            let time = at(day * DAY);
            assert_eq!(parse(Date::of(time).stamp().as_bytes()), Some(time));
        }
    }

    #[test]
    fn what_is_no_moment() {
        for bad in [
            "",
            "2023",
            "20230229000000",
            "20231301000000",
            "20230001000000",
            "20230100000000",
            "20230101240000",
            "20230101006000",
            "2023010100000x",
            "20230101000000.x",
            "202301010000000",
            "-2301010000000",
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
        assert!(parse(b"20231114221320.123").is_some());
    }

    #[test]
    fn a_listing_has_the_hour_or_the_year() {
        let time = at(1_700_000_000);
        let listed = |later: i64| Date::of(time).listed(time, at(1_700_000_000 + later));
        assert_eq!(listed(DAY), "Nov 14 22:13");
        assert_eq!(listed(300 * DAY), "Nov 14  2023");
        assert_eq!(listed(-DAY), "Nov 14  2023");
    }
}
