//! The time of day, worded once a second per thread and not once a response.

use std::cell::RefCell;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[derive(Debug)]
pub(crate) struct Clock {
    /// When the second is over.
    until: Instant,
    /// `Sun, 22 Nov 2026 07:00:00 GMT` (RFC 9110 section 5.6.7).
    pub(crate) http: String,
    /// `22/Nov/2026:07:00:00 +0000`, as access logs have it.
    pub(crate) log: String,
}

thread_local! {
    static CLOCK: RefCell<Option<Clock>> = const { RefCell::new(None) };
}

/// Calls `f` with the wording of this second.
pub(crate) fn with<T>(now: Instant, f: impl FnOnce(&Clock) -> T) -> T {
    CLOCK.with_borrow_mut(|clock| match clock {
        Some(clock) if now < clock.until => f(clock),
        _ => f(clock.insert(Clock::at(now))),
    })
}

/// Any time as HTTP words it; what its four digits of a year cannot word is moved to the nearest
/// that they can.
pub(crate) fn http(time: SystemTime) -> String {
    let last = UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    httpdate::fmt_http_date(time.clamp(UNIX_EPOCH, last))
}

/// `2026-11-22 07:00`, for tables.
pub(crate) fn short(time: SystemTime) -> String {
    let text = http(time);
    let part = |range| text.get(range).unwrap_or_default();
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = MONTHS.find(part(8..11)).unwrap_or(0) / 3 + 1;
    format!("{}-{month:02}-{} {}", part(12..16), part(5..7), part(17..22))
}

impl Clock {
    fn at(now: Instant) -> Self {
        let time = SystemTime::now();
        let part = time.duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
        let http = http(time);
        // "Sun, 22 Nov 2026 07:00:00 GMT": the parts of a log's date stand at fixed places in it.
        let part_of = |range| http.get(range).unwrap_or_default();
        let log = format!(
            "{}/{}/{}:{} +0000",
            part_of(5..7),
            part_of(8..11),
            part_of(12..16),
            part_of(17..25)
        );
        Self { until: now + Duration::from_secs(1) - Duration::from_nanos(part.into()), http, log }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_wordings_tell_the_same_second() {
        with(Instant::now(), |clock| {
            let time = httpdate::parse_http_date(&clock.http).unwrap();
            let age = SystemTime::now().duration_since(time).unwrap();
            assert!(age < Duration::from_secs(60), "{clock:?}");
            assert_eq!(clock.log.len(), "22/Nov/2026:07:00:00 +0000".len());
        });
    }

    #[test]
    fn a_file_of_any_age_has_a_date() {
        assert_eq!(http(UNIX_EPOCH - Duration::from_secs(1)), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert!(http(UNIX_EPOCH + Duration::from_secs(1 << 40)).contains("9999"));
    }

    #[test]
    fn tables_have_a_short_form() {
        assert_eq!(short(UNIX_EPOCH + Duration::from_secs(1_700_000_000)), "2023-11-14 22:13");
    }

    #[test]
    fn a_second_later_the_wording_is_another() {
        let now = Instant::now();
        with(now, |clock| {
            assert!(clock.until > now && clock.until <= now + Duration::from_secs(1))
        });
    }
}
