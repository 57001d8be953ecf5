// The signs of the map: which shape and fill a place has, and how they are drawn. The same paths serve the map's images
// and the page's SVG, so list, legend and map cannot drift apart.
import type { Place } from '../catalogue';
import { text } from '../catalogue';

export const unitShapes = ['block', 'park', 'building'] as const;
export const otherShapes = ['zone', 'facility', 'enterprise', 'other'] as const;
export type Shape = (typeof unitShapes)[number] | (typeof otherShapes)[number];
export const fills = ['built', 'in-progress', 'planned', 'unknown'] as const;
export type Fill = (typeof fills)[number];

/** Outlines in a 26 by 26 box. */
export const shapePaths: Record<Shape, string> = {
  block: 'M8 4.5h10a3.5 3.5 0 0 1 3.5 3.5v10a3.5 3.5 0 0 1-3.5 3.5H8A3.5 3.5 0 0 1 4.5 18V8A3.5 3.5 0 0 1 8 4.5Z',
  park: 'M13 4a9 9 0 1 1 0 18a9 9 0 1 1 0-18Z',
  building: 'M13 3.4 22.4 11.4V21.6H3.6V11.4Z',
  zone: 'M8.4 4.6h9.2L22.4 13 17.6 21.4H8.4L3.6 13Z',
  facility: 'M13 3.4 22.6 13 13 22.6 3.4 13Z',
  enterprise: 'M13 3.8 23 21.4H3Z',
  other: 'M13 7a6 6 0 1 1 0 12a6 6 0 1 1 0-12Z',
};

/** Where the lower half of a shape begins, so that both halves look equally heavy. */
export const halfway: Partial<Record<Shape, number>> = { building: 14.2, enterprise: 15.2 };
export const signDashes = [3, 2];
const outline = 1.9;

export function shapeColour(shape: Shape): string {
  return (unitShapes as readonly string[]).includes(shape) ? `--${shape}` : '--tx2';
}

const facilityKinds = new Set(['carrier', 'site', 'campus', 'lab', 'platform', 'port', 'facility', 'park-green']);

export function shapeOf(place: Place): Shape {
  const kind = place.unit ?? text(place.properties['unit_type']) ?? text(place.properties['kind']) ?? '';
  if (kind === 'block' || kind === 'park' || kind === 'building') return kind;
  if (kind === 'zone' || kind === 'enterprise') return kind;
  if (facilityKinds.has(kind)) return 'facility';
  return place.collection.draw === 'facility' ? 'facility' : 'other';
}

export function fillOf(place: Place): Fill {
  switch (place.properties['lifecycle']) {
    case 'existing':
      return 'built';
    case 'under-construction':
    case 'renovate':
    case 'revitalise':
      return 'in-progress';
    case 'planned':
    case 'proposed':
      return 'planned';
    default:
      // Regions and the like have no status to be unknown.
      return 'lifecycle' in place.properties ? 'unknown' : 'built';
  }
}

export type Tokens = Record<string, string>;

const tokenNames = [
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
  const colour = tokens[shapeColour(shape).slice(2)]!;
  const margin = 2;
  return draw(26 + 2 * margin, (context) => {
    context.translate(margin, margin);
    const path = new Path2D(shapePaths[shape]);
    context.lineJoin = 'round';
    context.strokeStyle = context.fillStyle = tokens['halo']!;
    context.lineWidth = 5;
    context.stroke(path);
    context.fill(path);
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = outline;
    if (fill === 'built') context.fill(path);
    if (fill === 'in-progress') {
      context.save();
      context.clip(path);
      context.fillRect(0, halfway[shape] ?? 13, 26, 26);
      context.restore();
    }
    if (fill === 'planned') context.setLineDash(signDashes);
    context.stroke(path);
    if (fill === 'unknown') {
      context.font = '700 11px "EDZ Latin", sans-serif';
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillText('?', 13, shape === 'enterprise' ? 16 : 13.8);
    }
  });
}

/** Lines at 45 degrees that meet at the seams: leaning `/` for the first belt, `\` for the next. */
function hatch(colour: string, leaning: '/' | '\\'): ImageData {
  const side = 10;
  return draw(side, (context) => {
    context.strokeStyle = colour;
    context.globalAlpha = 0.42;
    context.lineWidth = 1.3;
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

/** Belts take their colours and hatches in turn, in the order of the plan. */
export const beltStyles = [
  { colour: 'smart', textColour: 'smart-text', hatch: 'hatch-0', leaning: '/' },
  { colour: 'emerging', textColour: 'emerging-text', hatch: 'hatch-1', leaning: '\\' },
] as const;

export function pictures(tokens: Tokens): Picture[] {
  const made: Picture[] = [];
  for (const shape of [...unitShapes, ...otherShapes]) {
    for (const fill of fills) made.push({ id: `${shape}-${fill}`, image: symbol(shape, fill, tokens), pixelRatio: sharpness });
  }
  for (const belt of beltStyles) made.push({ id: belt.hatch, image: hatch(tokens[belt.colour]!, belt.leaning), pixelRatio: sharpness });
  return made;
}
