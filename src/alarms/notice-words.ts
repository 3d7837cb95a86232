/** What alarms are called, what they mean and what is to be done, for people who do not know Mitschnitt from inside. */
import type { AlarmKind } from './alarms.ts';
import type { NoticeState } from './notices.ts';

/** Languages in which people are told. */
export type NoticeLanguage = 'de' | 'en';

export interface KindWords {
  /** What happened. */
  readonly title: (subject: string) => string;
  /** What it means for calls and recordings. */
  readonly meaning: string;
  /** What to do. */
  readonly remedy: string;
}

type Kinds = Readonly<Record<AlarmKind, KindWords>>;

const german: Kinds = {
  'recording-failed': {
    title: (group) => `Gespräche der Gruppe ${group} wurden nicht aufgezeichnet`,
    meaning: 'Die Gespräche selbst wurden geführt wie immer. Von mindestens einem gibt es keine Aufnahme.',
    remedy:
      'Mit "mitschnitt recordings --outcome start-failed" nachsehen, welche es sind; Spool-Ordner, Rechte und freien Platz am Rechner der Telefonanlage prüfen ("mitschnitt check").',
  },
  'recording-not-growing': {
    title: (group) => `Eine laufende Aufnahme der Gruppe ${group} wächst nicht`,
    meaning: 'Das Gespräch läuft weiter, wird aber zurzeit wohl nicht aufgezeichnet.',
    remedy:
      'Freien Platz und Rechte des Spool-Ordners prüfen, und ob die Sprachdaten (RTP) beider Seiten die Telefonanlage erreichen (Firewall, NAT).',
  },
  'recording-finding': {
    title: (group) => `Eine Aufnahme der Gruppe ${group} ist nicht, wie sie sein sollte`,
    meaning: 'Die Aufnahme ist vorhanden, doch es fehlt etwas oder es ist nichts zu hören.',
    remedy:
      'Die Aufnahme anhören und der Meldung nachgehen, bevor weitere Gespräche so aufgezeichnet werden.',
  },
  'recording-stuck': {
    title: (folder) => `Eine Aufnahme in ${folder} hängt fest`,
    meaning:
      'Ihr Gespräch ist vorbei oder dauert länger als jedes übliche. Solange sie festhängt, wird sie nicht übertragen; verloren geht sie nicht.',
    remedy:
      'Mit "mitschnitt cleanup --stuck" bereinigen: das beendet kein Gespräch und berührt keine andere Aufnahme.',
  },
  'recording-astray': {
    title: (group) => `Eine Aufnahme der Gruppe ${group} hat ihr Ziel verloren`,
    meaning:
      'Die Gruppe und ihre Ziele wurden aus der Konfiguration genommen, bevor die Aufnahme fertig war. Sie wartet, bis es ein Ziel dieses Namens wieder gibt; ist keines bekannt, geht sie an die Ziele der ersten Gruppe.',
    remedy: 'Das Ziel wieder eintragen, oder die Aufnahme suchen und dorthin bringen, wo sie hingehört.',
  },
  'asterisk-disconnected': {
    title: (which) => `Keine Verbindung zur Telefonanlage (${which})`,
    meaning:
      'Telefonieren geht weiter. Neue Gespräche werden nicht angesagt und nicht aufgezeichnet, solange die Verbindung fehlt; laufende Aufnahmen laufen weiter.',
    remedy: 'Prüfen, ob Asterisk läuft, und ob Adresse, Benutzer und Passwort unter "asterisk" stimmen.',
  },
  'no-groups': {
    title: (key) => `Es wird nichts mehr aufgezeichnet: unter "${key}" steht keine Gruppe mehr`,
    meaning: 'Telefonieren geht weiter, doch kein Gespräch wird angesagt, aufgezeichnet oder aufgelistet.',
    remedy:
      'In der Konfiguration eine Gruppe einrichten. Soll mit Absicht nichts aufgezeichnet werden: die Gruppen behalten und "record" in jeder Richtung ausschalten.',
  },
  'announcement-unplayable': {
    title: (prompt) => `Die Ansage ${prompt} kann nicht abgespielt werden`,
    meaning: 'Anrufe, die diese Ansage brauchen, werden verbunden, aber nicht aufgezeichnet.',
    remedy: 'Die Datei der Ansage an ihren Platz legen (16-Bit-PCM, mono, 8 kHz) und Mitschnitt neu starten.',
  },
  'storage-nearly-full': {
    title: (path) => `Der Datenträger von ${path} ist bald voll`,
    meaning:
      'Es wird noch aufgezeichnet. Ist die eingestellte Grenze erreicht, beginnt keine neue Aufnahme mehr.',
    remedy:
      'Platz schaffen, oder mit "mitschnitt status" nachsehen, was auf Übertragung wartet: Übertragenes wird gelöscht, nicht Übertragenes nie.',
  },
  'storage-full': {
    title: (path) => `Der Datenträger von ${path} ist voll: es wird nicht mehr aufgezeichnet`,
    meaning:
      'Telefonieren geht weiter, doch neue Gespräche werden nicht aufgezeichnet ("disk-full"); laufende Aufnahmen laufen weiter.',
    remedy:
      'Sofort Platz schaffen. Mit "mitschnitt status" nachsehen, was auf Übertragung wartet: Übertragenes wird gelöscht, nicht Übertragenes nie.',
  },
  'spool-unusable': {
    title: (path) => `Der Spool-Ordner ${path} ist nicht benutzbar`,
    meaning: 'Gespräche werden geführt, aber nicht aufgezeichnet.',
    remedy: 'Rechte und freien Platz des Ordners prüfen ("mitschnitt check").',
  },
  'catalogue-unwritable': {
    title: (path) => `Der Katalog ${path} kann nicht geschrieben werden`,
    meaning:
      'Gespräche und Aufnahmen laufen weiter. Was über sie bekannt ist, wird nachgetragen, sobald es wieder geht; endet Mitschnitt vorher, kann es fehlen.',
    remedy: 'Freien Platz und Rechte der Datei prüfen.',
  },
  'report-unwritable': {
    title: (path) => `Der Bericht in ${path} kann nicht geschrieben werden`,
    meaning: 'Anrufe und Aufnahmen sind nicht betroffen. Die Zeilen des Berichts werden nachgetragen.',
    remedy:
      'Freien Platz und Rechte des Ordners prüfen, und ob die Datei in einem anderen Programm offen ist.',
  },
  'delivery-failing': {
    title: (target) => `Dateien gelangen nicht zum Ziel ${target}`,
    meaning:
      'Anrufe werden weiter aufgezeichnet. Aufnahmen und Berichte bleiben auf diesem Rechner und werden übertragen, sobald es geht; es geht nichts verloren, solange dort Platz ist.',
    remedy:
      'Der Meldung nachgehen. Die Übertragung wird ohne Ende wiederholt; "mitschnitt status" zeigt, was wartet.',
  },
  'delivery-set-aside': {
    title: (target) => `Eine Datei kann nicht zum Ziel ${target} übertragen werden`,
    meaning:
      'Die Aufnahme oder der Bericht, von dem die Meldung spricht, wurde zurückgelegt: die Datei bleibt auf diesem Rechner und wird nicht von selbst noch einmal versucht. Alle anderen sind nicht betroffen.',
    remedy:
      'Den Grund beheben, den die Meldung nennt. "mitschnitt deliveries --state set-aside" zeigt, was zurückgelegt ist, "mitschnitt retry" versucht es noch einmal.',
  },
  'removal-failing': {
    title: (target) => `Aufnahmen können am Ziel ${target} nicht gelöscht werden`,
    meaning:
      'Ihre Aufbewahrungsfrist ist vorbei, oder sie sind auf Verlangen zu löschen. Es wird weiter versucht; Aufzeichnung und Übertragung sind nicht betroffen.',
    remedy:
      'Dem Benutzer am Ziel das Recht zum Löschen geben und der Meldung nachgehen. "mitschnitt deletions" zeigt, was gelöscht ist.',
  },
  'target-check-failed': {
    title: (target) => `Das Ziel ${target} würde zurzeit keine Aufnahme annehmen`,
    meaning:
      'Die regelmäßige Probe (schreiben, zurücklesen, löschen) ist gescheitert. Aufnahmen bleiben auf der Telefonanlage, bis sie übertragen werden können; verloren geht nichts.',
    remedy: 'Der Meldung nachgehen, danach mit "mitschnitt check" prüfen.',
  },
  'target-unreachable': {
    title: (target) => `Das Ziel ${target} ist nicht erreichbar`,
    meaning:
      'Anrufe werden weiter aufgezeichnet. Die Aufnahmen bleiben auf diesem Rechner und werden übertragen, sobald das Ziel wieder antwortet; es geht nichts verloren, solange dort Platz ist.',
    remedy: 'Prüfen, ob der Server läuft und ob Netz und Firewall dorthin in Ordnung sind.',
  },
  'selftest-failed': {
    title: (command) => `Der Selbsttest ist gescheitert (${command})`,
    meaning:
      'Ein Probeanruf kam nicht durch alle Schritte (Ansage, Aufnahme, Übertragung, Zurücklesen, Löschen). Echten Gesprächen kann es ebenso ergehen.',
    remedy: 'Der Meldung nachgehen und mit "mitschnitt selftest" wiederholen, bis er besteht.',
  },
  'call-missing': {
    title: (group) => `Gespräche der Gruppe ${group} fehlen in den Aufzeichnungen`,
    meaning:
      'Die Telefonanlage hat Gespräche geführt, die aufzuzeichnen waren und von denen es keine Aufnahme gibt.',
    remedy:
      'Mit "mitschnitt completeness" nachsehen, welche Gespräche es sind und ob Mitschnitt zu dieser Zeit lief.',
  },
  'account-unreadable': {
    title: (path) => `Die Verbindungsnachweise der Telefonanlage (${path}) sind nicht lesbar`,
    meaning:
      'Es wird aufgezeichnet wie immer. Ob Aufnahmen fehlen, lässt sich aber zurzeit nicht mit Asterisk abgleichen.',
    remedy:
      'Bei einer Datei: das Modul cdr_csv von Asterisk laden, und Pfad und Rechte der Datei prüfen. Bei AMI: cdr_manager oder cel_manager laden und einschalten, und dem Benutzer in manager.conf read = cdr geben.',
  },
  'calls-unwatched': {
    title: (reason) => `Eine Zeit lang hat niemand auf die Gespräche geachtet (${reason})`,
    meaning:
      'Jetzt ist alles wieder in Ordnung. Gespräche, die in dieser Zeit begannen, wurden nicht aufgezeichnet.',
    remedy:
      'Mit "mitschnitt completeness" nachsehen, welche Gespräche fehlen, und im Protokoll, warum Mitschnitt nicht lief oder stillstand.',
  },
  'notices-unsent': {
    title: (channel) => `Alarme können nicht gesendet werden (${channel})`,
    meaning: 'Auf diesem Weg erfährt zurzeit niemand von Störungen. Was wartet, wird später gesendet.',
    remedy: 'Die Angaben unter "smtp" und "alarms" prüfen, und ob der Empfänger erreichbar ist.',
  },
};

const english: Kinds = {
  'recording-failed': {
    title: (group) => `Calls of the group ${group} were not recorded`,
    meaning: 'The calls themselves went on as ever. Of at least one of them there is no recording.',
    remedy:
      'See with "mitschnitt recordings --outcome start-failed" which they are; check the spool folder, its rights and free space on the machine of the PBX ("mitschnitt check").',
  },
  'recording-not-growing': {
    title: (group) => `A running recording of the group ${group} does not grow`,
    meaning: 'The call goes on, but is probably not being recorded at present.',
    remedy:
      'Check free space and rights of the spool folder, and whether audio (RTP) of both sides reaches the PBX (firewall, NAT).',
  },
  'recording-finding': {
    title: (group) => `A recording of the group ${group} is not as it should be`,
    meaning: 'The recording exists, but something is missing or nothing is to be heard.',
    remedy: 'Listen to it and look into what the message says, before more calls are recorded like that.',
  },
  'recording-stuck': {
    title: (folder) => `A recording in ${folder} is stuck`,
    meaning:
      'Its talk is over, or lasts longer than any should. While it is stuck it is not delivered; it is not lost.',
    remedy: 'Clean up with "mitschnitt cleanup --stuck": it ends no call and touches no other recording.',
  },
  'recording-astray': {
    title: (group) => `A recording of the group ${group} lost its target`,
    meaning:
      'The group and its targets were taken out of the configuration before the recording was finished. It waits until there is a target of that name again; where none is known, it goes to those of the first group.',
    remedy: 'Configure the target again, or look for the recording and bring it to where it belongs.',
  },
  'asterisk-disconnected': {
    title: (which) => `No connection to the PBX (${which})`,
    meaning:
      'Telephone calls go on. New calls are neither announced nor recorded as long as the connection is missing; running recordings run on.',
    remedy: 'Check that Asterisk runs, and that address, user and password under "asterisk" are right.',
  },
  'no-groups': {
    title: (key) => `Nothing is recorded any more: there is no group under "${key}"`,
    meaning: 'Telephone calls go on, but none is announced, recorded or listed.',
    remedy:
      'Set up a group in the configuration. To record nothing on purpose, keep the groups and switch "record" off in every direction.',
  },
  'announcement-unplayable': {
    title: (prompt) => `The announcement ${prompt} cannot be played`,
    meaning: 'Calls that need this announcement are connected, but not recorded.',
    remedy: 'Put the file of the announcement in its place (16-bit PCM, mono, 8 kHz) and restart Mitschnitt.',
  },
  'storage-nearly-full': {
    title: (path) => `The disk of ${path} is nearly full`,
    meaning: 'Calls are still recorded. Once the limit is reached, no new recording begins.',
    remedy:
      'Make room, or see with "mitschnitt status" what waits to be delivered: what is delivered is removed, all else never.',
  },
  'storage-full': {
    title: (path) => `The disk of ${path} is full: nothing new is recorded`,
    meaning: 'Telephone calls go on, but new ones are not recorded ("disk-full"); running recordings run on.',
    remedy:
      'Make room at once. See with "mitschnitt status" what waits to be delivered: what is delivered is removed, all else never.',
  },
  'spool-unusable': {
    title: (path) => `The spool folder ${path} cannot be used`,
    meaning: 'Calls go on, but are not recorded.',
    remedy: 'Check rights and free space of the folder ("mitschnitt check").',
  },
  'catalogue-unwritable': {
    title: (path) => `The catalogue ${path} cannot be written`,
    meaning:
      'Calls and recordings go on. What is known of them is noted as soon as that works again; if Mitschnitt ends before, it may be missing.',
    remedy: 'Check free space and rights of the file.',
  },
  'report-unwritable': {
    title: (path) => `The report in ${path} cannot be written`,
    meaning: 'Calls and recordings are not affected. The lines of the report are added later.',
    remedy: 'Check free space and rights of the folder, and whether another program has the file open.',
  },
  'delivery-failing': {
    title: (target) => `Files do not get to the target ${target}`,
    meaning:
      'Calls are recorded as ever. Recordings and reports stay on this machine and are delivered as soon as that works; nothing is lost as long as there is room.',
    remedy:
      'Look into what the message says. Delivery is tried again without end; "mitschnitt status" shows what waits.',
  },
  'delivery-set-aside': {
    title: (target) => `A file cannot be delivered to the target ${target}`,
    meaning:
      'The recording or report that the message names was set aside: its file stays on this machine and is not tried again by itself. No other is affected.',
    remedy:
      'Mend the reason that the message gives. "mitschnitt deliveries --state set-aside" shows what was set aside, "mitschnitt retry" tries it again.',
  },
  'removal-failing': {
    title: (target) => `Recordings cannot be removed from the target ${target}`,
    meaning:
      'Their time of retention is over, or somebody demanded their erasure. It is tried again; recording and delivery are not affected.',
    remedy:
      'Give the user at the target the right to delete, and look into what the message says. "mitschnitt deletions" shows what is deleted.',
  },
  'target-check-failed': {
    title: (target) => `The target ${target} would not take a recording at present`,
    meaning:
      'The regular check (write, read back, remove) failed. Recordings stay on the PBX until they can be delivered; nothing is lost.',
    remedy: 'Look into what the message says, then try "mitschnitt check".',
  },
  'target-unreachable': {
    title: (target) => `The target ${target} cannot be reached`,
    meaning:
      'Calls are recorded as ever. The recordings stay on this machine and are delivered as soon as the target answers again; nothing is lost as long as there is room.',
    remedy: 'Check that the server runs, and the network and firewalls to it.',
  },
  'selftest-failed': {
    title: (command) => `The self-test failed (${command})`,
    meaning:
      'A call of the test did not get through all steps (announcement, recording, delivery, reading back, removal). Real calls may fare the same.',
    remedy: 'Look into what the message says, and repeat it with "mitschnitt selftest" until it passes.',
  },
  'call-missing': {
    title: (group) => `Calls of the group ${group} are missing from the recordings`,
    meaning: 'The PBX connected calls that were to be recorded, and of which there is no recording.',
    remedy:
      'See with "mitschnitt completeness" which calls they are, and whether Mitschnitt ran at that time.',
  },
  'account-unreadable': {
    title: (path) => `The call records of the PBX (${path}) cannot be read`,
    meaning:
      'Calls are recorded as ever. But whether recordings are missing cannot be compared with Asterisk at present.',
    remedy:
      'For a file: load the module cdr_csv of Asterisk, and check path and rights of the file. For AMI: load cdr_manager or cel_manager and turn it on, and give the user read = cdr in manager.conf.',
  },
  'calls-unwatched': {
    title: (reason) => `For some time nobody watched the calls (${reason})`,
    meaning: 'All is well again now. Calls that began in that time were not recorded.',
    remedy:
      'See with "mitschnitt completeness" which calls are missing, and in the log why Mitschnitt did not run or stood still.',
  },
  'notices-unsent': {
    title: (channel) => `Alarms cannot be sent (${channel})`,
    meaning: 'Nobody hears of problems by this way at present. What waits is sent later.',
    remedy: 'Check what "smtp" and "alarms" say, and that the receiver can be reached.',
  },
};

/** Words around alarms. */
export interface Frame {
  readonly states: Readonly<Record<NoticeState, string>>;
  readonly alarms: (count: number) => string;
  readonly since: string;
  readonly until: string;
  readonly times: (count: number) => string;
  readonly meaning: string;
  readonly remedy: string;
  readonly message: string;
  readonly hint: string;
}

interface Language {
  readonly kinds: Kinds;
  readonly frame: Frame;
}

export const noticeWords: Readonly<Record<NoticeLanguage, Language>> = {
  de: {
    kinds: german,
    frame: {
      states: {
        raised: 'Alarm',
        reminder: 'Erinnerung',
        over: 'Behoben',
        passed: 'War kurz gestört und ist behoben',
      },
      alarms: (count) => `${count} Meldungen`,
      since: 'Seit',
      until: 'Bis',
      times: (count) => `${count}-mal in dieser Zeit`,
      meaning: 'Was das heißt',
      remedy: 'Was zu tun ist',
      message: 'Meldung',
      hint: 'Hinweis',
    },
  },
  en: {
    kinds: english,
    frame: {
      states: {
        raised: 'Alarm',
        reminder: 'Reminder',
        over: 'Over',
        passed: 'Began and is over',
      },
      alarms: (count) => `${count} notices`,
      since: 'Since',
      until: 'Until',
      times: (count) => `${count} times meanwhile`,
      meaning: 'What it means',
      remedy: 'What to do',
      message: 'Message',
      hint: 'Hint',
    },
  },
};
