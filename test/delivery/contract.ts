import { rm, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { Fault } from '../../src/errors.ts';
import type { Target, TargetPath } from '../../src/delivery/target.ts';
import { handsBack, readBack } from './contract-back.ts';
import { patterned, sha256 } from './content.ts';
import { sessionContract, untilReceiving } from './contract-sessions.ts';
import { expectToHelp, largeMs, Local, thrownBy } from './local.ts';

export { expectToHelp, largeMs, Local, patterned, sha256, thrownBy };

/** A real place with nothing in it, and the view of somebody else who has access to it. */
export interface Place {
  /** A target of this place, not yet connected. */
  target(): Target;
  /** All files below the target's path, sorted, `/` between folders. */
  files(): Promise<readonly string[]>;
  read(path: string): Promise<Buffer>;
  /** Of messages: their identities, in the order of their arrival. */
  identities?(): Promise<readonly string[]>;
  /** Whether some of a file has arrived that is on its way; where that cannot be told from `files`. */
  isReceiving?(): Promise<boolean>;
  /** Stores a file as somebody else would; makes its folders. */
  write(path: string, content: Buffer): Promise<void>;
  /** Removes everything below the target's path. */
  clear(): Promise<void>;
  stop(): Promise<void>;
  /** Ends the server at once, as a crash would, and brings it back. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Lets its sockets stay open and nothing answer, until it is thawed. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** A target that gives up what is silent after a second or two, and trusts no idle session. */
  impatient(): Target;
}

/** What can stand in the way of every delivery. */
export type Obstacle =
  | 'wrong password'
  | 'server absent'
  | 'server silent'
  | 'certificate not trusted'
  | 'no right to write'
  | 'path missing'
  | 'no space left';

/** Those of whoever is logged in, by whichever way. */
const metAfterLogin: ReadonlySet<string> = new Set<Obstacle>([
  'no right to write',
  'path missing',
  'no space left',
]);

/** How an obstacle is made and what it has to be called. */
export interface ObstacleCase {
  readonly code: string;
  readonly fault: Fault;
  /** A target that meets the obstacle. */
  meet(place: Place): Promise<HinderedTarget>;
}

export interface HinderedTarget extends Target {
  /** Takes the obstacle away, where somebody would who reads the hint. */
  relieve?: (() => Promise<unknown>) | undefined;
}

/** How one kind of target is tried. Each obstacle is either made, or the reason is given why it cannot be met. */
export interface Fixture {
  start(): Promise<Place>;
  /** From another variant it differs only in how it logs in: what comes after that is tried with the other one. */
  readonly differsIn?: 'login';
  /** Its login signs the name of each file as it is sent: names are tried in spite of another variant. */
  readonly signsNames?: true;
  /** Whether there is one that can die. */
  readonly server: boolean;
  /** While it puts a file it connects again and again: whether a dead server cuts or refuses it is chance. */
  readonly connectsAnew?: true;
  /** What is told where a folder that was there is gone, if that is not mended at once, and where one is a file. */
  readonly folders?: { readonly gone: string | undefined; readonly isFile: string };
  /** Whether the server is frozen, too: with one variant of a kind, or two whose sessions differ. */
  readonly outages?: 'tried';
  /** Why an attempt that died leaves nothing behind that has a name, if so. */
  readonly leftovers?: string;
  /**
   * `messages` have neither a folder nor a name of their own: nothing can be overwritten, and nothing that was sent can
   * be found again. `files` by default.
   */
  readonly keeps?: 'messages';
  /** A file that the target may not remove; of `messages` no file can be. */
  readonly unremovable?: ObstacleCase & { readonly file: TargetPath };
  readonly obstacles: Readonly<Record<Obstacle, ObstacleCase | string>>;
  /** No message may contain them. */
  readonly secrets: readonly string[];
}

/** Whatever stands in the way is told within this. A server takes its time to refuse a password: 4 s were seen. */
const toldWithinMs = 15_000;

/** A busy server has removed by then what it kept of an upload that was broken off. */
const tidiedMs = 5_000;

const names = [
  'Aufnahme_2021-04-07_13-34-26_+41791234567_200.wav',
  'Aufnahme_Größe Österreich ß.wav',
  '録音_東京.wav',
  '-rf.wav',
  '.hidden.wav',
  'two  blanks (1), a%20b.wav',
  `${'ü'.repeat(98)}.wav`,
];

/** What every target has to be able to do (see the port's documentation in src/delivery/target.ts). */
export function targetContract(name: string, fixture: Fixture): void {
  const named = fixture.keeps !== 'messages';
  const isWhole = fixture.differsIn === undefined;
  /** Where a file is found again. */
  const at = (folder: string, file: string) => (named ? `${folder}/${file}` : file);
  describe(name, () => {
    let place: Place;
    let target: Target;
    let local: Local;

    beforeAll(async () => {
      place = await fixture.start();
      local = await Local.create();
    });
    afterAll(async () => {
      await place.stop();
      await local.remove();
    });
    beforeEach(async () => {
      await place.clear();
      target = place.target();
    });
    afterEach(() => target.close());

    describe('stores', () => {
      test.each([0, 1, 5_000_000])('a file of %i bytes as it is, and nothing else', async (bytes) => {
        const upload = await local.upload({ content: patterned(bytes) });
        expect((await target.put(upload)).how).toBe('stored');
        expect(await place.files()).toEqual([upload.name]);
        expect(sha256(await place.read(upload.name))).toBe(upload.sha256);
      });

      test('many files over one connection, and again after close()', async () => {
        for (let count = 0; count < 20; count += 1) await target.put(await local.upload({}));
        await target.close();
        await target.put(await local.upload({}));
        expect(await place.files()).toHaveLength(21);
      });

      if (isWhole || fixture.signsNames)
        test.each(names)('under the name %s', async (each) => {
          const upload = await local.upload({ name: each, folder: 'Vertrieb Süd' });
          await target.put(upload);
          expect(await place.files()).toEqual([at('Vertrieb Süd', each)]);
        });

      // Beyond the login all of it is that of the other variant.
      if (!isWhole) return;

      test('into folders that it makes as needed, beside what is in them', async () => {
        const [first, second] = [
          await local.upload({ folder: '2026/04/Zürich' }),
          await local.upload({ folder: '2026/04' }),
        ];
        await target.put(first);
        await target.put(second);
        expect(await place.files()).toEqual(
          [at('2026/04', second.name), at('2026/04/Zürich', first.name)].sort(),
        );
      });

      test('a large file without holding it in memory', async () => {
        const upload = await local.large();
        await target.put(await local.upload({}));
        const before = process.memoryUsage().rss;
        let peak = before;
        const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 10);
        await target.put(upload).finally(() => clearInterval(sampling));
        expect(peak - before).toBeLessThan(upload.bytes / 2);
      });
    });

    if (isWhole)
      describe('never does it wrong', () => {
        if (named) {
          test('leaves another file of that name as it is', async () => {
            for (const content of [Buffer.from('older'), patterned(1000)]) {
              const upload = await local.upload({ content: patterned(1000, 1), folder: 'a' });
              await place.write(`a/${upload.name}`, content);
              await expect(target.put(upload)).rejects.toMatchObject({ code: 'name-taken' });
              expect(await place.read(`a/${upload.name}`)).toEqual(content);
              // The target serves on: the uploader tries the next name at once.
              expect((await target.put({ ...upload, name: `2${upload.name}` })).how).toBe('stored');
            }
            expect((await place.files()).filter((file) => file.endsWith('.part'))).toEqual([]);
          });

          test('knows a delivery again whose note was lost', async () => {
            const upload = await local.upload({ folder: 'a/b' });
            await target.put(upload);
            await target.close();
            expect(await place.target().put(upload)).toEqual({ how: 'already-there', confirmedBy: 'sha256' });
            expect(await place.files()).toEqual([`a/b/${upload.name}`]);
          });

          if (fixture.leftovers === undefined) {
            test('replaces what an attempt left behind that died', async () => {
              const upload = await local.upload({ content: patterned(1000), folder: 'a' });
              await place.write(`a/.mitschnitt-${upload.id}.part`, patterned(50_000));
              expect((await target.put(upload)).how).toBe('stored');
              expect(await place.files()).toEqual([`a/${upload.name}`]);
              expect(sha256(await place.read(`a/${upload.name}`))).toBe(upload.sha256);
            });

            test('removes what an attempt left behind that died after giving the final name', async () => {
              const upload = await local.upload({ content: patterned(1000) });
              await place.write(upload.name, patterned(1000));
              await place.write(`.mitschnitt-${upload.id}.part`, patterned(1000));
              expect((await target.put(upload)).how).toBe('already-there');
              expect(await place.files()).toEqual([upload.name]);
            });
          }
        } else {
          test('leaves another message with such a file as it is, and comes beside it', async () => {
            const upload = await local.upload({ content: patterned(1000, 1) });
            await place.write(upload.name, patterned(1000));
            expect(await target.put(upload)).toEqual({ how: 'stored', confirmedBy: 'accepted' });
            expect(await place.files()).toEqual([upload.name, upload.name]);
            expect(await place.read(upload.name)).toEqual(patterned(1000));
          });

          test('sends a delivery whose note was lost again, with the same identity', async () => {
            const upload = await local.upload({});
            await target.put(upload);
            await target.close();
            await place.target().put(upload);
            const [first, second, ...others] = (await place.identities?.()) ?? [];
            expect(first).toContain(upload.id);
            expect(second).toBe(first);
            expect(others).toEqual([]);
          });
        }

        test(
          'leaves nothing under the final name when it is aborted, and succeeds afterwards',
          { timeout: largeMs },
          async () => {
            const abort = new AbortController();
            const upload = { ...(await local.large()), signal: abort.signal };
            const putting = thrownBy(target.put(upload));
            await untilReceiving(place, putting);
            const abortedAt = performance.now();
            abort.abort();
            expect(await putting).toMatchObject({ code: 'aborted', retry: true });
            expect(performance.now() - abortedAt).toBeLessThan(1000);
            expect(await place.files()).not.toContain(upload.name);
            const again = await local.shortened(upload);
            expect((await target.put(again)).how).toBe('stored');
            // What a server keeps for itself of an upload that it did not get to the end, it removes a moment later.
            await expect.poll(() => place.files(), { timeout: tidiedMs }).toEqual([upload.name]);
          },
        );

        test('does not begin when it is aborted already', async () => {
          const upload = { ...(await local.upload({})), signal: AbortSignal.abort() };
          expect(await thrownBy(target.put(upload))).toMatchObject({ code: 'aborted', retry: true });
          expect(await place.files()).toEqual([]);
        });

        test('does not deliver a file that was altered or is missing', async () => {
          const longer = await local.upload({ content: patterned(100_000) });
          await writeFile(longer.source, patterned(100_001));
          const other = await local.upload({ content: patterned(100_000) });
          await writeFile(other.source, patterned(100_000, 7));
          const missing = await local.upload({});
          await rm(missing.source);
          for (const upload of [longer, other])
            expect(await thrownBy(target.put(upload))).toMatchObject({
              code: 'local-file-altered',
              retry: false,
            });
          expect(await thrownBy(target.put(missing))).toMatchObject({
            code: 'local-file-missing',
            retry: false,
          });
          expect((await place.files()).filter((file) => !file.endsWith('.part'))).toEqual([]);
          expect((await target.put(await local.upload({}))).how).toBe('stored');
        });

        if (fixture.server)
          test('survives the death of its server in the middle of a file', { timeout: largeMs }, async () => {
            const upload = await local.large();
            const putting = thrownBy(target.put(upload));
            await untilReceiving(place, putting);
            await place.kill();
            const thrown = await putting;
            await place.restart();
            expectToHelp(thrown, target.name, fixture.secrets);
            const code = fixture.connectsAnew ? /^connection-(lost|refused)$/ : /^connection-lost$/;
            const told = expect.stringMatching(code) as string;
            expect(thrown).toMatchObject({ code: told, fault: 'destination', retry: true });
            expect(await place.files()).not.toContain(upload.name);
            const again = await local.shortened(upload);
            expect((await target.put(again)).how).toBe('stored');
            expect(await place.files()).toEqual([upload.name]);
            expect(sha256(await place.read(upload.name))).toBe(again.sha256);
          });
      });

    if (isWhole) sessionContract(fixture, () => ({ place, local }));

    if (named && isWhole)
      describe('hands back', () =>
        handsBack({ place: () => place, target: () => target, local: () => local }, fixture));
    if (!named)
      test('tells that a message that was sent can neither be read back nor removed', async () => {
        const upload = await local.upload({});
        await target.put(upload);
        for (const tried of [() => readBack(target, upload), () => target.remove(upload, upload.signal)]) {
          const thrown = await thrownBy(tried());
          expectToHelp(thrown, target.name, fixture.secrets);
          expect(thrown).toMatchObject({ code: 'not-possible', retry: false });
        }
      });

    describe('checks', () => {
      test('that all is well, and leaves nothing behind', async () => {
        await target.check(new AbortController().signal);
        await target.check(new AbortController().signal);
        expect(await place.files()).toEqual([]);
      });

      test('nothing once it is aborted', async () => {
        expect(await thrownBy(target.check(AbortSignal.abort()))).toMatchObject({ code: 'aborted' });
      });
    });

    describe('tells what is wrong:', () => {
      for (const [obstacle, story] of Object.entries(fixture.obstacles)) {
        if (typeof story === 'string' || (!isWhole && metAfterLogin.has(obstacle))) continue;
        test.each(['put', 'check'] as const)(`${obstacle}, when it has to %s`, async (call) => {
          const hindered = await story.meet(place);
          const upload = await local.upload({ content: patterned(300_000) });
          const startedAt = performance.now();
          const thrown = await thrownBy(
            call === 'put' ? hindered.put(upload) : hindered.check(new AbortController().signal),
          );
          const toldAfterMs = performance.now() - startedAt;
          const relieved = hindered.relieve && (await hindered.relieve().then(() => hindered.put(upload)));
          await hindered.close();
          expect(toldAfterMs).toBeLessThan(toldWithinMs);
          expectToHelp(thrown, hindered.name, fixture.secrets);
          expect(thrown).toMatchObject({ code: story.code, fault: story.fault, retry: true });
          expect(relieved?.how).not.toBe('already-there');
          expect(await place.files()).not.toContain(upload.name);
        });
      }
    });
  });
}
