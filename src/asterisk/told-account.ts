import { field, type AmiMessage } from './ami-wire.ts';
import { callDetailOfEvent } from './cdr.ts';
import { CelTalks } from './cel.ts';
import { isTestChannel } from '../call/self-test.ts';
import type { CallDetail } from '../call/account.ts';
import type { Instant } from '../call/call.ts';

/** Which account Asterisk tells over AMI. */
export type ToldKind = 'cdr' | 'cel';

export interface ToldAccountSettings {
  readonly kind: ToldKind;
  /** IANA time zone of Asterisk's machine. */
  readonly timeZone: string;
}

/** Whoever keeps what Asterisk tells of calls by itself. */
export interface AccountKeeper {
  /** It tells from now on: what ended before is not told. */
  begin(at: Instant): void;
  /** A call as it was noted; undefined: an event that cannot be read. */
  told(detail: CallDetail | undefined): void;
  /** A party of a talk hung up and nothing was told of it: that is to be told soon. */
  expect(at: Instant): void;
  /** It does tell, be it of nothing that counts. */
  heard(): void;
}

/** Asterisk's own account of calls, as events of a connection. */
export class ToldAccount {
  readonly #settings: ToldAccountSettings;
  readonly #keeper: AccountKeeper;
  /** `Uniqueid`s of channels that were in a bridge, and of which nothing was told yet. */
  readonly #bridged = new Set<string>();
  #talks = new CelTalks(0);

  constructor(settings: ToldAccountSettings, keeper: AccountKeeper) {
    this.#settings = settings;
    this.#keeper = keeper;
  }

  /** Names of the AMI events that it needs. */
  get events(): readonly string[] {
    return [this.#settings.kind === 'cdr' ? 'Cdr' : 'CEL'];
  }

  /** Classes of AMI events that it needs, beside `call`. */
  get classes(): readonly string[] {
    return this.#settings.kind === 'cdr' ? ['cdr'] : [];
  }

  /** A connection stands (again). */
  begin(at: Instant): void {
    this.#bridged.clear();
    this.#talks = new CelTalks(at);
    this.#keeper.begin(at);
  }

  take(message: AmiMessage, at: Instant): void {
    switch (field(message, 'Event')) {
      case 'Cdr':
        this.#heard(message);
        // Its ids are none that could be read.
        if (isTestChannel(field(message, 'Channel')) || isTestChannel(field(message, 'DestinationChannel')))
          return;
        this.#tell([callDetailOfEvent(message, this.#settings.timeZone)]);
        return;
      case 'CEL':
        if (field(message, 'EventName') === 'BRIDGE_EXIT') this.#heard(message);
        this.#tell(this.#talks.take(message, at) ?? [undefined]);
        return;
      case 'BridgeEnter':
        if (!isTestChannel(field(message, 'Channel'))) this.#bridged.add(field(message, 'Uniqueid'));
        return;
      case 'Hangup':
        if (this.#bridged.delete(field(message, 'Uniqueid'))) this.#keeper.expect(at);
        return;
      default:
    }
  }

  #heard(message: AmiMessage): void {
    this.#bridged.delete(field(message, 'UniqueID'));
    this.#keeper.heard();
  }

  #tell(details: readonly (CallDetail | undefined)[]): void {
    for (const detail of details)
      // Of the telephones of the self-test: nobody's call.
      if (!detail || !(isTestChannel(detail.callerName) || isTestChannel(detail.calledName)))
        this.#keeper.told(detail);
  }
}
