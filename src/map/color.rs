//! Colours of a style: `#rgb`, `#rrggbb`, `rgb()` and `rgba()`.

use std::fmt;

/// A colour and how opaque it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Color {
    /// Red, green, blue.
    pub rgb: [u8; 3],
    /// From 0, clear, to 1, opaque.
    pub alpha: f32,
}

impl Color {
    /// Opaque black, the default of the style specification.
    pub const BLACK: Self = Self { rgb: [0; 3], alpha: 1.0 };

    /// Reads a colour.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(hex) = text.strip_prefix('#').filter(|hex| hex.is_ascii()) {
            let digits = |at: usize| match hex.len() {
                3 => u8::from_str_radix(&hex[at..=at], 16).ok().map(|digit| digit * 17),
                6 => u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).ok(),
                _ => None,
            };
            return Some(Self { rgb: [digits(0)?, digits(1)?, digits(2)?], alpha: 1.0 });
        }
        let (name, rest) = text.split_once('(')?;
        let parts: Vec<_> = rest.strip_suffix(')')?.split(',').map(str::trim).collect();
        let rgb =
            |parts: &[&str]| Some([parts[0].parse().ok()?, parts[1].parse().ok()?, parts[2].parse().ok()?]);
        match (name, parts.as_slice()) {
            ("rgb", parts @ [_, _, _]) => Some(Self { rgb: rgb(parts)?, alpha: 1.0 }),
            ("rgba", parts @ [_, _, _, alpha]) => {
                let alpha = alpha.parse().ok().filter(|alpha| (0.0..=1.0).contains(alpha))?;
                Some(Self { rgb: rgb(parts)?, alpha })
            }
            _ => None,
        }
    }

    /// The colour, its opacity multiplied.
    #[must_use]
    pub fn faded(self, by: f32) -> Self {
        Self { alpha: self.alpha * by.clamp(0.0, 1.0), ..self }
    }

    /// The way from this colour to another, up to a share of it.
    #[must_use]
    pub fn mixed(self, other: Self, share: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between two bytes")]
        let byte = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
        #[expect(clippy::cast_possible_truncation, reason = "between 0 and 1")]
        let share_of_alpha = share as f32;
        Self {
            rgb: std::array::from_fn(|at| byte(self.rgb[at], other.rgb[at])),
            alpha: self.alpha + (other.alpha - self.alpha) * share_of_alpha,
        }
    }

    /// `#rrggbb`, without the opacity.
    #[must_use]
    pub fn hex(self) -> String {
        let [red, green, blue] = self.rgb;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.rgb;
        write!(f, "rgba({red},{green},{blue},{})", self.alpha)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read() {
        let cases = [
            ("#fff", Some(([255, 255, 255], 1.0))),
            ("#0B5CAD", Some(([11, 92, 173], 1.0))),
            ("rgb(1, 2, 3)", Some(([1, 2, 3], 1.0))),
            ("rgba(1,2,3,0.5)", Some(([1, 2, 3], 0.5))),
            ("rgba(1,2,3,2)", None),
            ("#ab", None),
            ("#ééé", None),
            ("red", None),
        ];
        for (text, want) in cases {
            assert_eq!(Color::parse(text), want.map(|(rgb, alpha)| Color { rgb, alpha }), "{text}");
        }
    }
}
