import type { DeliveryProblem } from '../catalogue/catalogue.ts';

/** What the running process tells of itself (`GET /status` on its control socket). */
export interface Status {
  readonly version: string;
  readonly pid: number;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Which connections stand. */
  readonly asterisk: { readonly ari: boolean; readonly ami: boolean; readonly version?: string | undefined };
  readonly calls: { readonly live: number; readonly inGate: number; readonly recording: number };
  readonly spool: {
    readonly activeFiles: number;
    readonly activeBytes: number;
    readonly transferFiles: number;
    readonly transferBytes: number;
    readonly freeBytes: number;
  };
  readonly targets: readonly TargetStatus[];
}

/** What waits for a target, and what happened last. */
export interface TargetStatus {
  readonly name: string;
  /** The `type` in the configuration: `ftp`. */
  readonly kind: string;
  readonly pending: number;
  readonly pendingBytes: number;
  readonly setAside: number;
  readonly delivered: number;
  /** Of the deliveries that have not got there yet. */
  readonly lastError?: DeliveryProblem | undefined;
}
