//! Which simplified character is a traditional one?
//!
//! In: a character. Out: its simplified form, or itself. Leaves out: words that differ, since names do not.

use std::collections::HashMap;
use std::sync::LazyLock;

const PAIRS: &str = include_str!("traditional.txt");

static SIMPLIFIED: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let lines = PAIRS.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.flat_map(|line| {
        let letters: Vec<char> = line.chars().collect();
        letters.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect::<Vec<_>>()
    });
    pairs.collect()
});

/// The character as it is written in simplified script.
pub fn simplified(c: char) -> char {
    SIMPLIFIED.get(&c).copied().unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_of_both_scripts_are_one() {
        let same = |text: &str| text.chars().map(simplified).collect::<String>();
        assert_eq!(same("車谷創新長江漢陽園"), "车谷创新长江汉阳园");
        assert_eq!(same("车谷创新长江 abc"), "车谷创新长江 abc");
        assert!(SIMPLIFIED.len() > 2_500, "{}", SIMPLIFIED.len());
        // None leads to one that leads on.
        let lead_on: Vec<_> = SIMPLIFIED.iter().filter(|(_, to)| simplified(**to) != **to).collect();
        assert!(lead_on.is_empty(), "{lead_on:?}");
    }
}
