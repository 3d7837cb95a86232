import type { ProblemWords } from './target-errors.ts';

/** Where a server is and which keys of the configuration say so. */
export interface Server {
  readonly host: string;
  readonly port: number;
  /** Place in the configuration, for hints: `targets.archiv`. */
  readonly settings: string;
}

/**
 * Explains an error of Node's sockets, name look-up and TLS by its code (errno(3), getaddrinfo(3), X509_verify_cert(3)).
 * Undefined: not one of them.
 */
export function connectionProblem(code: string, server: Server): ProblemWords | undefined {
  if (untrusted.has(code) || code.startsWith('CERT_')) return untrustedCertificate(code, server);
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') return noTls(server);
  const place = `${server.host}:${server.port}`;
  return problems[code]?.(place, server);
}

const unreachable = (place: string, { settings }: Server): ProblemWords => ({
  code: 'unreachable',
  what: `no way to ${place}`,
  hint: `Check that the server is on, and the network and firewalls between; else correct the host in ${settings}.`,
});
const broken = (place: string): ProblemWords => ({
  code: 'connection-lost',
  what: `the connection to ${place} broke off`,
  hint: 'Check the log of the server and the network between. It is tried again.',
});

const problems: Readonly<Record<string, (place: string, server: Server) => ProblemWords>> = {
  ECONNREFUSED: (place, { settings }) => ({
    code: 'connection-refused',
    what: `nothing answers at ${place}`,
    hint: `Check that the service is running on the server and that host and port in ${settings} are right.`,
  }),
  ENOTFOUND: (_, { host, settings }) => ({
    code: 'host-unknown',
    fault: 'configuration',
    what: `no address is known for the host ${host}`,
    hint: `Correct the host in ${settings}, or enter the name in DNS.`,
  }),
  EAI_AGAIN: (_, { host }) => ({
    code: 'name-service-down',
    fault: 'configuration',
    what: `the address of the host ${host} cannot be looked up at present`,
    hint: 'Check the name servers of this machine (/etc/resolv.conf) and its network.',
  }),
  ETIMEDOUT: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EHOSTDOWN: unreachable,
  ENETDOWN: unreachable,
  EADDRNOTAVAIL: unreachable,
  ECONNRESET: broken,
  ECONNABORTED: broken,
  EPIPE: broken,
};

/** X509_verify_cert(3) results, by the names that Node gives them, and Node's own check of the host name. */
const untrusted: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'HOSTNAME_MISMATCH',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

function untrustedCertificate(code: string, { host, settings }: Server): ProblemWords {
  return {
    code: 'certificate-untrusted',
    fault: 'configuration',
    what: `the certificate of ${host} is not trusted (${code})`,
    hint: certificateHint(code, host, settings),
  };
}

function certificateHint(code: string, host: string, settings: string): string {
  if (code === 'CERT_HAS_EXPIRED')
    return 'Renew the certificate of the server; check the clock of this machine.';
  if (code === 'CERT_NOT_YET_VALID') return 'Check the clocks of this machine and of the server.';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH')
    return `Use in ${settings} a host name that the certificate has, or give the server one for ${host}.`;
  return `Let ${settings}.ca name a PEM file with the authority that signed the certificate, or with itself.`;
}

function noTls({ host, port, settings }: Server): ProblemWords {
  return {
    code: 'tls-failed',
    fault: 'configuration',
    what: `no encrypted connection could be agreed on with ${host}:${port}`,
    hint: `Check that the server speaks TLS 1.2 or later on this port, and tls and port in ${settings}.`,
  };
}
