import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';

import { eventually } from '../live/eventually.ts';
import { expectToHelp, largeMs, sha256, thrownBy, type Fixture, type Local, type Place } from './contract.ts';

/** An impatient target has given up by then, and cleaned up as far as it could. */
const givenUpWithinMs = 4_000;

/** A busy machine takes its time until a server has something of a file. */
const begunWithinMs = 30_000;

/** Until some of a file has arrived. `putting` is what the attempt fails with (see `thrownBy`). */
export async function untilReceiving(place: Place, putting: Promise<unknown>): Promise<void> {
  let early: Error | undefined;
  const end = (cause: unknown) => (early = new Error('it ended before any of it was seen', { cause }));
  void putting.then(end, end);
  const seen = await eventually(
    async () => ((await place.isReceiving?.()) ?? (await place.files()).length > 0) || early,
    { within: begunWithinMs, every: 1 },
  );
  if (seen !== true) throw seen;
}

/** What comes between a target and its place while it is in use, and what a target keeps to itself: part of the contract. */
export function sessionContract(fixture: Fixture, now: () => { place: Place; local: Local }): void {
  describe('in mid-session', () => {
    test('shows none of its secrets to whatever prints it', async () => {
      const { place, local } = now();
      const target = place.target();
      await target.put(await local.upload({}));
      const shown = inspect(target, { depth: 20, showHidden: true });
      for (const secret of fixture.secrets) expect(shown).not.toContain(secret);
      await target.close();
    });

    const { folders, outages } = fixture;
    if (folders) {
      test('gets a folder again that somebody removed', async () => {
        const { place, local } = now();
        const target = place.target();
        await target.put(await local.upload({ folder: 'a/b' }));
        await place.clear();
        const upload = await local.upload({ folder: 'a/b' });
        if (folders.gone !== undefined) {
          const thrown = await thrownBy(target.put(upload));
          expectToHelp(thrown, target.name, fixture.secrets);
          expect(thrown).toMatchObject({ code: folders.gone, retry: true });
        }
        expect((await target.put(upload)).how).toBe('stored');
        expect(await place.files()).toEqual([`a/b/${upload.name}`]);
        await target.close();
      });

      test('finds a file in the place of a folder, tells it and leaves it', async () => {
        const { place, local } = now();
        await place.write('a', Buffer.from('mine'));
        const target = place.target();
        const thrown = await thrownBy(target.put(await local.upload({ folder: 'a/b' })));
        expectToHelp(thrown, target.name, fixture.secrets);
        expect(thrown).toMatchObject({ code: folders.isFile, retry: true });
        expect(await place.files()).toEqual(['a']);
        expect((await place.read('a')).toString()).toBe('mine');
        await target.close();
      });
    }

    if (outages === 'tried') {
      test(
        'gives up a server that freezes in the middle of a file, and serves again',
        { timeout: largeMs },
        async () => {
          const { place, local } = now();
          const target = place.impatient();
          const upload = await local.large();
          const putting = thrownBy(target.put(upload));
          await untilReceiving(place, putting);
          await place.freeze();
          const frozenAt = performance.now();
          const thrown = await putting;
          const givenUpAfterMs = performance.now() - frozenAt;
          await place.thaw();
          expect(givenUpAfterMs).toBeLessThan(givenUpWithinMs);
          expectToHelp(thrown, target.name, fixture.secrets);
          expect(thrown).toMatchObject({ code: 'no-answer', fault: 'destination', retry: true });
          expect(await place.files()).not.toContain(upload.name);
          await target.close();
          const patient = place.target();
          const again = await local.shortened(upload);
          expect((await patient.put(again)).how).toBe('stored');
          expect(await place.files()).toEqual([upload.name]);
          expect(sha256(await place.read(upload.name))).toBe(again.sha256);
          await patient.close();
        },
      );

      test('connects anew when an idle session was dropped without a word, or its server was started anew', async () => {
        const { place, local } = now();
        const target = place.impatient();
        await target.put(await local.upload({}));
        await place.freeze();
        const thrown = await thrownBy(target.put(await local.upload({})));
        await place.thaw();
        expectToHelp(thrown, target.name, fixture.secrets);
        expect(thrown).toMatchObject({ code: 'no-answer', retry: true });
        expect((await target.put(await local.upload({}))).how).toBe('stored');
        await place.restart();
        expect((await target.put(await local.upload({}))).how).toBe('stored');
        await target.close();
      });
    }
  });
}
