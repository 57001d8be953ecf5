// The signs of the map: which shape and fill a place has, and how they are drawn. symbols.json holds the outlines, which
// the service draws, too; the same paths serve the map's images and the page's SVG, so that they cannot drift apart.
//
// symbols.json: lengths are pixels of a sign of `box` pixels. Of each shape, the lower half begins at `halfway`, so that
// both halves look equally heavy, and the middle of the mark for an unknown status lies at `mark`. `kinds` and
// `lifecycles` tell which kind has which shape and which status which fill. The service
// gives the types of units of a plan their shapes, by `unitTypes`. Belts take the hatches in turn, lines at 45
// degrees that meet at the seams.
import { says, text, type Collection, type DrawRole, type Place } from '../catalogue';
import symbols from './symbols.json' with { type: 'json' };

export const unitShapes = ['block', 'park', 'building'] as const;
export type Shape = keyof typeof symbols.shapes;
/** Roles drawn as signs at a point, whatever their extent. */
export const pointRoles = new Set<DrawRole>(['site', 'facility', 'region']);
export const fills = ['built', 'in-progress', 'planned', 'unknown'] as const;
export type Fill = (typeof fills)[number];

const { box, margin, outline, shapes } = symbols;
const shapeNames = Object.keys(shapes) as Shape[];
export const signDashes = symbols.planned.dashes;

/** The outline of a shape in a 26 by 26 box. */
export const shapePath = (shape: Shape): string => shapes[shape].path;
/** Where the lower half of a shape begins. */
export const halfway = (shape: Shape): number => shapes[shape].halfway;
export const shapeColour = (shape: Shape): string => `--${shapes[shape].colour}`;

const shapeOfKind = symbols.kinds as Partial<Record<string, Shape>>;
const fillOfLifecycle = symbols.lifecycles as Partial<Record<string, Fill>>;

/** A shape that the service names, where this page knows it. */
export const shapeNamed = (name: string | undefined): Shape | null => shapeNames.find((shape) => shape === name) ?? null;

/** The sign of a feature of some type or kind: that of its type of units in the plan, else that of its kind. */
export function shapeIn({ signs, draw }: Pick<Collection, 'signs' | 'draw'>, type: string | null, kind: string | null): Shape {
  return shapeNamed(type === null ? undefined : signs[type]) ?? shapeOfKind[type ?? kind ?? ''] ?? (draw === 'facility' ? 'facility' : 'other');
}

export const shapeOf = ({ unit, properties, collection }: Place): Shape => shapeIn(collection, unit ?? text(properties['unit_type']), text(properties['kind']));

/** Those of some collections whose features are drawn as signs. */
export const drawnAsSigns = (collections: readonly Collection[]): Collection[] => collections.filter(({ draw, count }) => pointRoles.has(draw) && count > 0);

/** The signs that features of some collections may have. */
export function possibleShapes(collections: readonly Collection[]): ReadonlySet<Shape> {
  const drawn = drawnAsSigns(collections);
  const tell = drawn.some((collection) => says(collection, 'unit_type') || says(collection, 'kind'));
  return new Set(tell ? shapeNames : drawn.map((collection) => shapeIn(collection, null, null)));
}

export function fillOf(place: Place): Fill {
  // Regions and the like have no status to be unknown.
  if (!('lifecycle' in place.properties)) return 'built';
  return fillOfLifecycle[String(place.properties['lifecycle'])] ?? 'unknown';
}

export type Tokens = Record<string, string>;

export const tokenNames = [
  'bg', 'tx', 'tx2', 'core', 'axis', 'smart', 'emerging', 'smart-text', 'emerging-text', 'block', 'park', 'building', 'hit', 'sel', 'land',
  'outside', 'water', 'water-line', 'water-text', 'green', 'road', 'road-case', 'road-minor', 'mway', 'mway-case', 'boundary', 'parcel',
  'parcel-line', 'halo',
];

export function readTokens(): Tokens {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(tokenNames.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

const sharpness = 2;
export type Picture = { id: string; image: ImageData; pixelRatio: number };

function draw(size: number, paint: (context: CanvasRenderingContext2D) => void): ImageData {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size * sharpness;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2D drawing');
  context.scale(sharpness, sharpness);
  paint(context);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

function symbol(shape: Shape, fill: Fill, tokens: Tokens): ImageData {
  const colour = tokens[shapes[shape].colour]!;
  return draw(box + 2 * margin, (context) => {
    context.translate(margin, margin);
    const path = new Path2D(shapePath(shape));
    context.lineJoin = 'round';
    context.strokeStyle = context.fillStyle = tokens[symbols.halo.colour]!;
    context.lineWidth = symbols.halo.width;
    context.stroke(path);
    context.fill(path);
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = outline;
    if (fill === 'built') context.fill(path);
    if (fill === 'in-progress') {
      context.save();
      context.clip(path);
      context.fillRect(0, halfway(shape), box, box);
      context.restore();
    }
    if (fill === 'planned') context.setLineDash(signDashes);
    context.stroke(path);
    if (fill === 'unknown') {
      const { text, size, weight } = symbols.unknown;
      context.font = `${weight} ${size}px "EDZ Latin", sans-serif`;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillText(text, box / 2, shapes[shape].mark);
    }
  });
}

function hatch(colour: string, leaning: string): ImageData {
  const { side, width, opacity } = symbols.hatch;
  return draw(side, (context) => {
    context.strokeStyle = colour;
    context.globalAlpha = opacity;
    context.lineWidth = width;
    if (leaning === '\\') {
      context.translate(side, 0);
      context.scale(-1, 1);
    }
    context.beginPath();
    for (const shift of [-side, 0, side]) {
      context.moveTo(shift - 2, side + 2);
      context.lineTo(shift + side + 2, -2);
    }
    context.stroke();
  });
}

export function pictures(tokens: Tokens): Picture[] {
  const signs = shapeNames.flatMap((shape) => fills.map((fill) => ({ id: `${shape}-${fill}`, image: symbol(shape, fill, tokens), pixelRatio: sharpness })));
  const hatches = symbols.hatches.map(({ id, colour, leaning }) => ({ id, image: hatch(tokens[colour]!, leaning), pixelRatio: sharpness }));
  return [...signs, ...hatches];
}
