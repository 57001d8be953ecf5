import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { mapStyles } from './build/mapstyles.mjs';
import { licences } from './build/licences.mjs';
import { compressAndWeigh } from './build/finish.mjs';

// Where the service listens that the development server shows.
const service = process.env['INNOSPACE_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [mapStyles(), svelte(), licences(), compressAndWeigh()],
  build: {
    target: 'es2022',
    // The content security policy forbids data: fonts and scripts, so nothing is inlined.
    assetsInlineLimit: 0,
    // Budgets are checked after the build, by gzip size.
    chunkSizeWarningLimit: 2000,
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
  },
  server: { host: '127.0.0.1', proxy: Object.fromEntries(['/app.json', '/ogc', '/maps', '/units', '/progress', '/blocks', '/reports', '/plan', '/measure', '/drawings', '/styles', '/tiles'].map((path) => [path, service])) },
  test: { include: ['tests/unit/**/*.test.ts'], environment: 'node' },
} as Parameters<typeof defineConfig>[0]);
