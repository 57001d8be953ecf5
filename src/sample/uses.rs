//! What is built, and of what kind.

/// A land use of the national classification of 2023 (国土空间调查、规划、用途管制用地用海分类指南) and the
/// ranges its indicators are drawn from. `M0` is a local pilot class, not a national one.
pub(super) struct Use {
    pub(super) code: &'static str,
    pub(super) zh: &'static str,
    pub(super) en: &'static str,
    /// Building density, per cent.
    pub(super) density: [u32; 2],
    pub(super) storeys: [u32; 2],
    /// Green ratio, per cent.
    pub(super) green: [u32; 2],
    /// Highest floor area ratio, in hundredths.
    pub(super) far_max: u32,
    /// Height of a storey, in decimetres.
    pub(super) storey_dm: u32,
    /// Is it let and sold as industrial ground is?
    pub(super) industrial: bool,
}

#[rustfmt::skip]
pub(super) const USES: [Use; 26] = [
    Use { code: "0701", zh: "城镇住宅用地", en: "urban residential", density: [16, 30], storeys: [6, 33], green: [28, 40], far_max: 320, storey_dm: 30, industrial: false },
    Use { code: "0801", zh: "机关团体用地", en: "government and associations", density: [22, 35], storeys: [3, 12], green: [25, 38], far_max: 250, storey_dm: 36, industrial: false },
    Use { code: "0802", zh: "科研用地", en: "scientific research", density: [25, 38], storeys: [4, 16], green: [25, 38], far_max: 300, storey_dm: 40, industrial: true },
    Use { code: "0803", zh: "文化用地", en: "culture", density: [25, 40], storeys: [2, 5], green: [25, 35], far_max: 180, storey_dm: 50, industrial: false },
    Use { code: "0804", zh: "教育用地", en: "education", density: [18, 30], storeys: [3, 6], green: [30, 42], far_max: 120, storey_dm: 38, industrial: false },
    Use { code: "0805", zh: "体育用地", en: "sports", density: [15, 35], storeys: [1, 3], green: [25, 40], far_max: 90, storey_dm: 80, industrial: false },
    Use { code: "0806", zh: "医疗卫生用地", en: "health care", density: [22, 32], storeys: [4, 16], green: [28, 40], far_max: 280, storey_dm: 40, industrial: false },
    Use { code: "0807", zh: "社会福利用地", en: "social welfare", density: [20, 30], storeys: [3, 8], green: [30, 42], far_max: 180, storey_dm: 33, industrial: false },
    Use { code: "0901", zh: "商业用地", en: "commercial", density: [35, 55], storeys: [2, 8], green: [10, 22], far_max: 350, storey_dm: 48, industrial: false },
    Use { code: "0902", zh: "商务金融用地", en: "business and finance", density: [28, 45], storeys: [10, 38], green: [15, 28], far_max: 650, storey_dm: 42, industrial: false },
    Use { code: "0903", zh: "娱乐用地", en: "entertainment", density: [30, 45], storeys: [1, 4], green: [15, 28], far_max: 160, storey_dm: 60, industrial: false },
    Use { code: "100101", zh: "一类工业用地", en: "industrial, class 1", density: [40, 58], storeys: [1, 5], green: [10, 20], far_max: 250, storey_dm: 60, industrial: true },
    Use { code: "100102", zh: "二类工业用地", en: "industrial, class 2", density: [42, 60], storeys: [1, 3], green: [10, 20], far_max: 180, storey_dm: 80, industrial: true },
    Use { code: "100103", zh: "三类工业用地", en: "industrial, class 3", density: [38, 55], storeys: [1, 2], green: [12, 20], far_max: 120, storey_dm: 90, industrial: true },
    Use { code: "M0", zh: "新型工业用地", en: "new-type industrial (local pilot)", density: [35, 50], storeys: [5, 14], green: [12, 22], far_max: 400, storey_dm: 45, industrial: true },
    Use { code: "1101", zh: "物流仓储用地", en: "logistics and storage", density: [45, 62], storeys: [1, 3], green: [8, 15], far_max: 180, storey_dm: 90, industrial: true },
    Use { code: "1208", zh: "交通场站用地", en: "transport stations and yards", density: [8, 25], storeys: [1, 3], green: [10, 20], far_max: 60, storey_dm: 50, industrial: false },
    Use { code: "1302", zh: "排水用地", en: "drainage", density: [10, 25], storeys: [1, 2], green: [25, 35], far_max: 40, storey_dm: 45, industrial: false },
    Use { code: "1303", zh: "供电用地", en: "power supply", density: [15, 35], storeys: [1, 3], green: [15, 25], far_max: 80, storey_dm: 45, industrial: false },
    Use { code: "1309", zh: "环卫用地", en: "sanitation", density: [15, 35], storeys: [1, 3], green: [20, 30], far_max: 80, storey_dm: 45, industrial: false },
    Use { code: "1310", zh: "消防用地", en: "fire service", density: [20, 35], storeys: [2, 5], green: [15, 25], far_max: 120, storey_dm: 40, industrial: false },
    Use { code: "1401", zh: "公园绿地", en: "park", density: [0, 5], storeys: [1, 2], green: [70, 90], far_max: 10, storey_dm: 40, industrial: false },
    Use { code: "1402", zh: "防护绿地", en: "protective green", density: [0, 1], storeys: [1, 1], green: [85, 98], far_max: 2, storey_dm: 35, industrial: false },
    Use { code: "1403", zh: "广场用地", en: "square", density: [0, 6], storeys: [1, 1], green: [35, 55], far_max: 8, storey_dm: 45, industrial: false },
    Use { code: "1207", zh: "城镇村道路用地", en: "urban and village roads", density: [0, 0], storeys: [1, 1], green: [5, 20], far_max: 10, storey_dm: 0, industrial: false },
    Use { code: "16", zh: "留白用地", en: "reserved, use undecided", density: [0, 0], storeys: [0, 0], green: [0, 0], far_max: 0, storey_dm: 0, industrial: false },
];

/// Use 16 has no indicators until its use is decided.
pub(super) const RESERVED: u8 = 25;

/// What a block is for: places in [`USES`], and how it is split along and across its longer side.
pub(super) struct Kind {
    pub(super) main: &'static [u8],
    pub(super) company: &'static [u8],
    pub(super) along: [u32; 2],
    pub(super) across: [u32; 2],
}

pub(super) const HOMES: Kind =
    Kind { main: &[0], company: &[8, 4, 21, 7, 0, 8, 1, 16], along: [2, 4], across: [2, 2] };
pub(super) const SHOPS: Kind =
    Kind { main: &[8], company: &[9, 10, 23, 16, 0, 21], along: [3, 5], across: [2, 2] };
pub(super) const OFFICES: Kind =
    Kind { main: &[9], company: &[8, 23, 2, 3, 8, 21, 24], along: [3, 4], across: [2, 2] };
pub(super) const CIVIC: Kind =
    Kind { main: &[4, 6, 3, 5, 1, 4], company: &[0, 21, 7, 8, 20], along: [1, 3], across: [1, 2] };
pub(super) const PARK: Kind = Kind { main: &[21], company: &[23, 22, 5, 21], along: [1, 2], across: [1, 1] };
pub(super) const LABS: Kind =
    Kind { main: &[2], company: &[14, 9, 4, 21, 14, 8], along: [2, 4], across: [1, 2] };
pub(super) const MIXED: Kind =
    Kind { main: &[14], company: &[2, 11, 15, 8, 14, 21], along: [1, 3], across: [1, 2] };
pub(super) const WORKS: Kind = Kind {
    main: &[12, 11, 12, 11, 12, 11, 13],
    company: &[15, 18, 22, 19, 11, 12],
    along: [1, 3],
    across: [1, 2],
};
pub(super) const STORES: Kind =
    Kind { main: &[15], company: &[12, 16, 19, 15, 24], along: [2, 3], across: [1, 2] };
pub(super) const YARDS: Kind =
    Kind { main: &[16, 17, 18], company: &[20, 19, 18, 22], along: [1, 2], across: [1, 2] };
pub(super) const BELT: Kind = Kind { main: &[22], company: &[21, 22], along: [1, 2], across: [1, 1] };
pub(super) const OPEN: Kind =
    Kind { main: &[RESERVED], company: &[RESERVED, 22], along: [1, 2], across: [1, 2] };

/// What a unit is like: sixteen sixteenths of its blocks, and its blocks per side against the plain number.
pub(super) struct Quarter {
    pub(super) blocks: [&'static Kind; 16],
    pub(super) finer: i64,
}

#[rustfmt::skip]
pub(super) const CENTRE: Quarter = Quarter { finer: 1, blocks: [&OFFICES, &OFFICES, &OFFICES, &OFFICES, &OFFICES, &SHOPS, &SHOPS, &SHOPS, &SHOPS, &HOMES, &HOMES, &HOMES, &CIVIC, &CIVIC, &PARK, &PARK] };
#[rustfmt::skip]
pub(super) const DWELLING: Quarter = Quarter { finer: 0, blocks: [&HOMES, &HOMES, &HOMES, &HOMES, &HOMES, &HOMES, &HOMES, &HOMES, &HOMES, &SHOPS, &SHOPS, &CIVIC, &CIVIC, &CIVIC, &PARK, &OPEN] };
#[rustfmt::skip]
pub(super) const SCIENCE: Quarter = Quarter { finer: 0, blocks: [&LABS, &LABS, &LABS, &LABS, &LABS, &LABS, &MIXED, &MIXED, &MIXED, &MIXED, &OFFICES, &OFFICES, &HOMES, &CIVIC, &PARK, &OPEN] };
#[rustfmt::skip]
pub(super) const INDUSTRY: Quarter = Quarter { finer: -1, blocks: [&WORKS, &WORKS, &WORKS, &WORKS, &WORKS, &WORKS, &WORKS, &WORKS, &WORKS, &MIXED, &MIXED, &STORES, &YARDS, &LABS, &BELT, &OPEN] };
#[rustfmt::skip]
pub(super) const FREIGHT: Quarter = Quarter { finer: -1, blocks: [&STORES, &STORES, &STORES, &STORES, &STORES, &STORES, &STORES, &STORES, &WORKS, &WORKS, &WORKS, &WORKS, &YARDS, &YARDS, &BELT, &OPEN] };
