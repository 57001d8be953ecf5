//! Which rings are holes, and of which polygon, told by what lies in what.

use crate::geometry::place_in_ring;

/// A closed ring of positions.
type Positions = Vec<[f64; 2]>;

/// Rings as polygons: of each the shell, then its holes.
pub(super) struct Grouped {
    pub polygons: Vec<Vec<Positions>>,
    /// Which of the rings are holes.
    pub is_hole: Vec<bool>,
}

struct Ring {
    positions: Positions,
    doubled_area: f64,
    /// West, south, east, north.
    bounds: [f64; 4],
}

impl Ring {
    fn new(positions: Positions) -> Self {
        let bounds = positions.iter().fold(
            [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY],
            |[west, south, east, north], [x, y]| [west.min(*x), south.min(*y), east.max(*x), north.max(*y)],
        );
        Self { doubled_area: doubled_area(&positions), positions, bounds }
    }

    /// Does all of another lie in this? It is asked of rings that do not cross.
    fn holds(&self, other: &Self) -> bool {
        let ([west, south, east, north], inner) = (self.bounds, other.bounds);
        other.doubled_area < self.doubled_area
            && inner[0] >= west
            && inner[1] >= south
            && inner[2] <= east
            && inner[3] <= north
            && other
                .positions
                .iter()
                .copied()
                // All its positions are on the edge: the middle of one of its edges is not, or it is within as well.
                .chain(
                    other
                        .positions
                        .windows(2)
                        .map(|w| [0, 1].map(|axis| f64::midpoint(w[0][axis], w[1][axis]))),
                )
                .map(|at| place_in_ring(&self.positions, at))
                .find(|place| *place != 0)
                .is_none_or(|place| place > 0)
    }
}

/// Groups closed rings: one that lies in an odd number of others is a hole of the smallest of them.
pub(super) fn grouped(rings: Vec<Positions>) -> Grouped {
    let mut rings: Vec<Ring> = rings.into_iter().map(Ring::new).collect();
    // Of each ring how many hold it, and the smallest of them. A ring that holds another reaches as far west, and farther.
    let mut around: Vec<(usize, Option<usize>)> = vec![(0, None); rings.len()];
    let mut order: Vec<usize> = (0..rings.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (&rings[a], &rings[b]);
        a.bounds[0].total_cmp(&b.bounds[0]).then(b.doubled_area.total_cmp(&a.doubled_area))
    });
    let mut open: Vec<usize> = Vec::new();
    for at in order {
        open.retain(|&other| rings[other].bounds[2] >= rings[at].bounds[0]);
        let (count, smallest) = &mut around[at];
        for &other in open.iter().filter(|&&other| rings[other].holds(&rings[at])) {
            *count += 1;
            if smallest.is_none_or(|known| rings[other].doubled_area < rings[known].doubled_area) {
                *smallest = Some(other);
            }
        }
        open.push(at);
    }
    let is_hole: Vec<bool> = around.iter().map(|(count, _)| count % 2 == 1).collect();
    let mut polygons: Vec<Vec<Positions>> = Vec::new();
    let mut polygon_of: Vec<Option<usize>> = vec![None; rings.len()];
    for at in (0..rings.len()).filter(|&at| !is_hole[at]) {
        polygon_of[at] = Some(polygons.len());
        polygons.push(vec![std::mem::take(&mut rings[at].positions)]);
    }
    for at in (0..rings.len()).filter(|&at| is_hole[at]) {
        let hole = std::mem::take(&mut rings[at].positions);
        match around[at].1.and_then(|around| polygon_of[around]) {
            Some(polygon) => polygons[polygon].push(hole),
            // Rings that cross may hold each other in no order.
            None => polygons.push(vec![hole]),
        }
    }
    Grouped { polygons, is_hole }
}

/// Twice the area, in the units of the positions.
pub(super) fn doubled_area(ring: &[[f64; 2]]) -> f64 {
    let origin = ring.first().copied().unwrap_or_default();
    let cross = |w: &[[f64; 2]]| {
        (w[0][0] - origin[0]) * (w[1][1] - origin[1]) - (w[1][0] - origin[0]) * (w[0][1] - origin[1])
    };
    ring.windows(2).map(cross).sum::<f64>().abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_that_touch_are_told_apart() {
        let ring = |all: &[[f64; 2]]| Ring::new(all.to_vec());
        let shell = ring(&[[0.0, 0.0], [0.0, 4.0], [4.0, 4.0], [4.0, 0.0], [0.0, 0.0]]);
        // Its first position is on the edge of the shell, and so are all of the second.
        let inside = ring(&[[0.0, 2.0], [1.0, 3.0], [1.0, 1.0], [0.0, 2.0]]);
        let diamond = ring(&[[0.0, 2.0], [2.0, 4.0], [4.0, 2.0], [2.0, 0.0], [0.0, 2.0]]);
        let beside = ring(&[[4.0, 0.0], [4.0, 4.0], [6.0, 2.0], [4.0, 0.0]]);
        assert!(shell.holds(&inside) && shell.holds(&diamond) && !shell.holds(&beside));
        assert!(!inside.holds(&shell) && !shell.holds(&shell));
    }
}
