//! Which of two edges crosses a third first? Exact.
//!
//! In: edges of doubles. Out: an order. A filter of plain arithmetic answers almost always; what is too close is
//! computed with sums of doubles that lose nothing (J. R. Shewchuk, Adaptive Precision Floating-Point
//! Arithmetic, 1997). Leaves out: edges that do not cross, which have no order.

use std::cmp::Ordering;

use super::topology::{Edge, Position};

/// The order, along `edge` from `a` to `b`, of the positions where `first` and `second` properly cross it.
pub(super) fn order_of_crossings(edge: &Edge, first: &Edge, second: &Edge) -> Ordering {
    // The crossing with an edge lies the share p / (p + q) along, p and q being the distances of the ends from
    // that edge's line; p1 / (p1 + q1) < p2 / (p2 + q2) just when p1 q2 < p2 q1.
    let (p1, q1) = (Turn::of(first, edge.a), Turn::of(first, edge.b));
    let (p2, q2) = (Turn::of(second, edge.a), Turn::of(second, edge.b));
    let (left, right) = ((p1.value * q2.value).abs(), (p2.value * q1.value).abs());
    let error = p1.error * (q2.value.abs() + q2.error)
        + q2.error * p1.value.abs()
        + p2.error * (q1.value.abs() + q1.error)
        + q1.error * p2.value.abs()
        + 4.0 * f64::EPSILON * (left + right);
    if (left - right).abs() > error {
        return left.total_cmp(&right);
    }
    let exact = |edge: &Edge, c| magnitude(turn(edge.a, edge.b, c));
    let left = product(&exact(first, edge.a), &exact(second, edge.b));
    let right = product(&exact(second, edge.a), &exact(first, edge.b));
    let difference = sum(&left, &negative(&right));
    leading(&difference).total_cmp(&0.0)
}

/// Twice the area of a triangle, and how wrong it may be.
struct Turn {
    value: f64,
    error: f64,
}

impl Turn {
    fn of(edge: &Edge, c: Position) -> Self {
        let (a, b) = (edge.a, edge.b);
        let left = (a[0] - c[0]) * (b[1] - c[1]);
        let right = (a[1] - c[1]) * (b[0] - c[0]);
        Self { value: left - right, error: 4.0 * f64::EPSILON * (left.abs() + right.abs()) }
    }
}

/// A sum of doubles that do not overlap, the least first.
type Expansion = Vec<f64>;

fn turn(a: Position, b: Position, c: Position) -> Expansion {
    let difference = |x: f64, y: f64| sum(&[x], &[-y]);
    let left = product(&difference(a[0], c[0]), &difference(b[1], c[1]));
    let right = product(&difference(a[1], c[1]), &difference(b[0], c[0]));
    sum(&left, &negative(&right))
}

fn negative(a: &[f64]) -> Expansion {
    a.iter().map(|x| -x).collect()
}

fn magnitude(a: Expansion) -> Expansion {
    if leading(&a) < 0.0 { negative(&a) } else { a }
}

/// The greatest part, which has the sign of all; 0 for nothing.
fn leading(a: &[f64]) -> f64 {
    // Adding 0 takes the sign from a zero.
    a.last().map_or(0.0, |x| x + 0.0)
}

fn sum(a: &[f64], b: &[f64]) -> Expansion {
    b.iter().fold(a.to_vec(), |total, &part| grow(&total, part))
}

fn grow(a: &[f64], part: f64) -> Expansion {
    let mut grown = Vec::with_capacity(a.len() + 1);
    let mut carry = part;
    for &x in a {
        let total = carry + x;
        let of_x = total - carry;
        let rest = (carry - (total - of_x)) + (x - of_x);
        if rest != 0.0 {
            grown.push(rest);
        }
        carry = total;
    }
    if carry != 0.0 {
        grown.push(carry);
    }
    grown
}

fn product(a: &[f64], b: &[f64]) -> Expansion {
    let mut total = Vec::new();
    for &x in a {
        for &y in b {
            let high = x * y;
            total = grow(&grow(&total, x.mul_add(y, -high)), high);
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(a: Position, b: Position) -> Edge {
        Edge { a, b, area: 0 }
    }

    #[test]
    fn crossings_are_ordered_to_the_last_bit() {
        let base = edge([0.0, 0.0], [3.0, 3.0]);
        // All three pass (1.5, 1.5).
        let (first, second) = (edge([0.0, 3.0], [3.0, 0.0]), edge([1.0, 2.0], [2.0, 1.0]));
        assert_eq!(order_of_crossings(&base, &first, &second), Ordering::Equal);
        let tilted = edge([1.0, 2.0], [2.0, 1.0 + f64::EPSILON]);
        assert_eq!(order_of_crossings(&base, &first, &tilted), Ordering::Less);
        assert_eq!(order_of_crossings(&base, &tilted, &first), Ordering::Greater);
        let back = edge(base.b, base.a);
        assert_eq!(order_of_crossings(&back, &first, &tilted), Ordering::Greater);
    }

    #[test]
    fn thirds_meet_where_no_double_is() {
        // (0,1)-(1,0), (0,0)-(1,2) and (0,2/3)-(2/3,2/3) would meet at (1/3, 2/3); on threefold coordinates they do.
        let base = edge([0.0, 0.0], [0.1, 0.2]);
        let (first, second) = (edge([0.0, 0.1], [0.1, 0.0]), edge([-0.1, 0.2], [0.2, -0.1]));
        // 0.1 + 0.1 is 0.2 to the bit, and so is the line of both; the order is equal or the doubles are not collinear.
        let collinear = super::super::ring::side(first.a, first.b, second.a) == 0.0
            && super::super::ring::side(first.a, first.b, second.b) == 0.0;
        assert_eq!(order_of_crossings(&base, &first, &second) == Ordering::Equal, collinear);
    }
}
