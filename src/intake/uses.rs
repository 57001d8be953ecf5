//! Codes and names of land uses: the national ones of 2023, the old letters, and those that the data folder knows.

use std::collections::HashMap;

use crate::model::narrowed;

/// One table of both classifications; what is local comes from data.
const CODES: &str = include_str!("codes.txt");

/// Uses of neither classification that plans have all the same: code, Chinese and English name. Data may name them otherwise.
const LOCAL: &[[&str; 3]] =
    &[["M0", "新型产业用地", "new-type industrial"], ["M0", "新型工业用地", "new-type industrial"]];

/// A land use as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Use {
    pub code: String,
    pub zh: Option<String>,
    pub en: Option<String>,
    /// Known to a classification, or to the data folder.
    pub is_known: bool,
    /// What stands behind the code, where it is not its name.
    pub left_out: Option<String>,
}

/// All known uses.
#[derive(Debug, Default)]
pub(super) struct Uses {
    by_code: HashMap<String, (String, Option<String>)>,
    by_name: HashMap<String, String>,
    national: HashMap<String, String>,
}

impl Uses {
    /// Both classifications, and the codes, Chinese and English names that the folder's parcels have.
    pub(super) fn new(local: impl Iterator<Item = (String, String, Option<String>)>) -> Self {
        let (mut uses, mut unclear) = (Self::default(), Vec::new());
        for line in CODES.lines().filter(|line| !line.starts_with('#')) {
            let mut parts = line.split('\t');
            let (Some(code), Some(zh)) = (parts.next(), parts.next()) else { continue };
            let en = parts.next().map(str::to_owned);
            uses.by_code.insert(code.to_owned(), (zh.to_owned(), en));
            // A name of both classifications is that of the national one, which comes first.
            // One that several old codes have in turn is that of none, as 住宅用地 of R11, R21 and R31.
            let first = uses.by_name.entry(zh.to_owned()).or_insert_with(|| code.to_owned());
            let is_old = |code: &str| code.starts_with(|c: char| c.is_ascii_alphabetic());
            if first.as_str() != code && is_old(first) && is_old(code) {
                unclear.push(zh);
            }
            uses.national.extend(parts.next().map(|national| (code.to_owned(), national.to_owned())));
        }
        for name in unclear {
            uses.by_name.remove(name);
        }
        for (code, zh, en) in local {
            uses.by_name.entry(zh.clone()).or_insert_with(|| code.clone());
            let known = uses.by_code.entry(code).or_insert((zh, None));
            // What the folder calls it in English stands before what this program does.
            known.1 = en.or(known.1.take());
        }
        for [code, zh, en] in LOCAL.iter().map(|names| names.map(str::to_owned)) {
            uses.by_name.entry(zh.clone()).or_insert_with(|| code.clone());
            uses.by_code.entry(code).or_insert((zh, None)).1.get_or_insert(en);
        }
        uses
    }

    /// A use of a code as written, perhaps with its name beside it, or of a name, perhaps with its code. With `as_national`
    /// an old code becomes the national one, where one means the same.
    pub(super) fn find(&self, written: &str, as_national: bool) -> Use {
        let folded = narrowed(written).trim().to_uppercase();
        // A workbook makes 701.0 of a number.
        let folded = match folded.split_once('.') {
            Some((whole, rest)) if rest.bytes().all(|byte| byte == b'0') => whole.to_owned(),
            _ => folded,
        };
        let folded = joined(&folded).unwrap_or(folded);
        let is_sign = |c: char| !c.is_alphanumeric();
        let parts: Vec<&str> = folded.split(is_sign).filter(|part| !part.is_empty()).collect();
        let leading = |part: &str| {
            let end = part.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(part.len());
            self.known(&part[..end]).map(|code| (code, part[end..].to_owned()))
        };
        let whole = self.by_name.get(&folded).map(|code| (code.clone(), String::new()));
        let begun = parts.first().and_then(|first| {
            let (code, behind) = leading(first)?;
            let rest = std::iter::once(behind.as_str()).chain(parts[1..].iter().copied());
            Some((code, rest.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")))
        });
        let named = || {
            let (name, code) = match parts[..] {
                [name, code] => (name, code),
                [both] => both.split_at(both.find(|c: char| c.is_ascii_alphanumeric())?),
                _ => return None,
            };
            let code = self.known(code)?;
            let is_name = self.by_code.get(&code).is_some_and(|known| known.0.to_uppercase() == name);
            // A code in brackets says what its name means, also one that is not known.
            (is_name || self.by_name.contains_key(name) || folded.ends_with(')'))
                .then(|| (code, if is_name { String::new() } else { name.to_owned() }))
        };
        let found = begun.or(whole).or_else(named);
        let Some((mut code, behind)) = found else {
            return Use {
                code: written.trim().to_owned(),
                zh: None,
                en: None,
                is_known: false,
                left_out: None,
            };
        };
        let is_name = self.by_code.get(&code).is_some_and(|known| known.0.to_uppercase() == behind);
        let left_out = Some(behind).filter(|behind| !behind.is_empty() && !is_name);
        if as_national && let Some(national) = self.national.get(&code) {
            code.clone_from(national);
        }
        let known = self.by_code.get(&code);
        Use {
            zh: known.map(|known| known.0.clone()),
            en: known.and_then(|known| known.1.clone()),
            is_known: true,
            left_out,
            code,
        }
    }

    /// The known code that a word is; a workbook makes 701 of 0701.
    fn known(&self, word: &str) -> Option<String> {
        if self.by_code.contains_key(word) {
            return Some(word.to_owned());
        }
        let padded = format!("0{word}");
        (word.len() % 2 == 1 && self.by_code.contains_key(&padded)).then_some(padded)
    }

    /// Is a text a known code and nothing else?
    pub(super) fn is_code(&self, written: &str) -> bool {
        self.known(&narrowed(written).trim().to_uppercase()).is_some()
    }

    /// Is a text written as codes are, without a name beside them?
    pub(super) fn is_written_as_code(&self, written: &str) -> bool {
        let is_name = |c: char| c.is_alphabetic() && !c.is_ascii();
        !narrowed(written).contains(is_name) && self.find(written, false).is_known
    }

    /// Do a known code and a known name mean different uses? One of both may be the wider, as 居住用地 of 0701.
    pub(super) fn contradict(&self, code: &str, name: &str) -> bool {
        let name = narrowed(name);
        let name = name.trim();
        // All codes are looked through only where a code does not have its own name.
        if self.by_code.get(code).is_none_or(|known| known.0 == name) {
            return false;
        }
        let mut codes =
            self.by_code.iter().filter(|(_, known)| known.0 == name).map(|(code, _)| code).peekable();
        let national = |code: &str| self.national.get(code).cloned().unwrap_or_else(|| code.to_owned());
        let own = national(code);
        codes.peek().is_some()
            && codes.all(|other| {
                let pairs = [(code.to_owned(), other.clone()), (own.clone(), national(other))];
                pairs
                    .iter()
                    .all(|(one, other)| !one.starts_with(other.as_str()) && !other.starts_with(one.as_str()))
            })
    }
}

/// A code of letters and digits that a space or a dash parts, as R 2 and M-0.
fn joined(written: &str) -> Option<String> {
    let (letters, digits) = written.split_once([' ', '-', '_'])?;
    let is_code = letters.len() <= 2
        && letters.bytes().all(|byte| byte.is_ascii_uppercase())
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_code && !letters.is_empty() && !digits.is_empty()).then(|| format!("{letters}{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_are_found_by_code_and_by_name() {
        let local = [("M0".to_owned(), "新型工业用地".to_owned(), Some("new-type industrial".to_owned()))];
        let uses = Uses::new(local.into_iter());
        let find = |text: &str| (uses.find(text, false).code, uses.find(text, false).zh.unwrap_or_default());
        let is = |code: &str, zh: &str| (code.to_owned(), zh.to_owned());
        assert_eq!(find("０７０１"), is("0701", "城镇住宅用地"));
        assert_eq!(find("701"), is("0701", "城镇住宅用地"));
        assert_eq!(find("m0"), is("M0", "新型工业用地"));
        assert_eq!(find("新型工业用地"), is("M0", "新型工业用地"));
        assert_eq!(find("M1 一类工业用地"), is("M1", "一类工业用地"));
        assert_eq!(find("一类工业用地").0, "100101");
        assert_eq!(uses.find("G1", true).code, "1401");
        assert_eq!(uses.find("A3", true).code, "A3", "of education and science, none means the same");
        assert!(!uses.find("ZZ9", false).is_known);
        for code in ["R21", "B29", "E1", "H11", "24", "060102", "2005"] {
            assert!(uses.find(code, false).is_known, "{code}");
        }
        assert_eq!(uses.find("H21", true).code, "1201");
        assert!(!uses.find("住宅用地", false).is_known, "of R11, R21 and R31 alike");
        let left = |text: &str| (uses.find(text, false).code, uses.find(text, false).left_out);
        assert_eq!(left("B1/B2"), ("B1".to_owned(), Some("B2".to_owned())));
        assert_eq!(left("R2＋B1"), ("R2".to_owned(), Some("B1".to_owned())));
        assert_eq!(left("701/901"), ("0701".to_owned(), Some("901".to_owned())));
        assert_eq!(left("M1 一类工业用地"), ("M1".to_owned(), None));
        assert_eq!(left("M1（一类工业用地）"), ("M1".to_owned(), None));
        assert_eq!(left("701"), ("0701".to_owned(), None));
        assert_eq!(left("701.0"), ("0701".to_owned(), None));
        assert_eq!(left("二类居住用地（R2）"), ("R2".to_owned(), None));
        assert_eq!(left("工业用地（R2）"), ("R2".to_owned(), Some("工业用地".to_owned())));
        assert_eq!(left("二类居住用地R2"), ("R2".to_owned(), None));
        assert_eq!(left("城镇住宅用地0701"), ("0701".to_owned(), None));
        assert_eq!(left("某地块R2").1, None, "no use is called so");
        assert!(!uses.find("某地块R2", false).is_known);
        assert_eq!(left("R 2"), ("R2".to_owned(), None));
        assert_eq!(left("M-0"), ("M0".to_owned(), None));
        assert_eq!(left("新型产业用地（M0）"), ("M0".to_owned(), Some("新型产业用地".to_owned())));
        assert_eq!(left("S-99"), ("S-99".to_owned(), None), "no known code is made of one, and none is cut");
        assert_eq!(left("ZZ9a"), ("ZZ9a".to_owned(), None), "kept as it is");
    }

    #[test]
    fn codes_and_names_may_contradict() {
        let uses = Uses::new(std::iter::empty());
        for (code, name) in [("0601", "工业用地"), ("0701", "商业用地"), ("R2", "公园绿地")] {
            assert!(uses.contradict(code, name), "{code} {name}");
        }
        // A name of one's own, one of both classifications, a wider one, one that is unknown, a code that is.
        for (code, name) in [
            ("0701", "城镇住宅用地"),
            ("G1", "公园绿地"),
            ("1401", "公园绿地"),
            ("0701", "居住用地"),
            ("0701", "某某用地"),
            ("ZZ9", "工业用地"),
        ] {
            assert!(!uses.contradict(code, name), "{code} {name}");
        }
    }

    #[test]
    fn uses_have_names_in_both_languages() {
        let uses = Uses::new(std::iter::empty());
        for line in CODES.lines().filter(|line| !line.starts_with('#')) {
            let code = line.split('\t').next().expect("a code");
            let found = uses.find(code, false);
            let are_names = |names: [&Option<String>; 2]| {
                names.iter().all(|name| name.as_ref().is_some_and(|name| !name.is_empty()))
            };
            assert!(found.is_known && are_names([&found.zh, &found.en]), "{code}: {found:?}");
        }
        let en = |code: &str, uses: &Uses| uses.find(code, false).en;
        assert_eq!(en("0701", &uses).as_deref(), Some("urban residential"));
        assert_eq!(
            en("A33", &uses).as_deref(),
            Some("primary and secondary schools"),
            "as of the national code"
        );
        // What the data calls a use stands first; what it does not say comes from here.
        let own = |code: &str, en: Option<&str>| (code.to_owned(), "用地".to_owned(), en.map(str::to_owned));
        let uses = Uses::new([own("0701", Some("homes")), own("M0", None)].into_iter());
        assert_eq!(
            (en("0701", &uses).as_deref(), en("M0", &uses).as_deref()),
            (Some("homes"), Some("new-type industrial"))
        );
    }
}
