// Hosts at which openid-client takes any issuer: there, one address stands for the directories of everybody.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, globalAgent, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { Secret } from '../../src/config/secret.ts';
import { Provider } from '../../src/web/oidc/provider.ts';
import { refusalOf } from '../../src/web/oidc/refusal.ts';
import { selfSigned } from './certificate.ts';

let folder: string;
let server: Server | undefined;
const createConnection = globalAgent.createConnection.bind(globalAgent);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-issuer-'));
});
afterEach(async () => {
  globalAgent.createConnection = createConnection;
  server?.closeAllConnections();
  server?.close();
  await rm(folder, { recursive: true });
});

/** A provider of this host, to which all connections of this process go meanwhile; it says that it is `told`. */
async function hosting(host: string, told: string): Promise<string> {
  const files = selfSigned(host);
  const ca = join(folder, 'authority.pem');
  await writeFile(ca, files.cert);
  const started = createServer(files, (_request, response) => {
    const at = `https://${host}`;
    const endpoints = { authorization_endpoint: `${at}/authorize`, token_endpoint: `${at}/token` };
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ issuer: told, ...endpoints, jwks_uri: `${at}/keys` }));
  });
  server = started;
  await new Promise<void>((done) => started.listen(0, '127.0.0.1', done));
  const { port } = started.address() as AddressInfo;
  globalAgent.createConnection = (options) =>
    connect({ ...(options as ConnectionOptions), host: '127.0.0.1', port });
  return ca;
}

async function begun(issuer: string, told: string): Promise<string> {
  const ca = await hosting(new URL(issuer).hostname, told);
  const settings = {
    ...{ issuer, ca, clientId: 'x', clientSecret: new Secret('geheim-1337'), name: 'Office' },
    ...{ scopes: ['openid'], rolesClaim: 'roles' },
    roles: { administrator: ['admins'], auditor: [], supervisor: {} },
  };
  return (await new Provider(settings, 2_000, Date.now).begin('http://127.0.0.1:9/oidc/callback')).url;
}

const entra = 'https://login.microsoftonline.com';
const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47';

describe('A provider', () => {
  test.each([
    [`${entra}/common/v2.0`, `${entra}/{tenantid}/v2.0`],
    [`${entra}/organizations/v2.0`, `${entra}/{tenantid}/v2.0`],
    [`${entra}/${tenant}/v2.0`, `${entra}/00000000-86f1-41af-91ab-2d7cd011db47/v2.0`],
    ['https://office.b2clogin.com/office/v2.0', 'https://office.b2clogin.com/another/v2.0'],
  ])('that is %s and calls itself %s signs nobody in', async (issuer, told) => {
    const failure: unknown = await begun(issuer, told).catch((error: unknown) => error);
    const { code, why } = refusalOf(failure, 'geheim-1337');
    expect(code).toBe('oidc-misconfigured');
    expect(why).toContain(told);
  });

  test.each([
    [`${entra}/${tenant}/v2.0`, `${entra}/${tenant}/v2.0`],
    ['https://login.example', 'https://login.example/'],
    ['https://login.example/', 'https://login.example'],
  ])('that is %s may call itself %s', async (issuer, told) => {
    expect(await begun(issuer, told)).toContain('/authorize?');
  });
});
