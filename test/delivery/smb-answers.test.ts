import { describe, expect, test } from 'vitest';

import { fetchedBytes, listedFile, statusIn } from '../../src/delivery/smb-answers.ts';

describe('an answer of smbclient', () => {
  const blocks = '\n\t\t264212084 blocks of size 1024. 75272504 blocks available\n';
  const time = 'Wed Nov 25 21:51:57 2026';
  test.each<[string, number, boolean]>([
    [`  a ü+東.wav                        A     1000  ${time}\n${blocks}`, 1000, false],
    [`  d                                   D        0  ${time}\n${blocks}`, 0, true],
    [`  D 12345678  Wed Nov  1 00:00:00 2000.wav      A 123456789012  ${time}\n`, 123_456_789_012, false],
    [`  ${'D'.repeat(40)} D      A 12345678  Sun Nov  5 01:51:57 2026\n`, 12_345_678, false],
  ])('tells size and kind of a file: %s', (answer, bytes, isFolder) => {
    expect(listedFile(answer)).toEqual({ bytes, isFolder });
  });

  test('tells how much was handed on', () => {
    const name = '\\x of size 7 as - .wav';
    expect(fetchedBytes(`getting file ${name} of size 1000 as - (1.0 KiloBytes/sec) (average 1.0)\n`)).toBe(
      1000,
    );
    expect(fetchedBytes('NT_STATUS_OBJECT_NAME_NOT_FOUND opening remote file \\x\n')).toBe(undefined);
  });

  test('tells a status, but none that is only in a name', () => {
    expect(statusIn('NT_STATUS_NO_SUCH_FILE listing \\NT_STATUS_OK\n')).toBe('NO_SUCH_FILE');
    expect(statusIn('cli_push returned NT_STATUS_DISK_FULL\n')).toBe('DISK_FULL');
    expect(statusIn('putting file /x as \\NT_STATUS_DISK_FULL.wav (1.0 kb/s) (average 1.0 kb/s)\n')).toBe(
      undefined,
    );
  });
});
