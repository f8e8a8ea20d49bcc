import type { UserConfig } from 'vite';
import { defineConfig } from 'vitest/config';

const config: UserConfig = {
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    cssTarget: ['safari15.4', 'chrome94', 'firefox93'],
    cssCodeSplit: false,
    modulePreload: false,
    assetsInlineLimit: 0,
  },
};

export default defineConfig({ ...config, test: { include: ['tests/**/*.test.ts'] } });
