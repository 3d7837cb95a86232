// Faults that no server of these tests can be brought to: they are told by the codes that servers have for them.
import { expect, test } from 'vitest';

import { Secret } from '../../src/config/secret.ts';
import { folderProblem } from '../../src/delivery/folder-errors.ts';
import { SmbRefusal } from '../../src/delivery/smb-answers.ts';
import { smbProblem, type SmbScene } from '../../src/delivery/smb-errors.ts';
import { connectionProblem } from '../../src/delivery/socket-errors.ts';

const scene: SmbScene = {
  ...{ target: 'archiv', step: 'store' },
  settings: {
    ...{ type: 'smb', host: 'nas.example', port: 445, share: 'mitschnitte', path: 'verkauf' },
    ...{ username: 'pbx', password: new Secret('geheim'), encryption: 'when-offered' },
  },
};

test.each(['QUOTA_EXCEEDED', 'DISK_QUOTA_EXCEEDED'])(
  'a share whose quota is used up says so: %s',
  (status) => {
    const told = smbProblem(new SmbRefusal(`cli_push returned NT_STATUS_${status}\n`), scene);
    expect(told).toMatchObject({ code: 'quota-exceeded', fault: 'destination', retry: true });
    expect(told.what).toContain('the quota of user pbx in //nas.example/mitschnitte/verkauf is used up');
    expect(told.hint).toMatch(/quota/);
  },
);

test('a file system whose quota is used up says so', () => {
  const told = folderProblem(Object.assign(new Error('quota'), { code: 'EDQUOT' }), '/mnt/nas');
  expect(told).toMatchObject({ code: 'quota-exceeded', retry: true });
  expect(told.what).toContain('/mnt/nas');
});

test('a domain whose clock is another is told as that, and not as a wrong password', () => {
  const answer = 'session setup failed: NT_STATUS_TIME_DIFFERENCE_AT_DC\n';
  const told = smbProblem(new SmbRefusal(answer), { ...scene, step: 'connect' });
  expect(told).toMatchObject({ code: 'clock-wrong', fault: 'configuration', retry: true });
  expect(told.hint).toMatch(/NTP/);
});

test.each(['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED'])('%s may be the clock', (code) => {
  const told = connectionProblem(code, { host: 'nas.example', port: 990, settings: 'targets.archiv' });
  expect(told).toMatchObject({ code: 'certificate-untrusted' });
  expect(told?.hint).toMatch(/clock/);
});
