import { expect, test } from 'vitest';

import { loginFor } from '../../src/delivery/webdav-login.ts';

const account = { username: 'Mufasa', password: { reveal: () => 'Circle Of Life' } };
const nonce = 'dcd98b7102dd2f0e8b11d0f600bfb0c093';
const challenge = `Digest realm="testrealm@host.com", nonce="${nonce}", opaque="5ccc069c403ebaf9f0171e9517f40e41"`;

test('a digest without a count is the one of RFC 2069', () => {
  const { header } = partsOf(challenge);
  // MD5(MD5(username:realm:password):nonce:MD5(GET:/dir/index.html)), with the values of RFC 2617, 3.5.
  expect(header).toContain('response="670fd8c2df070c60b045671b8b24ff02"');
  expect(header).toContain('opaque="5ccc069c403ebaf9f0171e9517f40e41"');
  expect(header).not.toMatch(/qop|nc=|Circle/);
});

test('with one, each request has a number of its own, and begins at 1 again for a new nonce', () => {
  const login = loginFor(`${challenge}, qop="auth,auth-int", algorithm=SHA-256`, account);
  const next = () => login?.header('PUT', '/a.wav');
  expect(next()).toMatch(/qop=auth, nc=00000001, cnonce="[0-9a-f]{32}"/);
  expect(next()).toMatch(/response="[0-9a-f]{64}".*nc=00000002/);
  expect(login?.refused(`${challenge}, qop="auth", algorithm=SHA-256`)).toBe(false);
  expect(login?.refused('Digest realm="x", nonce="another", qop="auth", stale=true')).toBe(true);
  expect(next()).toMatch(/nonce="another".*nc=00000001/);
});

test.each([
  ['Basic realm="x"', 'Basic TXVmYXNhOkNpcmNsZSBPZiBMaWZl'],
  ['', 'Basic TXVmYXNhOkNpcmNsZSBPZiBMaWZl'],
  [
    'Digest realm="x", nonce="1", algorithm=unheard-of, Basic realm="x"',
    'Basic TXVmYXNhOkNpcmNsZSBPZiBMaWZl',
  ],
])('for %s the password is shown', (asked, header) => {
  expect(loginFor(asked, account)?.header('GET', '/')).toBe(header);
});

test.each(['Basic realm="a, \\"b\\"", Digest realm="x", nonce="1"', 'DIGEST nonce=1,realm="x",qop=auth'])(
  'for %s it is not',
  (asked) => {
    expect(loginFor(asked, account)?.header('GET', '/')).toMatch(
      /^Digest username="Mufasa", realm="x", nonce="1"/,
    );
  },
);

test('where a server wants only a digest that is not known here, nothing is shown', () => {
  expect(loginFor('Digest realm="x", nonce="1", algorithm=unheard-of', account)).toBeUndefined();
});

function partsOf(asked: string): { header: string } {
  return { header: loginFor(asked, account)?.header('GET', '/dir/index.html') ?? '' };
}
