//! The words on a picture: those of the web app, so that both speak of things in the same way.

use crate::model::Lang;

/// Words in Chinese and English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word(pub &'static str, pub &'static str);

impl Word {
    /// The word in a language.
    #[must_use]
    pub fn say(self, lang: Lang) -> &'static str {
        lang.pick(self.0, self.1)
    }

    /// The word in a language, with a value at its place.
    #[must_use]
    pub fn with(self, lang: Lang, place: &str, value: &str) -> String {
        self.say(lang).replace(&format!("{{{place}}}"), value)
    }
}

/// Title of the legend.
pub const LEGEND: Word = Word("图例", "Legend");
/// Over core, axis and belts.
pub const STRUCTURE: Word = Word("空间格局", "Structure");
/// Over the shapes of signs.
pub const SHAPES: Word = Word("形状表示类型", "Shape shows the kind");
/// Over the fills of signs.
pub const FILLS: Word = Word("填充表示状态", "Fill shows the status");
/// Over everything else.
pub const LAYERS: Word = Word("图层", "Layers");
/// What dashed and soft edges mean.
pub const EDGES: Word = Word(
    "虚线或柔边表示示意精度，细实线表示实测精度。",
    "Dashed or soft edges are schematic; thin solid edges are surveyed.",
);
/// Before the notice of schematic accuracy.
pub const SCHEMATIC_TITLE: Word = Word("示意精度", "Schematic accuracy");
/// The notice of schematic accuracy.
const SCHEMATIC: Word =
    Word("{parts}为规划示意范围，不作为用地边界依据", "{parts} show planning intent, not legal boundaries");
/// The same of one core, axis or belt.
const SCHEMATIC_ONE: Word =
    Word("{parts}为规划示意范围，不作为用地边界依据", "{parts} shows planning intent, not legal boundaries");
/// The parts of the layout that the plan intends and no survey has measured, one and several of each.
const INTENDED: [(&str, [Word; 2]); 3] = [
    ("core", [Word("核", "core"), Word("核", "cores")]),
    ("axis", [Word("轴", "axis"), Word("轴", "axes")]),
    ("belt", [Word("带", "belt"), Word("带", "belts")]),
];

/// Is it a part that the plan intends and no survey has measured?
#[must_use]
pub fn is_intended(part: &str) -> bool {
    INTENDED.iter().any(|(known, _)| *known == part)
}

/// The notice of schematic accuracy, which names the parts that there are, by their number; none where there are none.
#[must_use]
pub fn schematic(lang: Lang, count: impl Fn(&str) -> usize) -> Option<String> {
    let counted = INTENDED.map(|(part, names)| (count(part), names));
    let named = counted.iter().filter(|(count, _)| *count > 0);
    let names: Vec<&str> =
        named.map(|(count, [one, many])| if *count == 1 { one } else { many }.say(lang)).collect();
    let (last, others) = names.split_last()?;
    let parts = match others {
        [] => (*last).to_owned(),
        others => format!("{}{}{last}", others.join(lang.pick("、", ", ")), lang.pick("、", " and ")),
    };
    let is_one = counted.iter().map(|(count, _)| count).sum::<usize>() == 1;
    let notice = if is_one { SCHEMATIC_ONE } else { SCHEMATIC };
    Some(format!(
        "{}{}{}",
        SCHEMATIC_TITLE.say(lang),
        lang.pick("：", ": "),
        notice.with(lang, "parts", &parts)
    ))
}
/// The notice of made-up features.
pub const SYNTHETIC: Word =
    Word("“{name}”是合成样例数据，不代表真实地块", "“{name}” is a synthetic sample, not real parcels");
/// Behind the name of a made-up layer.
pub const SYNTHETIC_SHORT: Word = Word("合成样例", "synthetic sample");
/// The date of the data.
pub const DATE: Word = Word("数据 {date}", "Data {date}");
/// The coordinate system.
pub const CRS: Word = Word("坐标系 WGS 84（经纬度）", "WGS 84 (longitude, latitude)");
/// The approval number.
pub const APPROVAL: Word = Word("审图号：{number}", "Map approval no. {number}");
/// Kilometres.
pub const KILOMETRE: Word = Word("公里", "km");
/// Metres.
pub const METRE: Word = Word("米", "m");

/// What a shape stands for.
#[must_use]
pub fn shape(id: &str) -> Option<Word> {
    Some(match id {
        "block" => Word("街区", "Block"),
        "park" => Word("园区", "Park"),
        "building" => Word("楼宇", "Building"),
        "zone" => Word("片区", "Area"),
        "facility" => Word("机构与设施", "Institution or facility"),
        "enterprise" => Word("企业", "Company"),
        "other" => Word("其他", "Other"),
        _ => return None,
    })
}

/// What a fill stands for.
#[must_use]
pub fn fill(id: &str) -> Option<Word> {
    Some(match id {
        "built" => Word("现状", "Existing"),
        "in-progress" => Word("建设或改造中", "In progress"),
        "planned" => Word("规划", "Planned"),
        "unknown" => Word("状态不明", "Unknown"),
        _ => return None,
    })
}

/// Where the scale holds, on pictures over which it varies. The web map, which can be moved, does not say it.
pub const SCALE_VARIES: Word = Word("图幅中部", "at the middle of the map");
/// North.
pub const NORTH: Word = Word("北", "N");
/// The projection.
pub const PROJECTION: Word = Word("投影 Web 墨卡托", "Web Mercator projection");
/// Parcels that were too many to be drawn.
pub const LEFT_OUT: Word = Word("地块过多，{count} 个未绘出", "too many parcels: {count} are not drawn");

#[cfg(test)]
mod tests {
    use super::*;

    /// The words that the web app has, too.
    fn shared() -> impl Iterator<Item = Word> {
        let shapes = ["block", "park", "building", "zone", "facility", "enterprise", "other"];
        let fills = ["built", "in-progress", "planned", "unknown"];
        let own = [
            LEGEND,
            STRUCTURE,
            SHAPES,
            FILLS,
            LAYERS,
            EDGES,
            SCHEMATIC_TITLE,
            SCHEMATIC,
            SCHEMATIC_ONE,
            SYNTHETIC,
            SYNTHETIC_SHORT,
            DATE,
            CRS,
            APPROVAL,
            KILOMETRE,
            METRE,
        ];
        own.into_iter().chain(shapes.into_iter().filter_map(shape)).chain(fills.into_iter().filter_map(fill))
    }

    #[test]
    fn only_parts_that_there_are_are_called_schematic() {
        let of = |lang, counts: [usize; 3]| {
            schematic(lang, |part| {
                INTENDED.iter().position(|(known, _)| *known == part).map_or(0, |at| counts[at])
            })
        };
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(of(Lang::Zh, [1, 1, 2]), said("示意精度：核、轴、带为规划示意范围，不作为用地边界依据"));
        assert_eq!(
            of(Lang::En, [1, 1, 2]),
            said("Schematic accuracy: core, axis and belts show planning intent, not legal boundaries")
        );
        assert_eq!(
            of(Lang::En, [0, 1, 0]),
            said("Schematic accuracy: axis shows planning intent, not legal boundaries")
        );
        assert_eq!(
            of(Lang::En, [2, 0, 1]),
            said("Schematic accuracy: cores and belt show planning intent, not legal boundaries")
        );
        assert_eq!(of(Lang::Zh, [0, 0, 0]), None);
    }

    #[test]
    fn the_fonts_have_every_character() {
        let words = shared().chain([SCALE_VARIES, NORTH, PROJECTION, LEFT_OUT]);
        let missing: Vec<_> =
            words.flat_map(|Word(zh, en)| [zh, en]).flat_map(crate::map::text::missing).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn words_are_those_of_the_web_app() {
        let (zh, en) = (include_str!("../../web/src/words/zh.ts"), include_str!("../../web/src/words/en.ts"));
        let absent: Vec<_> = shared()
            .filter(|Word(a, b)| !zh.contains(&format!("'{a}'")) || !en.contains(&format!("'{b}'")))
            .collect();
        assert!(absent.is_empty(), "{absent:?}");
    }
}
