import type { Readable } from 'node:stream';

import type { BodyOf, ParamsOf, QueryOf, ResponseOf, RouteName, routes } from './api/routes.ts';
import type { Media } from './api/routes.ts';
import type { Viewer } from './viewer.ts';

/** A request that was let through: by whom, and what of it the table of routes has checked. */
export interface Asked<Name extends RouteName> {
  readonly viewer: Viewer;
  readonly params: ParamsOf<Name>;
  readonly query: QueryOf<Name>;
  readonly body: BodyOf<Name>;
  /** A body that is no JSON. */
  readonly upload: Buffer;
  readonly language: 'de' | 'en';
  /** What is kept in the audit log beside what was asked for. */
  readonly audit: (facts: {
    readonly subject?: string;
    readonly detail?: string;
    readonly group?: string;
  }) => void;
}

/** Audio that can be given in parts. */
export interface AudioContent {
  readonly bytes: number;
  /** Of the content, in quotes. */
  readonly etag: string;
  /** For whoever saves it. */
  readonly name: string;
  /** Both inclusive. */
  read(from: number, to: number): Readable;
}

type AnswerOf<Name extends RouteName> = (typeof routes)[Name]['response'] extends infer Response
  ? Response extends 'audio/wav'
    ? AudioContent
    : Response extends 'application/yaml'
      ? string
      : Response extends Media
        ? never
        : ResponseOf<Name>
  : never;

export type Handler<Name extends RouteName> = (asked: Asked<Name>) => Promise<AnswerOf<Name>>;

/** Routes that the server answers itself: people and their rights. */
export type PeopleRoute =
  | 'GET /greeting'
  | 'POST /session'
  | 'POST /oidc'
  | 'POST /welcome'
  | 'POST /link'
  | 'GET /session'
  | 'DELETE /session'
  | 'PUT /password'
  | 'GET /users'
  | 'POST /users'
  | 'PATCH /users/:name'
  | 'DELETE /users/:name'
  | 'POST /users/:name/link'
  | 'GET /tokens'
  | 'POST /tokens'
  | 'DELETE /tokens/:id'
  | 'GET /audit';

/** All others are answered by the running program. */
export type ProgramRoute = Exclude<RouteName, PeopleRoute | 'GET /events'>;

export type Handlers = { readonly [Name in ProgramRoute]: Handler<Name> };
