/**
 * Builds dist/: one document an entry with its script and style inlined, and csp.json with their hashes, which the
 * server puts into each document's Content-Security-Policy. The same source gives the same bytes.
 */

import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';
import config from './vite.config.ts';

const ENTRIES = ['patient', 'mine', 'staff'] as const;
const HERE = fileURLToPath(new URL('.', import.meta.url));
const DIST = process.argv[2] ?? `${HERE}dist`;

interface Hashes {
  readonly script: readonly string[];
  readonly style: readonly string[];
}

await rm(DIST, { recursive: true, force: true });
await mkdir(DIST, { recursive: true });
const policies: Record<string, Hashes> = {};
for (const entry of ENTRIES) {
  const { script, style } = await bundle(entry);
  const page = `${entry}.html`;
  await writeFile(`${DIST}/${page}`, document(await readFile(`${HERE}${entry}/index.html`, 'utf8'), script, style));
  policies[page] = { script: [hashOf(script)], style: [hashOf(style)] };
}
await writeFile(`${DIST}/csp.json`, `${JSON.stringify(policies, null, 2)}\n`);

async function bundle(entry: string): Promise<{ script: string; style: string }> {
  const built = (await build({
    ...config,
    configFile: false,
    root: HERE,
    logLevel: 'warn',
    build: { ...config.build, write: false, rolldownOptions: { input: `${HERE}${entry}/main.tsx` } },
  })) as Rolldown.RolldownOutput;
  const scripts = built.output.filter((file) => file.type === 'chunk').map((file) => file.code);
  const styles = built.output.filter((file) => file.type === 'asset' && file.fileName.endsWith('.css'));
  if (scripts.length !== 1 || styles.length !== 1) throw new Error(`${entry}: expected one script and one style`);
  return { script: inlined(scripts[0]!, 'script'), style: inlined(String((styles[0] as Rolldown.OutputAsset).source), 'style') };
}

/** Inline text must not hold its own end tag. */
function inlined(text: string, tag: string): string {
  if (new RegExp(`</${tag}|<!--`, 'i').test(text)) throw new Error(`the ${tag} holds its own end`);
  return text.trim();
}

function document(template: string, script: string, style: string): string {
  return template
    .replace(/>\s+</g, '><')
    .replace(/<script type="module" src="[^"]*"><\/script>/, () => `<script type="module">${script}</script>`)
    .replace('</head>', () => `<style>${style}</style></head>`);
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
