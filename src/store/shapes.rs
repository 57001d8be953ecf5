//! The positions of one feature as they come, before their kind is known.

use crate::geometry::{
    GeometryBuilder, GeometryFault, GeometryKind, RingNote, Steps, degrees, extend_on_grid,
};

/// How deeply positions are nested: 0 a position, 1 a list of positions, and so on.
pub(super) type Depth = u8;

/// The positions of one feature as they come, before their kind is known.
#[derive(Default)]
pub(super) struct Shapes {
    /// As long as all of them lie on the grid and have no altitude.
    steps: Vec<Steps>,
    /// Else.
    positions: Vec<[f64; 2]>,
    /// Do they stand in `positions`?
    is_free: bool,
    /// Metres beside `positions`, NaN where absent; those of the last ones may be missing.
    altitudes: Vec<f64>,
    /// Ends of the lists of positions.
    run_ends: Vec<usize>,
    /// Ends, in `run_ends`, of the lists of lists.
    polygon_ends: Vec<usize>,
    list: Vec<Shape>,
    is_collection: bool,
    /// A position that was pulled back to the edge of the world.
    pub(super) beyond: Option<[f64; 2]>,
}

struct Shape {
    kind: GeometryKind,
    positions: std::ops::Range<usize>,
    runs: std::ops::Range<usize>,
    polygons: std::ops::Range<usize>,
}

impl Shapes {
    pub(super) fn clear(&mut self) {
        self.steps.clear();
        self.positions.clear();
        self.is_free = false;
        self.altitudes.clear();
        self.run_ends.clear();
        self.polygon_ends.clear();
        self.list.clear();
        self.is_collection = false;
        self.beyond = None;
    }

    /// How many positions were added.
    fn len(&self) -> usize {
        if self.is_free { self.positions.len() } else { self.steps.len() }
    }

    /// Writes positions as degrees from here on.
    fn leave_grid(&mut self) {
        if !self.is_free {
            self.positions.extend(self.steps.drain(..).map(degrees));
            self.is_free = true;
        }
    }

    /// Adds a position on the grid.
    pub(super) fn push_steps(&mut self, at: Steps) {
        if self.is_free {
            self.push_free(degrees(at), f64::NAN);
        } else {
            self.steps.push(at);
        }
    }

    /// Adds a position.
    pub(super) fn push(&mut self, position: [f64; 2], metres: f64) {
        if !metres.is_nan() {
            self.leave_grid();
        }
        if self.is_free {
            self.push_free(position, metres);
        } else {
            self.extend(std::iter::once(position));
        }
    }

    /// Adds positions without altitude.
    pub(super) fn extend(&mut self, positions: impl Iterator<Item = [f64; 2]> + Clone) {
        if !self.is_free && extend_on_grid(&mut self.steps, positions.clone()) {
            return;
        }
        self.leave_grid();
        for position in positions {
            self.push_free(position, f64::NAN);
        }
    }

    /// Adds a position as degrees. Programs that compute positions overshoot the edge of the world by rounding; what lies
    /// less than a step of 1e-7 degree (1 cm) beyond is pulled back.
    fn push_free(&mut self, position: [f64; 2], metres: f64) {
        const STEP: f64 = 1e-7;
        let within = |value: f64, edge: f64| {
            if value.abs() > edge && value.abs() < edge + STEP { edge.copysign(value) } else { value }
        };
        let kept = [within(position[0], 180.0), within(position[1], 90.0)];
        if kept != position {
            self.beyond.get_or_insert(position);
        }
        if !metres.is_nan() {
            self.altitudes.resize(self.positions.len(), f64::NAN);
            self.altitudes.push(metres);
        }
        self.positions.push(kept);
    }

    /// Ends a list whose deepest is so deep; the answer is how deep the list is.
    pub(super) fn end_list(&mut self, inner: Option<Depth>) -> Option<Depth> {
        match inner {
            Some(0) => self.run_ends.push(self.len()),
            Some(1) => self.polygon_ends.push(self.run_ends.len()),
            _ => {}
        }
        inner.map(|depth| depth.saturating_add(1))
    }

    /// Begins a geometry.
    pub(super) fn open(&self) -> Open {
        Open {
            positions: self.len(),
            runs: self.run_ends.len(),
            polygons: self.polygon_ends.len(),
            kind: None,
            found: None,
            has_members: false,
        }
    }

    /// Ends a geometry, `is_nested` in a collection; an error says why it is none.
    pub(super) fn close(&mut self, open: &Open, is_nested: bool) -> Result<(), String> {
        let kind = open.kind.ok_or("the geometry has no type")?;
        if kind == GeometryKind::GeometryCollection {
            if !open.has_members {
                return Err("the GeometryCollection has no geometries".into());
            }
            self.is_collection |= !is_nested;
            return Ok(());
        }
        let (depth, expected) = named_depth(kind);
        match &open.found {
            // RFC 7946, 3.1: empty coordinates may be read as no geometry.
            Some(Node::List(None)) => Ok(()),
            Some(Node::List(Some(it))) if *it == depth => {
                self.list.push(Shape {
                    kind,
                    positions: open.positions..self.len(),
                    runs: open.runs..self.run_ends.len(),
                    polygons: open.polygons..self.polygon_ends.len(),
                });
                Ok(())
            }
            None => Err(format!("the {} has no coordinates", kind.name())),
            Some(_) => Err(format!("coordinates of a {} must be {expected}", kind.name())),
        }
    }

    /// Puts the geometry into the layer; the answer says what was odd about its rings, each thing once.
    pub(super) fn put(&mut self, builder: &mut GeometryBuilder) -> Result<RingNote, GeometryFault> {
        let mut odd = RingNote { turned: false, crosses_near: None };
        if self.list.iter().any(|shape| !shape.kind.is_areal()) {
            self.leave_grid();
        }
        if !self.altitudes.is_empty() {
            self.altitudes.resize(self.positions.len(), f64::NAN);
        }
        for shape in &self.list {
            let mut start = shape.positions.start;
            let mut next_run = |run: usize| {
                let at = start..self.run_ends[run];
                start = at.end;
                at
            };
            match shape.kind {
                GeometryKind::Point | GeometryKind::MultiPoint => {
                    for at in shape.positions.clone() {
                        let altitude = self.altitudes.get(at).copied().filter(|metres| !metres.is_nan());
                        builder.point(self.positions[at], altitude)?;
                    }
                }
                GeometryKind::LineString | GeometryKind::MultiLineString => {
                    for run in shape.runs.clone() {
                        let at = next_run(run);
                        builder
                            .line(&self.positions[at.clone()], self.altitudes.get(at).unwrap_or_default())?;
                    }
                }
                GeometryKind::Polygon | GeometryKind::MultiPolygon => {
                    let (mut shell, mut polygon) = (true, shape.polygons.start);
                    for run in shape.runs.clone() {
                        let at = next_run(run);
                        let note = if self.is_free {
                            let altitudes = self.altitudes.get_mut(at.clone()).unwrap_or_default();
                            builder.ring(&mut self.positions[at], altitudes, shell)?
                        } else {
                            builder.ring_on_grid(&mut self.steps[at], shell)?
                        };
                        odd.turned |= note.turned;
                        odd.crosses_near = odd.crosses_near.or(note.crosses_near);
                        shell = self.polygon_ends[polygon] == run + 1;
                        polygon += usize::from(shell);
                    }
                }
                GeometryKind::GeometryCollection => {}
            }
            builder.end_member(shape.kind);
        }
        builder.finish(self.is_collection)?;
        Ok(odd)
    }
}

/// A geometry that is being read: where its positions begin, and what its members said so far.
pub(super) struct Open {
    positions: usize,
    runs: usize,
    polygons: usize,
    pub(super) kind: Option<GeometryKind>,
    pub(super) found: Option<Node>,
    pub(super) has_members: bool,
}

/// A number, or a list with the depth of its deepest; `None` when it is empty.
pub(super) enum Node {
    Number(f64),
    List(Option<Depth>),
}

fn named_depth(kind: GeometryKind) -> (Depth, &'static str) {
    match kind {
        GeometryKind::Point => (0, "a position"),
        GeometryKind::MultiPoint | GeometryKind::LineString => (1, "an array of positions"),
        GeometryKind::MultiLineString | GeometryKind::Polygon => (2, "an array of arrays of positions"),
        GeometryKind::MultiPolygon => (3, "an array of polygons, each an array of rings"),
        GeometryKind::GeometryCollection => (0, "absent"),
    }
}
