import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { configurationSchema } from '../../src/config/json-schema.ts';
import { violations } from './conformance.ts';
import { configOf, faultsOf, useWorkspace } from './workspace.ts';

useWorkspace();

const environment = { ARI_PASSWORD: 'a', AMI_SECRET: '0815', SMB_PASSWORD: 's' };
/** A configuration that uses every section. */
const example = () => readFile(join(import.meta.dirname, 'example.yaml.txt'), 'utf8');

/** The example with a target that needs nothing around it. */
async function supported(): Promise<string> {
  return (await example()).replace(/archiv: \{ type: smb.*/, 'archiv: { type: folder, path: /srv }');
}

describe('the example of the product description', () => {
  test('is accepted', async () => {
    await expect(configOf(await example(), environment)).resolves.toBeDefined();
  });

  test('means what it says', async () => {
    const config = await configOf(await supported(), environment);
    expect(config.asterisk.ami.secret.reveal()).toBe('0815');
    expect(config.groups[0]?.members).toHaveLength(4);
    expect(config.groups[0]?.announcement.incoming).toEqual({
      mode: 'opt-out',
      prompt: 'ansage-opt-out',
      key: '1',
      timeout: 3_000,
      confirmation: 'abgelehnt',
    });
  });

  test('shows target types that are understood in all their keys', async () => {
    const commented = (await example()).matchAll(/^ {2}# (\w+): +(\{.*\})$/gm);
    const filled: Readonly<Record<string, string>> = {
      host: 'h.example',
      username: 'u',
      password: 'p',
      path: '/p',
      tls: 'none',
      host_key: 'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU',
      endpoint: 'https://s3.example',
      url: 'https://dav.example',
      region: 'r',
      bucket: 'bucket',
      access_key: 'a',
      secret_key: 's',
    };
    const types = [...commented].map(([, type = '', written = '']) => {
      const section = written
        .replace('none|explicit|implicit', '')
        .replace('password|private_key_file', 'password')
        .replaceAll(/(\w+): (?=[,}])/g, (_, key: string) => `${key}: "${filled[key] ?? ''}"`);
      return [type, section] as const;
    });
    expect(types.map(([type]) => type)).toEqual(['ftp', 'sftp', 's3', 'webdav', 'email', 'folder']);
    for (const [type, section] of types) {
      const text = (await supported()).replace('{ type: folder, path: /srv }', () => section);
      const expected = ['ftp', 'sftp', 's3', 'webdav', 'email', 'folder'].includes(type)
        ? []
        : [expect.stringContaining('is not supported yet')];
      const found = await faultsOf(text, environment).catch(() => []);
      expect(found, section).toEqual(expected);
    }
  });
});

describe('the JSON Schema', () => {
  const given = (text: string): unknown =>
    JSON.parse(
      JSON.stringify(
        parse(text.replaceAll(/\$\{(\w+)\}/g, '"$1"')),
        (_, value: unknown) => value ?? undefined,
      ),
    );

  test('is of draft 2020-12 and describes every key', () => {
    const schema = configurationSchema();
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    const undescribed: string[] = [];
    const visit = (node: typeof schema, path: string): void => {
      for (const [key, child] of Object.entries(node.properties ?? {})) {
        if (child.description === undefined) undescribed.push(`${path}.${key}`);
        visit(child, `${path}.${key}`);
      }
      for (const branch of [...(node.oneOf ?? []), ...(node.anyOf ?? [])]) visit(branch, path);
      if (node.items) visit(node.items, `${path}[]`);
      if (typeof node.additionalProperties === 'object') visit(node.additionalProperties, `${path}.*`);
    };
    visit(schema, '');
    expect(undescribed).toEqual([]);
  });

  test('accepts the example', async () => {
    expect(violations(configurationSchema(), given(await example()))).toEqual([]);
  });

  test('refuses what the program refuses', async () => {
    const text = await supported();
    const wrong = [
      text.replace('mode: notice', 'mode: note'),
      text.replace('trunks:', 'trunk:'),
      text.replace('port: 5038', 'port: 0'),
      text.replace('every: 5m', 'evry: 5m'),
      text.replace('level: info', 'level: loud'),
      text.replace(', password: ${ARI_PASSWORD}', ''),
      text.replace('path: /srv }', 'path: srv }'),
    ];
    for (const each of wrong) {
      expect(violations(configurationSchema(), given(each)), each).not.toEqual([]);
      expect(await faultsOf(each, environment), each).not.toEqual([]);
    }
  });

  test('lets a secret be given by a file, and only once', async () => {
    const text = await supported();
    const byFile = text.replace('password: ${ARI_PASSWORD}', 'password_file: /run/secrets/ari');
    const both = text.replace('password: ${ARI_PASSWORD}', 'password: x, password_file: y');
    expect(violations(configurationSchema(), given(byFile))).toEqual([]);
    expect(violations(configurationSchema(), given(both))).not.toEqual([]);
  });

  test('says of what is not supported yet that it is not', () => {
    const { catalogue, targets } = configurationSchema().properties ?? {};
    expect(catalogue?.oneOf?.[1]?.description).toMatch(/Not supported yet\.$/);
    const forms =
      typeof targets?.additionalProperties === 'object' ? (targets.additionalProperties.oneOf ?? []) : [];
    const supportedForms = forms.filter(({ description = '' }) => !description.includes('Not supported yet'));
    expect(supportedForms.map(({ properties }) => properties?.['type']?.const)).toEqual([
      'folder',
      'ftp',
      'smb',
      'sftp',
      's3',
      'webdav',
      'email',
    ]);
  });
});
