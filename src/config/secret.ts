import { inspect } from 'node:util';

const shown = '***';

/**
 * A password or the like from the configuration. Whatever prints it, turns it into JSON or inspects it gets `***`; only
 * {@link Secret.reveal} gives the text: to what logs in with it, and to what takes it out of the words of a server. The
 * connections to Asterisk are given the text itself: their settings must not be printed.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}
