//! Shapes that belong to no layer of data, such as a picture is made of, as the layers of a tile.
//!
//! They come in tile units and without attributes, and are cut to the tile with its buffer, moved to the grid and mended
//! as features are. What the grid cannot tell is left out: a picture shows nothing of it.

use super::draw::{cut_edge, cut_ring, push_along, snapped};
use super::mvt::LayerBody;
use super::rings::{Cover, Rings, Spot};

/// A shape, positions in tile units from the upper left corner of the tile.
#[derive(Debug, Clone, PartialEq)]
pub enum Plain {
    /// What contours cover; the last position of each is not the first again.
    Areas(Vec<Vec<[f64; 2]>>, Cover),
    /// Lines.
    Lines(Vec<Vec<[f64; 2]>>),
}

/// The tile of named layers, in their order; empty when nothing of them shows.
#[must_use]
pub fn plain<'a>(layers: impl IntoIterator<Item = (&'a str, Vec<Plain>)>) -> Vec<u8> {
    let mut tile = Vec::new();
    for (name, shapes) in layers {
        let mut body = LayerBody::default();
        for shape in shapes {
            match shape {
                Plain::Areas(contours, by) => {
                    let rings = areas(contours, by);
                    if !rings.ends.is_empty() {
                        body.areas(None, &rings);
                    }
                }
                Plain::Lines(lines) => {
                    let lines = cut_lines(&lines);
                    if !lines.1.is_empty() {
                        body.lines(None, &lines);
                    }
                }
            }
        }
        body.finish(name, &mut tile);
    }
    tile
}

fn areas(contours: Vec<Vec<[f64; 2]>>, by: Cover) -> Rings {
    let mut scratch = Vec::new();
    let on_grid = |mut contour: Vec<[f64; 2]>| {
        cut_ring(&mut contour, &mut scratch);
        let mut spots: Vec<Spot> = contour.into_iter().map(snapped).collect();
        spots.dedup();
        (spots.len() > 2).then_some(spots)
    };
    let contours: Vec<Vec<Spot>> = contours.into_iter().filter_map(on_grid).collect();
    Rings::covered(&contours, by)
}

/// Spots of lines, and the end of each.
fn cut_lines(lines: &[Vec<[f64; 2]>]) -> (Vec<Spot>, Vec<usize>) {
    let (mut spots, mut ends) = (Vec::new(), Vec::new());
    for line in lines {
        let mut reached = None;
        let mut start = spots.len();
        for pair in line.windows(2) {
            let Some([from, to]) = cut_edge(pair[0], pair[1]) else { continue };
            if reached != Some(from) {
                start = end_line(&mut spots, &mut ends, start);
                push_along(&mut spots, start, snapped(from));
            }
            push_along(&mut spots, start, snapped(to));
            reached = Some(to);
        }
        end_line(&mut spots, &mut ends, start);
    }
    (spots, ends)
}

/// Ends the line from `start` on, unless it is a spot; the answer is where the next one starts.
fn end_line(spots: &mut Vec<Spot>, ends: &mut Vec<usize>, start: usize) -> usize {
    if spots.len() >= start + 2 {
        ends.push(spots.len());
    } else {
        spots.truncate(start);
    }
    spots.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(low: f64, high: f64) -> Vec<[f64; 2]> {
        vec![[low, low], [high, low], [high, high], [low, high]]
    }

    #[test]
    fn contours_cover_by_their_rule() {
        let nested = || vec![square(0.0, 90.0), square(30.0, 60.0)];
        let rings = |by| {
            let rings = areas(nested(), by);
            rings.iter().map(|(ring, is_shell)| (ring.len(), is_shell)).collect::<Vec<_>>()
        };
        assert_eq!(rings(Cover::Odd), [(4, true), (4, false)]);
        assert_eq!(rings(Cover::Wound), [(4, true)], "both wind the same way");
    }

    #[test]
    fn shapes_are_cut_to_the_tile_with_its_buffer() {
        let rings = areas(vec![square(-9000.0, 9000.0)], Cover::Odd);
        let spots: Vec<Spot> = rings.iter().flat_map(|(ring, _)| ring.to_vec()).collect();
        assert_eq!(spots.len(), 4);
        assert!(spots.iter().flatten().all(|at| [-64, 4160].contains(at)), "{spots:?}");
        let (spots, ends) =
            cut_lines(&[vec![[-100.0, 8.0], [10.0, 8.0], [5000.0, 8.0]], vec![[1.0, 1.0], [1.2, 1.2]]]);
        assert_eq!((spots, ends), (vec![[-64, 8], [4160, 8]], vec![2]));
    }

    #[test]
    fn what_does_not_show_makes_no_layer() {
        let far = Plain::Lines(vec![vec![[5000.0, 0.0], [6000.0, 0.0]]]);
        let small = Plain::Areas(vec![square(1.0, 1.2)], Cover::Odd);
        assert!(plain([("a", vec![far]), ("b", vec![small]), ("c", Vec::new())]).is_empty());
        // Layer c: 6 bytes of version and name, the feature, 3 of the extent.
        let tile = plain([("c", vec![Plain::Lines(vec![vec![[0.0, 0.0], [1.0, 0.0]]])])]);
        assert_eq!(tile[2..7], [15 << 3, 2, 1 << 3 | 2, 1, b'c']);
    }
}
