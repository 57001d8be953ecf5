//! What a search costs among a million names and a million parcel numbers: making them ready, memory, and each kind of
//! request. A plain program, since a search is measured by its slowest hundredth, not by its mean.
//!
//! `INNOSPACE_BENCH_NAMES` says how many (1,000,000 when it is not set). Names are made up of characters that stand in place
//! names, the same every time, and kept under target/bench/.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on should stop, and says what it found"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use innospace::finder::{Ask, Finder};
use innospace::store::Store;

// The allocator of the program, so that its costs are those of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Characters of names, the frequent ones first.
const CHARACTERS: &str = "江湖山新城东西南北中大长河口沙阳武汉军车谷创智科技港关石金银龙凤云天星光明华兴安平和顺泰康宁福寿庆吉祥富强民生文昌盛德仁义礼信诚建设开发展望远海洋林木竹梅兰菊松柏杨柳桃李花草田园村庄桥路街巷里坊塘池溪泉井岗岭坡坪沟湾洲岛滩港汤沌枫桂影协周家老官万三角";
/// What names end with.
const ENDS: [&str; 12] =
    ["产业园", "科技园", "大厦", "中心", "小区", "路", "大道", "湖", "公园", "学校", "医院", "广场"];

fn main() {
    let count: usize = std::env::var("INNOSPACE_BENCH_NAMES").map_or(1_000_000, |n| n.parse().unwrap());
    let (folder, samples) = made(count);
    let catalog = Store::new(&folder).load(&mut |_| {}).unwrap().catalog;
    let began = Instant::now();
    let finder = Finder::build(&catalog, None);
    let took = began.elapsed();
    let (texts, bytes) = finder.size();
    println!("{texts} names and codes made ready in {took:.1?}, {} MB beside the data", bytes >> 20);
    println!(
        "{:28} {:>9} {:>9} {:>9} {:>9}  of requests",
        "what is typed", "p50 ms", "p95 ms", "p99 ms", "most ms"
    );
    for (what, queries) in samples {
        let mut took: Vec<f64> = queries
            .iter()
            .map(|typed| {
                let began = Instant::now();
                std::hint::black_box(finder.find(&Ask { text: typed.clone(), limit: 10, ..Ask::default() }));
                began.elapsed().as_secs_f64() * 1000.0
            })
            .collect();
        took.sort_by(f64::total_cmp);
        let at = |share: usize| took[(took.len() - 1) * share / 100];
        println!("{what:28} {:9.3} {:9.3} {:9.3} {:9.3}  {}", at(50), at(95), at(99), at(100), took.len());
    }
}

/// Numbers that look like chance, the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

/// The folder, and texts of each kind that one may type.
fn made(count: usize) -> (PathBuf, Vec<(&'static str, Vec<String>)>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("target/bench/names-{count}"));
    std::fs::create_dir_all(&folder).unwrap();
    let characters: Vec<char> = CHARACTERS.chars().collect();
    let mut dice = Dice(7);
    let mut text = String::from("{\"type\":\"FeatureCollection\",\"features\":[");
    let mut names = Vec::new();
    for number in 0..count {
        // The square of an even chance favours the front: some characters are frequent, as in real names.
        let mut pick =
            || characters[dice.below(characters.len()) * dice.below(characters.len()) / characters.len()];
        let mut name: String = (0..4).map(|_| pick()).collect();
        name.push_str(ENDS[dice.below(ENDS.len())]);
        let code = format!(
            "{}{:04}-{:03}",
            ["ZK", "ZY", "JS", "SM"][number % 4],
            number / 4000 % 10_000,
            number % 4000 / 4
        );
        if number % (count / 500).max(1) == 0 {
            names.push((name.clone(), code.clone()));
        }
        let comma = if number == 0 { "" } else { "," };
        write!(text, "{comma}{{\"type\":\"Feature\",\"id\":{number},\"geometry\":null,\"properties\":{{\"name\":\"{name}\",\"code\":\"{code}\"}}}}").unwrap();
    }
    text.push_str("]}");
    std::fs::write(folder.join("names.geojson"), text).unwrap();
    let manifest = "title = { zh = \"名\", en = \"names\" }\n[[layers]]\nid = \"names\"\nfile = \"names.geojson\"\n\
                    title = { zh = \"名\", en = \"names\" }\n[layers.fields.code]\nkind = \"text\"\nfind = \"code\"\n";
    std::fs::write(folder.join("catalog.toml"), manifest).unwrap();
    let typed = |of: &dyn Fn(&str, &str) -> String| names.iter().map(|(name, code)| of(name, code)).collect();
    let cut =
        |text: &str, from: usize, to: usize| text.chars().skip(from).take(to - from).collect::<String>();
    let samples = vec![
        ("a whole name", typed(&|name, _| name.to_owned())),
        ("how a name begins", typed(&|name, _| cut(name, 0, 3))),
        ("two characters inside", typed(&|name, _| cut(name, 1, 3))),
        ("one character", typed(&|name, _| cut(name, 0, 1))),
        ("a name with a character less", typed(&|name, _| format!("{}{}", cut(name, 0, 1), cut(name, 2, 9)))),
        (
            "a name with another character",
            typed(&|name, _| format!("{}鑫{}", cut(name, 0, 2), cut(name, 3, 9))),
        ),
        ("a name in another order", typed(&|name, _| format!("{}{}", cut(name, 4, 9), cut(name, 0, 4)))),
        ("a question", typed(&|name, _| format!("{name}在哪里"))),
        ("a parcel number", typed(&|_, code| code.to_owned())),
        ("how a number begins", typed(&|_, code| cut(code, 0, 6))),
        ("a number with a slip", typed(&|_, code| code.replacen('0', "O", 1))),
        (
            "pinyin of a region",
            typed(&|_, code| ["jianghu", "xincheng", "changjiang", "dahu"][code.len() % 4].to_owned()),
        ),
        (
            "pinyin with slips",
            typed(&|_, code| {
                ["jianguh", "xinchneg", "changjinag", "nantaizhihu"][usize::from(code.as_bytes()[8]) % 4]
                    .to_owned()
            }),
        ),
        (
            "first letters",
            typed(&|_, code| {
                ["jhxc", "wh", "dxnbcyy", "sxgy"][usize::from(code.as_bytes()[8]) % 4].to_owned()
            }),
        ),
        ("nothing there", typed(&|_, code| format!("qqxx{code}yyzz"))),
    ];
    (folder, samples)
}
