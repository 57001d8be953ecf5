//! A picture as SVG.
//!
//! In: a picture. Out: an SVG 1.1 file. Texts are outlines, so that it looks the same everywhere; each carries its
//! words as a label, and the file its title and description. Leaves out: what is drawn.

use std::fmt::Write as _;

use tiny_skia::{Path, PathBuilder, PathSegment};

use super::color::Color;
use super::picture::{Cap, Item, Join, Pen, Picture, Run};

/// Steps of a fading edge, CSS pixels.
const STEP: f32 = 0.75;

/// Writes a picture as an SVG file.
#[must_use]
pub fn write(picture: &Picture) -> Vec<u8> {
    let mut svg = Svg { out: String::with_capacity(1 << 18), texts: 0 };
    let (width, height) = (picture.size.width, picture.size.height);
    let [shown_width, shown_height] =
        [width, height].map(|side| number(f32::from(side) * picture.size.scale));
    let about = &picture.about;
    let (title, description) = (escaped(&about.title), escaped(&about.description()));
    // What is in an image cannot be reached by a keyboard or a screen reader, and links must be.
    let role = if picture.links.is_empty() { "img" } else { "group" };
    svg.add(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{shown_width}\" height=\"{shown_height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"{role}\" aria-labelledby=\"title description\" xml:lang=\"{}\">\n\
         <title id=\"title\">{title}</title>\n<desc id=\"description\">{description}</desc>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"{}\"/>\n",
        about.lang,
        picture.background.hex(),
    ));
    for (at, item) in picture.items.iter().enumerate() {
        for link in picture.links.iter().filter(|link| link.items.start == at && !link.items.is_empty()) {
            let (href, title) = (escaped(&link.href), escaped(&link.title));
            let quiet = if link.repeats { " tabindex=\"-1\" aria-hidden=\"true\"" } else { "" };
            svg.add(format_args!("<a href=\"{href}\" target=\"_top\"{quiet}><title>{title}</title>\n"));
        }
        svg.item(item);
        for _ in picture.links.iter().filter(|link| link.items.end == at + 1 && !link.items.is_empty()) {
            svg.out.push_str("</a>\n");
        }
    }
    svg.out.push_str("</svg>\n");
    svg.out.into_bytes()
}

struct Svg {
    out: String,
    texts: usize,
}

impl Svg {
    fn add(&mut self, text: std::fmt::Arguments<'_>) {
        self.out.write_fmt(text).expect("a text takes every text");
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Fill { path, color, smooth } => {
                let crisp = if *smooth { "" } else { " shape-rendering=\"crispEdges\"" };
                let paint = paint("fill", *color);
                self.add(format_args!("<path fill-rule=\"evenodd\"{paint}{crisp} d=\"{}\"/>\n", data(path)));
            }
            Item::Stroke { path, color, pen } => self.stroke(path, *color, pen),
            Item::Text(run) => self.text(run),
        }
    }

    fn stroke(&mut self, path: &Path, color: Color, pen: &Pen) {
        let data = data(path);
        if pen.blur <= 0.0 {
            let (paint, pen) = (paint("stroke", color), style(pen));
            self.add(format_args!("<path fill=\"none\"{paint}{pen} d=\"{data}\"/>\n"));
            return;
        }
        // Each line lies over the wider ones.
        let id = self.next();
        let plain = Pen { blur: 0.0, ..pen.clone() };
        for (at, (width, alpha)) in pen.layered(STEP, color.alpha).into_iter().enumerate() {
            let stroke = paint("stroke", Color { alpha, ..color });
            if at == 0 {
                // What is used again takes its paint from where it is used, so it has none itself.
                let shape = style(&Pen { width, ..plain.clone() });
                self.add(format_args!("<defs><path id=\"{id}\" d=\"{data}\"/></defs>\n<use href=\"#{id}\" fill=\"none\"{stroke}{shape}/>\n"));
            } else {
                let shape = style(&Pen { width, ..plain.clone() });
                self.add(format_args!("<use href=\"#{id}\" fill=\"none\"{stroke}{shape}/>\n"));
            }
        }
    }

    fn text(&mut self, run: &Run) {
        let mut path = PathBuilder::new();
        for outline in run.glyphs.iter().filter_map(|set| set.outline(run.size)) {
            path.push_path(&outline);
        }
        let Some(path) = path.finish() else { return };
        let (data, fill, label) = (data(&path), paint("fill", run.color), escaped(&run.text));
        match run.halo {
            Some((color, width)) => {
                let id = self.next();
                let stroke = paint("stroke", color);
                let width = number(width * 2.0);
                self.add(format_args!(
                    "<g role=\"img\" aria-label=\"{label}\"><defs><path id=\"{id}\" d=\"{data}\"/></defs>\
                     <use href=\"#{id}\" fill=\"none\"{stroke} stroke-width=\"{width}\" stroke-linejoin=\"round\"/>\
                     <use href=\"#{id}\"{fill}/></g>\n"
                ));
            }
            None => {
                self.add(format_args!("<path role=\"img\" aria-label=\"{label}\"{fill} d=\"{data}\"/>\n"));
            }
        }
    }

    fn next(&mut self) -> String {
        self.texts += 1;
        format!("p{}", self.texts)
    }
}

fn paint(what: &str, color: Color) -> String {
    let opacity = if color.alpha < 1.0 {
        format!(" {what}-opacity=\"{}\"", precise(color.alpha, 1000.0))
    } else {
        String::new()
    };
    format!(" {what}=\"{}\"{opacity}", color.hex())
}

fn style(pen: &Pen) -> String {
    let mut text = format!(" stroke-width=\"{}\"", number(pen.width));
    match pen.cap {
        Cap::Butt => {}
        Cap::Round => text.push_str(" stroke-linecap=\"round\""),
        Cap::Square => text.push_str(" stroke-linecap=\"square\""),
    }
    match pen.join {
        Join::Miter => text.push_str(" stroke-miterlimit=\"2\""),
        Join::Round => text.push_str(" stroke-linejoin=\"round\""),
        Join::Bevel => text.push_str(" stroke-linejoin=\"bevel\""),
    }
    if !pen.dashes.is_empty() {
        let dashes: Vec<_> = pen.dashes.iter().map(|dash| number(*dash)).collect();
        let _ = write!(text, " stroke-dasharray=\"{}\"", dashes.join(" "));
        if pen.phase != 0.0 {
            let _ = write!(text, " stroke-dashoffset=\"{}\"", number(pen.phase));
        }
    }
    text
}

/// A path as SVG writes it, to a hundredth of a pixel.
fn data(path: &Path) -> String {
    let mut text = String::new();
    for segment in path.segments() {
        let (letter, points) = match segment {
            PathSegment::MoveTo(a) => ('M', vec![a]),
            PathSegment::LineTo(a) => ('L', vec![a]),
            PathSegment::QuadTo(a, b) => ('Q', vec![a, b]),
            PathSegment::CubicTo(a, b, c) => ('C', vec![a, b, c]),
            PathSegment::Close => ('Z', Vec::new()),
        };
        text.push(letter);
        for (at, point) in points.into_iter().enumerate() {
            let between = if at == 0 { "" } else { " " };
            let _ = write!(text, "{between}{} {}", number(point.x), number(point.y));
        }
    }
    text
}

fn number(value: f32) -> String {
    precise(value, 100.0)
}

fn precise(value: f32, parts: f32) -> String {
    let rounded = (f64::from(value) * f64::from(parts)).round() / f64::from(parts);
    // No minus before nothing.
    (if rounded == 0.0 { 0.0 } else { rounded }).to_string()
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // What XML cannot hold at all.
            c if c.is_control() && c != '\n' && c != '\t' => out.push('\u{fffd}'),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let cases = [(1.0, "1"), (-0.001, "0"), (12.345, "12.35"), (-3.5, "-3.5"), (1e6, "1000000")];
        for (value, want) in cases {
            assert_eq!(number(value), want);
        }
    }

    #[test]
    fn words_cannot_break_out_of_their_place() {
        assert_eq!(escaped("a<b>&\"\u{1}c"), "a&lt;b&gt;&amp;&quot;\u{fffd}c");
    }
}
