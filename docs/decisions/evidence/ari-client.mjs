// Why ari-client is not used: docs/decisions/0001-ari-client.md
import { setTimeout as wait } from 'node:timers/promises';
import { asterisk, docker, install, node, observe, seconds, trial, within } from './trial.mjs';

const FROZEN_MS = 40_000; // twenty times the limit that a request of our own gets here
const THAWED_MS = 10_000;
const REQUEST_LIMIT_MS = 2_000;
const OUTAGE_MS = 45_000; // a reboot of a small PBX takes longer
const RETURN_MS = 20_000; // four times the longest pause between two attempts of our own

// Every failure that the package lets a caller handle is handled.
const CONNECT = `
  process.on('unhandledRejection', (error) => console.log('unhandled rejection', error));
  const [url, username, password] = process.argv.slice(1);
  require('ari-client').connect(url, username, password)
    .then(() => console.log('connected'), (error) => console.log('error handled:', String(error)));`;

function size({ count }) {
  observe('its size', 'about 60 packages', `${count} packages`, count > 30);
}

async function wrongPassword({ folder }, pbx) {
  const begun = Date.now();
  const seen = await node(folder, '-e', CONNECT, `http://${pbx.host}:8088`, pbx.username, 'wrong');
  const last = seen.stderr.split('\n').find((line) => line.includes('401')) ?? seen.stdout;
  observe(
    'a wrong password, with the error handled',
    'the process dies of an uncaught exception',
    `${seen.end} after ${seconds(begun)}: ${last}`,
    seen.end === 'exit code 1' && !seen.stdout.includes('error handled'),
  );
}

async function frozen({ load }, pbx) {
  const client = await load('ari-client').connect(`http://${pbx.host}:8088`, pbx.username, pbx.password);
  const first = Date.now();
  await client.asterisk.getInfo();
  const normal = `${Date.now() - first} ms`;
  docker(['pause', pbx.id]);
  const begun = Date.now();
  const answer = client.asterisk.getInfo();
  const own = pbx.ari(REQUEST_LIMIT_MS).catch((error) => `${error.name} after ${seconds(begun)}`);
  const inTime = await within(FROZEN_MS, answer);
  docker(['unpause', pbx.id]);
  const { status } = await pbx.ari(REQUEST_LIMIT_MS);
  const late = await within(THAWED_MS, answer);
  observe(
    `a request to a frozen Asterisk (docker pause); before that it took ${normal}`,
    'neither answer nor error as long as it is frozen; fetch with a limit gives up',
    `${inTime ? 'an end' : 'nothing'} within ${FROZEN_MS / 1000} s; fetch: ${await own}`,
    inTime === undefined,
  );
  observe(
    'the same request after the thaw',
    'still neither answer nor error, while a new one by fetch is answered',
    `${late ? 'an end' : 'nothing'} within ${THAWED_MS / 1000} s; fetch: ${status}`,
    late === undefined && status === 200,
  );
}

async function outage({ load }, pbx) {
  const client = await load('ari-client').connect(`http://${pbx.host}:8088`, pbx.username, pbx.password);
  await client.start('evidence');
  let begun = Date.now();
  let attempts = 0;
  let gaveUp = 'never gave up';
  let back;
  client.on('WebSocketReconnecting', () => (attempts += 1));
  client.on(
    'WebSocketMaxRetries',
    () => (gaveUp = `gave up after ${attempts} attempts and ${seconds(begun)}`),
  );
  client.on('WebSocketConnected', () => (back = seconds(begun)));
  docker(['kill', pbx.id]);
  await wait(OUTAGE_MS);
  docker(['start', pbx.id]);
  await pbx.booted();
  begun = Date.now();
  await wait(RETURN_MS);
  observe(
    `an outage of ${OUTAGE_MS / 1000} s`,
    'it gives up before Asterisk is back and never connects again',
    `${gaveUp}; ${back ? `connected again ${back}` : 'not connected'} within ${RETURN_MS / 1000} s of Asterisk's return`,
    back === undefined,
  );
}

await trial(async () => {
  const client = await install('ari-client');
  size(client);
  const first = await asterisk('127.0.77.');
  await wrongPassword(client, first);
  const freeze = frozen(client, first);
  // One container cannot be frozen and stopped at the same time.
  if (process.env.ASTERISK_CONTAINER) await freeze;
  await Promise.all([freeze, asterisk('127.0.78.').then((second) => outage(client, second))]);
});
