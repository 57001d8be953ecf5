import { defineConfig } from '@playwright/test';
import { shared } from './playwright.shared';

export default defineConfig({ ...shared, testDir: './tests/e2e', testMatch: '*.e2e.ts', grepInvert: process.env['MORE'] ? [] : /@more/ });
