//! Dates, timestamps and intervals; the only file that names the date library.

use std::fmt;

use jiff::civil;
use jiff::tz::TimeZone;

/// A calendar day, as days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(i32);

/// A moment, as microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

const MICROSECONDS_A_DAY: i64 = 86_400_000_000;

fn epoch() -> civil::Date {
    civil::date(1970, 1, 1)
}

impl Date {
    /// Reads an RFC 3339 full-date, `YYYY-MM-DD`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let day: civil::Date = if shape { text.parse().ok()? } else { return None };
        Some(Self((day - epoch()).get_days()))
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn days(self) -> i32 {
        self.0
    }

    /// The day that many days after 1970-01-01.
    #[must_use]
    pub fn from_days(days: i32) -> Self {
        Self(days)
    }

    /// The first moment of the day, UTC.
    #[must_use]
    pub fn start(self) -> Timestamp {
        Timestamp(i64::from(self.0) * MICROSECONDS_A_DAY)
    }

    /// The last moment of the day, UTC.
    #[must_use]
    pub fn end(self) -> Timestamp {
        Timestamp((i64::from(self.0) + 1) * MICROSECONDS_A_DAY - 1)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match epoch().checked_add(jiff::Span::new().days(self.0)) {
            Ok(day) => write!(f, "{:04}-{:02}-{:02}", day.year(), day.month(), day.day()),
            Err(_) => write!(f, "day {}", self.0),
        }
    }
}

impl Timestamp {
    /// Reads an RFC 3339 date-time with `Z` or an offset.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let shape = bytes.len() >= 20
            && bytes[..4].iter().all(u8::is_ascii_digit)
            && matches!(bytes[10], b'T' | b't' | b' ')
            && !text.contains('[');
        if !shape {
            return None;
        }
        let moment = text.parse().map(|moment: jiff::Timestamp| Self(moment.as_microsecond()));
        moment.ok().or_else(|| Self::at_the_end(text))
    }

    /// One of the last hours of the year 9999, which data writes for "for ever" and which the library's moments leave out.
    fn at_the_end(text: &str) -> Option<Self> {
        let pieces = jiff::fmt::temporal::Pieces::parse(text).ok()?;
        let offset = pieces.to_numeric_offset()?;
        let (day, time) = (Date((pieces.date() - epoch()).get_days()), pieces.time()?);
        let of_day = time.duration_since(civil::Time::midnight()).as_micros()
            - i128::from(offset.seconds()) * 1_000_000;
        let microseconds = day.start().0 + i64::try_from(of_day).ok()?;
        // No calendar of this program goes on beyond that year.
        Some(Self(microseconds.min(Self::LAST))).filter(|moment| moment.0 > 0)
    }

    /// 9999-12-31T23:59:59.999999Z.
    const LAST: i64 = 2_932_897 * MICROSECONDS_A_DAY - 1;

    /// Reads a moment as files write it: RFC 3339, or without a zone, which is taken as UTC, or with slashes in
    /// its date as older programs write them.
    #[must_use]
    pub fn of_data(text: &str) -> Option<Self> {
        if let Some(moment) = Self::parse(text) {
            return Some(moment);
        }
        let shape = |bytes: &[u8]| {
            bytes.len() >= 19
                && bytes[..4].iter().all(u8::is_ascii_digit)
                && matches!((bytes[4], bytes[7]), (b'-', b'-') | (b'/', b'/'))
                && matches!(bytes[10], b'T' | b't' | b' ')
        };
        if !shape(text.as_bytes()) {
            return None;
        }
        let dashed = format!("{}{}", text[..10].replace('/', "-"), &text[10..]);
        Self::parse(&dashed).or_else(|| Self::parse(&format!("{dashed}Z")))
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn microseconds(self) -> i64 {
        self.0
    }

    /// The moment that many microseconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn from_microseconds(microseconds: i64) -> Self {
        Self(microseconds)
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, with a fraction only where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(moment) => write!(f, "{moment}"),
            Err(_) => match epoch().at(0, 0, 0, 0).checked_add(jiff::SignedDuration::from_micros(self.0)) {
                Ok(there) => write!(f, "{there}Z"),
                Err(_) => write!(f, "{} microseconds", self.0),
            },
        }
    }
}

/// Where clocks show the same: a zone of the IANA database, or a fixed offset.
#[derive(Debug, Clone)]
pub struct Zone(TimeZone);

/// A moment as the calendar and the clocks of a zone show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Local {
    /// The day there.
    pub day: Date,
    /// Does the day begin with it?
    pub is_midnight: bool,
    /// `YYYY-MM-DDTHH:MM:SS`, with a fraction only where there is one.
    pub clock: String,
    /// The offset from UTC then, `Z` or as `+08:00`.
    pub offset: String,
}

impl Zone {
    /// UTC.
    #[must_use]
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The zone of a name as `Asia/Shanghai`, or of an offset as `+08:00`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        jiff::fmt::temporal::DateTimeParser::new().parse_time_zone(name).ok().map(Self)
    }

    /// So many nanoseconds after 1970-01-01T00:00:00Z, as it is told there; `None` outside the years that are counted.
    #[must_use]
    pub fn local(&self, nanoseconds: i128) -> Option<Local> {
        let there = jiff::Timestamp::from_nanosecond(nanoseconds).ok()?.to_zoned(self.0.clone());
        let seconds = there.offset().seconds();
        let sign = if seconds < 0 { '-' } else { '+' };
        let minutes = seconds.abs() / 60;
        Some(Local {
            day: Date((there.date() - epoch()).get_days()),
            is_midnight: there.time() == civil::Time::midnight(),
            clock: there.datetime().to_string(),
            offset: if seconds == 0 {
                "Z".to_owned()
            } else {
                format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            },
        })
    }
}

/// A day or a moment, as a request or a field gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instant {
    /// A whole day.
    Date(Date),
    /// A moment.
    Timestamp(Timestamp),
}

impl Instant {
    /// Reads an RFC 3339 full-date or date-time.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Date::parse(text).map(Self::Date).or_else(|| Timestamp::parse(text).map(Self::Timestamp))
    }

    /// Its first moment.
    #[must_use]
    pub fn start(self) -> Timestamp {
        match self {
            Self::Date(day) => day.start(),
            Self::Timestamp(moment) => moment,
        }
    }

    /// Its last moment.
    #[must_use]
    pub fn end(self) -> Timestamp {
        match self {
            Self::Date(day) => day.end(),
            Self::Timestamp(moment) => moment,
        }
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Date(day) => day.fmt(f),
            Self::Timestamp(moment) => moment.fmt(f),
        }
    }
}

/// A closed span of time; a missing end is open. `start <= end` where both are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// First moment, or open.
    pub start: Option<Instant>,
    /// Last moment, or open.
    pub end: Option<Instant>,
}

impl Interval {
    /// Reads `instant`, `a/b`, `../b`, `a/..`, `/b` or `a/` (OGC 17-069r4, 7.15.4).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let Some((start, end)) = text.split_once('/') else {
            let instant = Instant::parse(text)?;
            return Some(Self { start: Some(instant), end: Some(instant) });
        };
        let bound = |text: &str| match text {
            "" | ".." => Some(None),
            _ => Instant::parse(text).map(Some),
        };
        let (start, end) = (bound(start)?, bound(end)?);
        match (start, end) {
            (None, None) => None,
            (Some(start), Some(end)) if start.start() > end.end() => None,
            (start, end) => Some(Self { start, end }),
        }
    }

    /// First moment in microseconds, the lowest number when open.
    #[must_use]
    pub fn first(self) -> i64 {
        self.start.map_or(i64::MIN, |instant| instant.start().microseconds())
    }

    /// Last moment in microseconds, the highest number when open.
    #[must_use]
    pub fn last(self) -> i64 {
        self.end.map_or(i64::MAX, |instant| instant.end().microseconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_written() {
        for text in ["1970-01-01", "2025-12-31", "1911-10-10", "2024-02-29"] {
            assert_eq!(Date::parse(text).expect("a date").to_string(), text);
        }
        assert_eq!(Date::parse("1970-01-02").expect("a date").days(), 1);
        for text in ["2025-02-29", "2025-1-1", "20250101", "2025-12-31T00:00:00Z", "", "2025-13-01"] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }

    #[test]
    fn timestamps_are_read_and_written_in_utc() {
        let noon_in_wuhan = Timestamp::parse("2025-06-01T12:00:00+08:00").expect("a timestamp");
        assert_eq!(noon_in_wuhan.to_string(), "2025-06-01T04:00:00Z");
        for text in ["2025-06-01T12:00:00", "2025-06-01", "2025-06-01T25:00:00Z", "noon"] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    /// "For ever" as data writes it.
    #[test]
    fn the_last_year_has_all_its_hours() {
        let last = Date::parse("9999-12-31").expect("a day");
        for (text, written) in [
            ("9999-12-30T21:59:59Z", "9999-12-30T21:59:59Z"),
            ("9999-12-31T00:00:00Z", "9999-12-31T00:00:00Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
            ("9999-12-31T23:59:59+08:00", "9999-12-31T15:59:59Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
            // Behind the last moment that is counted.
            ("9999-12-31T23:59:59-08:00", "9999-12-31T23:59:59.999999Z"),
        ] {
            let moment = Timestamp::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(moment.to_string(), written, "{text}");
            assert!(moment <= last.end(), "{text}");
        }
        for text in
            ["9999-12-31T24:00:00Z", "9999-12-32T00:00:00Z", "9999-12-31T23:59:59", "9999-12-31T10:61:00Z"]
        {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn files_may_leave_out_the_zone() {
        let noon = Timestamp::parse("2022-04-16T12:00:00Z");
        for text in
            ["2022-04-16T12:00:00", "2022-04-16 12:00:00", "2022/04/16 12:00:00", "2022/04/16 12:00:00+00"]
        {
            assert_eq!(Timestamp::of_data(text), noon, "{text}");
        }
        for text in ["2022-04-16", "2022-04-16T12:00", "2022年04月16日 12:00:00", "2022-04-16T12:00:00 or so"]
        {
            assert_eq!(Timestamp::of_data(text), None, "{text}");
        }
    }

    #[test]
    fn moments_are_told_in_their_zone() {
        // 2023-01-09T16:00:00Z is midnight in China, which has eight hours more; in the summer of 1988 clocks were put on by one.
        let midnight = 1_673_280_000_000_000_000;
        let summer = 583_947_000_123_456_789;
        let there =
            |zone: &str, at| Zone::named(zone).and_then(|zone| zone.local(at)).expect("a zone and a moment");
        let text = |local: Local| format!("{}{}", local.clock, local.offset);
        for zone in ["Asia/Shanghai", "+08:00", "+08"] {
            let local = there(zone, midnight);
            assert_eq!((local.day.to_string().as_str(), local.is_midnight), ("2023-01-10", true), "{zone}");
            assert_eq!(text(local), "2023-01-10T00:00:00+08:00", "{zone}");
        }
        assert_eq!(text(there("UTC", midnight)), "2023-01-09T16:00:00Z");
        assert_eq!(text(there("-03:30", midnight)), "2023-01-09T12:30:00-03:30");
        assert_eq!(text(there("Asia/Shanghai", summer)), "1988-07-04T00:30:00.123456789+09:00");
        for name in ["Asia/Atlantis", "+99:00", "+x", "-", ""] {
            assert!(Zone::named(name).is_none(), "{name}");
        }
        assert_eq!(Zone::utc().local(i128::MAX), None);
    }

    #[test]
    fn intervals_are_read() {
        let good = [
            "2025-01-01",
            "2025-01-01/2025-12-31",
            "../2025-12-31",
            "2025-01-01/..",
            "/2025-12-31",
            "2025-01-01/",
        ];
        for text in good {
            assert!(Interval::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "../..",
            "/",
            "2025-12-31/2025-01-01",
            "2025",
            "2025-01-01/x",
            "2025-01-01/2025-02-01/2025-03-01",
        ] {
            assert!(Interval::parse(text).is_none(), "{text}");
        }
        let day = Interval::parse("1970-01-01").expect("a day");
        assert_eq!((day.first(), day.last()), (0, MICROSECONDS_A_DAY - 1));
    }
}
