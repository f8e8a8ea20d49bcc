import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Plugin, UserConfig } from 'vite';
import { defineConfig } from 'vitest/config';

const SOURCE = /\/catalogue\/(?:nb|nn|en)\.json$/;
const MADE = 'catalogue:';

/**
 * All catalogues of a folder have the same keys: they are sent once, and of each language its texts, in that order.
 * Equal and similar texts then stand in the same place of lists side by side, which packs a good deal smaller.
 */
const catalogues: Plugin = {
  name: 'catalogues',
  enforce: 'pre',
  resolveId(source, importer) {
    if (source.startsWith(MADE)) return source;
    const file = importer === undefined ? '' : resolve(dirname(importer), source);
    return SOURCE.test(file) ? MADE + file.slice(0, -'.json'.length) : null;
  },
  async load(id) {
    if (!id.startsWith(MADE)) return null;
    const place = id.slice(MADE.length);
    const folder = dirname(place);
    const keys = Object.keys(await read(`${folder}/nb.json`));
    if (place === `${folder}/keys`) {
      return `const keys = ${JSON.stringify(keys)}; export const of = (texts) => Object.fromEntries(keys.map((key, at) => [key, texts[at]]));`;
    }
    const own = await read(`${place}.json`);
    if ([...keys].sort().join() !== Object.keys(own).sort().join()) throw new Error(`${place}.json has other keys than nb.json`);
    return `import { of } from '${MADE}${folder}/keys'; export default of(${JSON.stringify(keys.map((key) => own[key]))});`;
  },
};

async function read(file: string): Promise<Record<string, string>> {
  return JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
}

const config: UserConfig = {
  plugins: [catalogues],
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
