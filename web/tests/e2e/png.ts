// Just enough PNG to look at pixels of a screenshot and to keep a small copy of it.
import { crc32, deflateSync, inflateSync } from 'node:zlib';

export interface Picture { width: number; height: number; at: (x: number, y: number) => [number, number, number] }

/** A PNG of Chromium (8 bits, RGB or RGBA, not interlaced) as pixels. */
export function decode(png: Buffer): Picture {
  let width = 0;
  let height = 0;
  let channels = 4;
  const data: Buffer[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const chunk = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') [width, height, channels] = [chunk.readUInt32BE(0), chunk.readUInt32BE(4), chunk[9] === 2 ? 3 : 4];
    if (type === 'IDAT') data.push(chunk);
    at += 12 + length;
  }
  const raw = inflateSync(Buffer.concat(data));
  const stride = width * channels;
  const pixels = Buffer.alloc(stride * height);
  for (let row = 0; row < height; row++) {
    const filter = raw[row * (stride + 1)]!;
    for (let column = 0; column < stride; column++) {
      const left = column >= channels ? pixels[row * stride + column - channels]! : 0;
      const up = row > 0 ? pixels[(row - 1) * stride + column]! : 0;
      const corner = row > 0 && column >= channels ? pixels[(row - 1) * stride + column - channels]! : 0;
      const estimate = left + up - corner;
      const [dl, du, dc] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)];
      const paeth = dl <= du && dl <= dc ? left : du <= dc ? up : corner;
      const added = [0, left, up, (left + up) >> 1, paeth][filter]!;
      pixels[row * stride + column] = (raw[row * (stride + 1) + 1 + column]! + added) & 255;
    }
  }
  return { width, height, at: (x, y) => [0, 1, 2].map((channel) => pixels[Math.round(y) * stride + Math.round(x) * channels + channel]!) as [number, number, number] };
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

/**
 * The picture as a PNG of 256 colours, a third of the size: the commonest colours as they are, which keeps every plain
 * surface exact, and for the rest the means of the fullest cells of a coarse colour cube.
 */
export function encodeSmall({ width, height, at }: Picture): Buffer {
  type Colour = [number, number, number];
  const exact = new Map<number, { count: number; colour: Colour }>();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const colour = at(x, y);
      const key = (colour[0] << 16) | (colour[1] << 8) | colour[2];
      const entry = exact.get(key);
      if (entry) entry.count += 1;
      else exact.set(key, { count: 1, colour });
    }
  }
  const common = [...exact.values()].sort((a, b) => b.count - a.count);
  const cells = new Map<number, { count: number; sum: Colour }>();
  for (const { count, colour } of common.slice(96)) {
    const key = ((colour[0] >> 4) << 8) | ((colour[1] >> 4) << 4) | (colour[2] >> 4);
    const cell = cells.get(key) ?? { count: 0, sum: [0, 0, 0] };
    cell.count += count;
    colour.forEach((value, channel) => (cell.sum[channel]! += value * count));
    cells.set(key, cell);
  }
  const means = [...cells.values()].sort((a, b) => b.count - a.count).map(({ count, sum }) => sum.map((value) => Math.round(value / count)) as Colour);
  const palette = [...common.slice(0, 96).map(({ colour }) => colour), ...means].slice(0, 256);
  const nearest = new Map<number, number>();
  const indexOf = (colour: Colour) => {
    const key = (colour[0] << 16) | (colour[1] << 8) | colour[2];
    let index = nearest.get(key);
    if (index === undefined) {
      const distances = palette.map((entry) => entry.reduce((sum, value, channel) => sum + (value - colour[channel]!) ** 2, 0));
      index = distances.indexOf(Math.min(...distances));
      nearest.set(key, index);
    }
    return index;
  };
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = indexOf(at(x, y));
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 3, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('PLTE', Buffer.from(palette.flat())), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}
