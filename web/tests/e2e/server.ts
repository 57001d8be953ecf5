// Starts the real program on a free port before the tests and stops exactly that process after them.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const inRepository = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** The program under test. */
export const programAt = () => process.env['INNOSPACE_BIN'] ?? inRepository('target/release/innospace');

/** The program over a data folder: its address, and how to stop it. */
export async function serve(data: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const program = programAt();
  if (!existsSync(program)) {
    throw new Error(`No server program at ${program}: build it with "cargo build --release" after "npm run build", or name one in INNOSPACE_BIN.`);
  }
  const drawings = mkdtempSync(join(tmpdir(), 'drawings-'));
  const server = spawn(program, ['serve', '--data', data, '--listen', '127.0.0.1:0', '--drawings', drawings], { stdio: ['ignore', 'pipe', 'pipe'] });
  const complaints: string[] = [];
  createInterface({ input: server.stderr! }).on('line', (line) => {
    complaints.push(line);
    if (complaints.length > 20) complaints.shift();
  });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: server.stdout! }).on('line', (line) => {
      const address = /listening on (http:\/\/\S+)/.exec(line)?.[1];
      if (address) resolve(address);
    });
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`the server ended with code ${code} before it listened:\n${complaints.join('\n')}`)));
  });
  const stop = async () => {
    server.kill('SIGTERM');
    await ended;
    rmSync(drawings, { recursive: true });
  };
  return { url, stop };
}

export default async function startServer(): Promise<() => Promise<void>> {
  const { url, stop } = await serve(process.env['INNOSPACE_DATA'] ?? inRepository('geodata'));
  process.env['INNOSPACE_URL'] = url;
  return stop;
}
