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

/** The picture as a PNG of 256 colours: the means of the fullest cells of a coarse colour cube. A third of the size, same to the eye. */
export function encodeSmall({ width, height, at }: Picture): Buffer {
  const cells = new Map<number, { count: number; sum: [number, number, number] }>();
  const cellOf = ([r, g, b]: readonly number[]) => ((r! >> 3) << 10) | ((g! >> 3) << 5) | (b! >> 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const colour = at(x, y);
      const cell = cells.get(cellOf(colour)) ?? { count: 0, sum: [0, 0, 0] };
      cell.count += 1;
      colour.forEach((value, channel) => (cell.sum[channel]! += value));
      cells.set(cellOf(colour), cell);
    }
  }
  const palette = [...cells.values()].sort((a, b) => b.count - a.count).slice(0, 256).map(({ count, sum }) => sum.map((value) => Math.round(value / count)));
  const nearest = new Map<number, number>();
  const indexOf = (colour: readonly number[]) => {
    const cell = cellOf(colour);
    let index = nearest.get(cell);
    if (index === undefined) {
      const distances = palette.map((entry) => entry.reduce((sum, value, channel) => sum + (value - colour[channel]!) ** 2, 0));
      index = distances.indexOf(Math.min(...distances));
      nearest.set(cell, index);
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
