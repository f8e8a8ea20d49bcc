/** Writes core/api.ts, the types of what the API takes and gives, from the committed openapi.json. */

import { readFileSync, writeFileSync } from 'node:fs';
import { argv } from 'node:process';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
}

const SIMPLE: Readonly<Record<string, string>> = {
  boolean: 'boolean',
  integer: 'number',
  null: 'null',
  number: 'number',
  string: 'string',
};

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1)!;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return union(schema.enum.map((value) => JSON.stringify(value)));
  if (schema.oneOf !== undefined) return union(schema.oneOf.map(typeOf));
  if (schema.type === 'array') return `readonly (${typeOf(schema.items ?? {})})[]`;
  if (schema.type === 'object') return objectOf(schema);
  return SIMPLE[schema.type ?? ''] ?? 'unknown';
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ');
}

function objectOf(schema: Schema): string {
  if (schema.properties === undefined) {
    const values = schema.additionalProperties;
    return `Readonly<Record<string, ${typeof values === 'object' ? typeOf(values) : 'unknown'}>>`;
  }
  const fields = Object.entries(schema.properties).map(([name, field]) => {
    const optional = schema.required?.includes(name) ? '' : '?';
    return `  readonly ${name}${optional}: ${typeOf(field)};\n`;
  });
  return `{\n${fields.join('')}}`;
}

const [from, to] = argv.slice(2);
const { schemas } = JSON.parse(readFileSync(from!, 'utf8')).components as { schemas: Record<string, Schema> };
const types = Object.entries(schemas).map(([name, schema]) => `export type ${name} = ${typeOf(schema)};\n`);
writeFileSync(to!, `/** Made from openapi.json by types.ts; \`make frontend\` makes it anew. */\n\n${types.join('\n')}`);
