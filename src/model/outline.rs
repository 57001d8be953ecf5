//! How plans of zones number their sections.

/// Does a text have the shape of a section number, which no other text has? `三`, `三(一)`, `三(一)4`, `专栏3-1`, `表1`, `前言`.
#[must_use]
pub fn is_outline(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let numeral = |text: &str| !text.is_empty() && text.chars().all(|c| "一二三四五六七八九十".contains(c));
    if text == "前言" {
        return true;
    }
    if let Some(number) = text.strip_prefix("表") {
        return digits(number);
    }
    if let Some(number) = text.strip_prefix("专栏") {
        return number.split_once('-').is_some_and(|(chapter, box_)| digits(chapter) && digits(box_));
    }
    match text.split_once('(') {
        None => numeral(text),
        Some((chapter, rest)) => rest.split_once(')').is_some_and(|(part, item)| {
            numeral(chapter) && numeral(part) && (item.is_empty() || digits(item))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_have_a_shape() {
        let good = ["三", "三(一)", "三(一)4", "二(三)", "十(一)", "专栏3-1", "专栏10-2", "表1", "前言"];
        let bad = [
            "",
            "?",
            "3(1)",
            "三（一）4",
            "三(一",
            "三(一)4a",
            "三(一)四",
            "专栏3",
            "专栏3-",
            "表",
            "表一",
            "附录",
        ];
        let mistaken: Vec<_> = good
            .iter()
            .filter(|text| !is_outline(text))
            .chain(bad.iter().filter(|text| is_outline(text)))
            .collect();
        assert!(mistaken.is_empty(), "{mistaken:?}");
    }
}
