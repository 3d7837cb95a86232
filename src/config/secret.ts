import { inspect } from 'node:util';

const shown = '***';

/**
 * A password or the like from the configuration. Whatever prints it, turns it into JSON or inspects it gets `***`; only
 * {@link Secret.reveal} gives the text, and only what logs in somewhere calls that.
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
