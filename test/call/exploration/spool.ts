import type { Media } from '../../../src/recording/media.ts';
import type { Asterisk, Monitor } from './asterisk.ts';

/** The folders in which Asterisk writes and from which Mitschnitt takes. */
export class Spool {
  readonly collected = new Map<string, Media>();
  readonly discarded = new Set<string>();
  readonly faults: string[] = [];
  readonly #asterisk: Asterisk;

  constructor(asterisk: Asterisk) {
    this.#asterisk = asterisk;
  }

  isActive(recording: string): boolean {
    return this.#monitorOf(recording) !== undefined && !this.collected.has(recording);
  }

  /** Undefined: there is no such file. */
  collect(recording: string): Media | 'open' | undefined {
    const taken = this.collected.get(recording);
    if (taken) return this.discarded.has(recording) ? undefined : taken;
    const monitor = this.#monitorOf(recording);
    if (!monitor) return undefined;
    if (!monitor.closed) return 'open';
    const durationMs = this.#bridgedMs(monitor);
    const media = { bytes: 44 + 16 * durationMs, durationMs, sha256: recording, repaired: false };
    this.collected.set(recording, media);
    return media;
  }

  discard(recording: string): void {
    if (!this.collected.has(recording))
      this.faults.push(`discarded without having been collected: ${recording}`);
    this.discarded.add(recording);
  }

  /** Option `b`: there is audio only of what was said in a bridge. */
  #bridgedMs({ channel, from, to = 0 }: Monitor): number {
    return this.#asterisk.acoustics.bridgedMs(channel, from, to);
  }

  #monitorOf(recording: string): Monitor | undefined {
    return this.#asterisk.monitors.find((monitor) => monitor.recording === recording);
  }
}
