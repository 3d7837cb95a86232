/**
 * The API of the console, for whoever builds against it: `import type { ResponseOf, RecordLine } from '../api.ts'`. Types
 * only reach the browser; the schemas stay with the server.
 *
 * Beside `/api/v1`: `GET /api/v1/openapi.json` (no sign-in), `GET /healthz`, `GET /metrics` (see server.ts), `GET /oidc/callback` where a
 * provider is configured, and every
 * other path is the console: a file of its build, else its index.html.
 */
export * from './api/configuration.ts';
export * from './api/events.ts';
export * from './api/operations.ts';
export * from './api/overview.ts';
export * from './api/recordings.ts';
export * from './api/routes.ts';
export * from './api/session.ts';
export * from './api/shapes.ts';
