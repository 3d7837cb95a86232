// Why smb2 is not used: docs/decisions/0003-smb2.md
import { container, docker, image, install, node, observe, runOnce, trial } from './trial.mjs';

const { SMB_HOST, SMB_PORT = '14450', SMB_SHARE = 'evidence' } = process.env;
const { SMB_USERNAME = 'pbx', SMB_PASSWORD = 'pbx-secret' } = process.env;
const ATTEMPTS = 10;
const START_LIMIT_S = '15'; // Samba listens after 1 s

const DOCKERFILE = `FROM debian:forky-slim
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update && apt-get install -y --no-install-recommends samba smbclient && rm -rf /var/lib/apt/lists/*
RUN useradd pbx && mkdir -m 777 /srv/evidence
RUN printf 'pbx-secret\\npbx-secret\\n' | smbpasswd -a -s pbx
`;

// Where it listens and what is shared. Of what a server demands of its clients, nothing is said: defaults.
const config = (host, more) => `[global]
interfaces = ${host}/8
bind interfaces only = yes
smb ports = ${SMB_PORT}
disable netbios = yes
load printers = no
${more}
[evidence]
path = /srv/evidence
read only = no
`;

const WRITE = `
  const [host, port, share, username, password] = process.argv.slice(1);
  const Client = require('smb2');
  const settings = { share: '\\\\\\\\' + host + '\\\\' + share, domain: '', username, password, port: Number(port) };
  new Client(settings).writeFile('by-smb2-' + process.pid + '.txt', 'hello', (error) => {
    console.log(error ? 'error handled: ' + (error.code ?? error.message) : 'stored');
    process.exit();
  });`;

function samba(built, host, more = '') {
  const start = 'printf "%s" "$CONFIG" > /etc/samba/smb.conf; exec smbd --foreground --no-process-group';
  const id = container('-e', `CONFIG=${config(host, more)}`, built, 'sh', '-c', start);
  const ready = `until smbclient -N -L ${host} -p ${SMB_PORT} > /dev/null 2>&1; do sleep 0.1; done`;
  docker(['exec', id, 'timeout', START_LIMIT_S, 'sh', '-c', ready]);
  return host;
}

const login = [SMB_PORT, SMB_SHARE, SMB_USERNAME, SMB_PASSWORD];
const write = (folder, host, ...flags) =>
  node(folder, '--no-deprecation', ...flags, '-e', WRITE, host, ...login);

async function currentNode(folder, host) {
  const { end, stdout, stderr } = await write(folder, host);
  const code = /code: '(\w+)'/.exec(stderr)?.[1];
  observe(
    `writing a file, Node ${process.version}`,
    'the process dies of an uncaught cipher error',
    `${end}, ${code ?? stdout}`,
    end === 'exit code 1' && code === 'ERR_OSSL_EVP_UNSUPPORTED',
  );
}

async function defaultSecurity(folder, host) {
  const { end, stdout } = await write(folder, host, '--openssl-legacy-provider');
  observe(
    'the same with the old ciphers allowed, against the defaults of Samba',
    'the right password is refused',
    `${end}, ${stdout}`,
    stdout.includes('STATUS_LOGON_FAILURE'),
  );
}

function smbclient(built, host) {
  const options = ['-p', SMB_PORT, '-m', 'SMB3_11', '--client-protection=encrypt'];
  const account = ['-U', `${SMB_USERNAME}%${SMB_PASSWORD}`];
  const command = ['-c', 'put /etc/hostname by-smbclient.txt; ls'];
  const listing = runOnce(built, 'smbclient', `//${host}/${SMB_SHARE}`, ...options, ...account, ...command);
  const stored = listing.split('\n').find((line) => line.includes('by-smbclient.txt '));
  observe(
    'the same account with smbclient, SMB 3.1.1, encrypted',
    'the file is stored',
    stored?.trim().replaceAll(/ +/g, ' ') ?? listing,
    Boolean(stored),
  );
}

// Samba may say first that it is at work (STATUS_PENDING); smb2 takes that for an error, hence several attempts.
async function weakened(folder, host) {
  let [stored, pending] = [0, 0];
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { stdout } = await write(folder, host, '--openssl-legacy-provider');
    if (stdout === 'stored') stored += 1;
    if (stdout.includes('STATUS_PENDING')) pending += 1;
  }
  observe(
    `the same against 'ntlm auth = yes' (NTLMv1 allowed), ${ATTEMPTS} times`,
    'stored: NTLMv1 was what the server refused',
    `stored ${stored} times, STATUS_PENDING taken for an error ${pending} times`,
    stored > 0 && stored + pending === ATTEMPTS,
  );
}

await trial(async () => {
  const { folder } = await install('smb2');
  const built = image(DOCKERFILE);
  console.log(runOnce(built, 'smbd', '--version'));
  const host = SMB_HOST ?? samba(built, '127.0.80.1');
  await currentNode(folder, host);
  await defaultSecurity(folder, host);
  smbclient(built, host);
  if (!SMB_HOST) await weakened(folder, samba(built, '127.0.81.1', 'ntlm auth = yes'));
});
