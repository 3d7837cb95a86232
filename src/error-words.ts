/** What is to be done about an error, in the languages of those who read it. */
import type { ErrorFacts } from './errors.ts';

export type HintLanguage = 'de' | 'en';

/** By the code of the error. What differs from server to server is in the message beside it. */
const german = {
  // The way to a server.
  'connection-refused':
    'Prüfen, ob der Dienst auf dem Server läuft und ob Adresse und Port in der Konfiguration stimmen.',
  'connection-lost': 'Netzwerk und Protokoll des Servers prüfen. Es wird wieder versucht.',
  'no-answer':
    'Prüfen, ob der Server läuft und nicht überlastet ist, und ob Netzwerk und Firewalls dazwischen alles durchlassen. Es wird wieder versucht.',
  unreachable:
    'Prüfen, ob der Server eingeschaltet ist, dann Netzwerk und Firewalls dazwischen; bei einem eingehängten Ordner auch, ob er noch eingehängt ist. Sonst die Adresse in der Konfiguration berichtigen.',
  'host-unknown': 'Den Namen des Servers in der Konfiguration berichtigen oder im DNS eintragen.',
  'name-service-down': 'Die Nameserver dieses Rechners (/etc/resolv.conf) und sein Netzwerk prüfen.',
  'data-connection-failed':
    'Die passiven Ports des FTP-Servers in den Firewalls dazwischen öffnen; der Server muss seine äussere Adresse angeben.',
  'server-busy':
    'Es wird wieder versucht. Bleibt es so: am Server mehr Verbindungen zulassen, oder prüfen, womit er beschäftigt ist.',
  'server-failed': 'Protokoll, freien Platz und Rechte des Servers prüfen. Es wird wieder versucht.',
  'server-refuses': 'Im Protokoll des Servers nachsehen, und ob er die Adresse dieses Rechners zulässt.',
  'no-session': 'Die Einstellungen des Ziels und das Protokoll des Servers prüfen. Es wird wieder versucht.',
  'not-understood':
    'Adresse und Port in der Konfiguration prüfen: Dort antwortet ein anderer Dienst, als das Ziel erwartet.',
  'certificate-untrusted':
    'Unter ca des Ziels die PEM-Datei der Zertifizierungsstelle angeben; der Name des Servers muss im Zertifikat stehen, und es darf nicht abgelaufen sein.',
  'host-key-untrusted':
    'Den Fingerabdruck beim Betreiber des Servers erfragen (ssh-keygen -lf). Nur wenn es dieser ist, ihn als host_key eintragen: sonst antwortet ein anderer Rechner an seiner Stelle.',
  'tls-failed':
    'Prüfen, ob der Server auf diesem Port TLS 1.2 oder neuer spricht, und ob tls und Port stimmen.',
  'tls-not-offered': 'Am Server TLS einschalten, oder tls in der Konfiguration anders setzen.',
  'tls-demanded': 'In smtp tls auf required setzen.',
  'no-common-algorithm':
    'Am Server heutige Verfahren zulassen, zum Beispiel aes256-gcm@openssh.com, curve25519-sha256 und ssh-ed25519.',
  'protocol-too-old':
    'Am Server SMB 2 oder 3 einschalten (bei NAS-Geräten oft "maximales Protokoll"). Ein Gerät, das beides nicht kann, ist zu alt.',
  'encryption-not-offered':
    'Am Server SMB 3 mit Verschlüsselung einschalten, oder encryption des Ziels auf when-offered setzen.',
  'sftp-not-offered':
    'Am Server das Subsystem sftp einschalten; was die Anmeldung des Benutzers ausgibt oder startet, muss weg.',
  'clock-wrong':
    'Die Uhr dieses Rechners stellen lassen (NTP, timedatectl); geht sie richtig, die des Dienstes.',
  // Who may log in.
  'login-refused':
    'Benutzer und Passwort (oder Schlüssel) in der Konfiguration prüfen, und ob dieser Benutzer sich so anmelden darf.',
  'password-expired': 'Dem Konto ein neues Passwort ohne Ablauf geben und es in der Konfiguration eintragen.',
  'account-locked':
    'Das Konto entsperren, das Passwort in der Konfiguration berichtigen, und herausfinden, wer sonst falsche Passwörter versucht.',
  'account-disabled': 'Das Konto wieder einschalten oder ein anderes verwenden.',
  'account-expired': 'Das Konto verlängern oder ein anderes verwenden.',
  'account-restricted': 'Die Einschränkungen des Kontos prüfen: Uhrzeiten, Rechner, leeres Passwort.',
  'key-unusable': 'Den privaten Schlüssel prüfen, und ob passphrase zu ihm gehört.',
  // Where files go.
  'share-missing': 'share in der Konfiguration berichtigen oder die Freigabe am Server anlegen.',
  'share-refused':
    'Dem Benutzer an der Freigabe das Recht zum Ändern geben (Lesen genügt nicht), oder username berichtigen.',
  'bucket-missing': 'bucket, region oder endpoint berichtigen, oder den Bucket anlegen.',
  'region-wrong': 'region und endpoint des Ziels berichtigen.',
  'folder-missing':
    'Den Ordner anlegen, einhängen oder seinen Pfad in der Konfiguration berichtigen; war er schon da: herausfinden, wer ihn entfernt.',
  'not-a-folder': 'Entfernen, was dem Ordner im Weg steht, oder den Pfad berichtigen.',
  'path-unusable': 'Aus dem Pfad : * ? " < > | sowie Leerzeichen und Punkte am Ende von Namen entfernen.',
  'write-refused': 'Dem Benutzer dort das Recht geben, Ordner und Dateien anzulegen.',
  'read-refused':
    'Dem Benutzer dort das Recht zum Lesen geben: Was ankam, wird mit dem verglichen, was gesendet wurde.',
  'rename-refused':
    'Dem Benutzer das Recht zum Umbenennen geben: Eine Datei bekommt ihren Namen erst, wenn sie vollständig ist.',
  'remove-refused':
    'Dem Benutzer das Recht zum Löschen geben: Sonst bleiben Probedateien und unfertige liegen.',
  'remove-failed': 'Protokoll und Datenträger des Servers prüfen. Es wird wieder versucht.',
  'size-refused':
    'Am Server SIZE oder LIST erlauben: Was ankam, wird mit dem verglichen, was gesendet wurde.',
  'read-only':
    'Den Ort zum Schreiben freigeben. Ein Datenträger, der von selbst schreibgeschützt wurde, hat Fehler: ihn prüfen.',
  'no-space': 'Am Ziel Platz schaffen oder das Kontingent (Quota) erhöhen. Es wird wieder versucht.',
  'quota-exceeded': 'Das Kontingent (Quota) des Benutzers erhöhen oder dort Dateien löschen.',
  'write-failed': 'Freien Platz, Kontingent, Datenträger und Protokoll des Servers prüfen.',
  'storing-failed': 'Datenträger und Protokoll des Servers prüfen. Es wird wieder versucht.',
  'not-offered':
    'encryption, kms_key, object_lock oder storage_class beim Ziel weglassen, oder am Dienst einschalten.',
  'lock-not-offered': 'Am Bucket Object Lock einschalten, oder object_lock beim Ziel weglassen.',
  'encryption-key-unusable': 'kms_key prüfen, und ob der Zugangsschlüssel ihn verwenden darf.',
  'object-locked': 'Die Datei ist bis zum Ende ihrer Sperre geschützt; danach wird sie entfernt.',
  'file-in-use':
    'Am Server nachsehen, welches Programm neue Dateien sofort öffnet (Virenscanner, Sicherung). Es wird wieder versucht.',
  locked: 'Wer die Datei geöffnet hat, soll sie schliessen, oder die Sperre am Server aufheben.',
  'content-differs':
    'Der Server sagt, dass er alles hat, und das stimmt nicht: Datenträger, Kontingent, Virenscanner und Proxys prüfen.',
  'transfer-damaged':
    'Netzwerk und Proxys dazwischen prüfen. Es wurde nichts gespeichert; es wird wieder versucht.',
  // Single files.
  'name-taken': 'Nichts zu tun: Die Datei bekommt einen anderen Namen.',
  'name-refused':
    'Die Vorlagen für Datei- und Ordnernamen kürzen und ungewöhnliche Zeichen entfernen; dann die Übertragung wiederholen (mitschnitt retry).',
  'file-too-large':
    'Die Grenze für die Grösse von Dateien oder das Kontingent am Ziel erhöhen; dann die Übertragung wiederholen.',
  'file-missing':
    'Herausfinden, wer sie am Ziel entfernt, umbenannt oder verschoben hat, und sie dort in den Sicherungen suchen.',
  'not-removed': 'Herausfinden, was dort Dateien zurückholt oder verschiebt.',
  'not-possible': 'Nur die Empfänger können das tun, und wer ihre Postfächer und Sicherungen verwaltet.',
  'local-file-missing':
    'Nachsehen, wer Dateien aus dem Ordner transfer des Spools entfernt; ist sie in einer Sicherung, dorthin zurücklegen und die Übertragung wiederholen.',
  'local-file-altered':
    'Nachsehen, wer die Datei im Ordner transfer des Spools verändert hat; die echte zurücklegen und die Übertragung wiederholen.',
  'local-file-unreadable':
    'Dem Benutzer von Mitschnitt das Recht geben, die Dateien im Spool zu lesen; Datenträger prüfen.',
  'local-file-unwritable': 'Rechte und freien Platz des Spools prüfen.',
  'sidecar-unwritable': 'Rechte und freien Platz des Spools prüfen.',
  // Mail.
  'not-now': 'Es wird wieder versucht. Bleibt es so: im Protokoll des Mailservers nachsehen.',
  'message-refused':
    'Am Mailserver WAV-Dateien von diesem Absender zulassen: Filter gegen Spam und Anhänge weisen sie ab.',
  'message-too-big':
    'Die Grenze des Mailservers erhöhen (ein Anhang wächst um 37 %), oder eine andere Art von Ziel verwenden.',
  'too-large-for-email': 'max_size des Ziels erhöhen, format: opus verwenden, oder eine andere Art von Ziel.',
  'sender-refused': 'from in smtp auf eine Adresse setzen, unter der dieser Benutzer senden darf.',
  'recipient-not-now':
    'Es wird wieder versucht: Manche Server verlangen das von Absendern, die sie nicht kennen.',
  'recipient-refused':
    'Die Adresse berichtigen, from in smtp auf eine zulässige setzen, oder am Mailserver das Weiterleiten erlauben.',
  // This machine.
  aborted: 'Mitschnitt wieder starten.',
  unexpected: 'Bitte den Entwicklern von Mitschnitt melden. Es wird wieder versucht.',
  'ca-unreadable': 'Pfad, Rechte und Inhalt der Datei unter ca prüfen (PEM).',
  'smbclient-missing':
    'Das Programm smbclient installieren: apt install smbclient (Debian, Ubuntu), dnf install samba-client (Red Hat).',
  'smbclient-too-old': 'smbclient von Samba 4.15 oder neuer installieren.',
  'ffmpeg-missing': 'Das Programm ffmpeg installieren, oder format: wav beim Ziel setzen.',
  'conversion-failed': 'ffmpeg dieses Rechners prüfen, oder format: wav beim Ziel setzen.',
  'conversion-slow': 'Nachsehen, womit dieser Rechner beschäftigt ist. Es wird wieder versucht.',
  'catalogue-not-writable':
    'Auf dem Datenträger des Katalogs Platz schaffen, und dem Benutzer von Mitschnitt das Recht zum Schreiben geben.',
  'prompt-unusable':
    'An diesen Ort eine WAV-Datei legen (16-Bit-PCM, mono; .wav mit 8 kHz, .wav16 mit 16 kHz), oder prompts.path setzen.',
  // Asterisk.
  'ari-unreachable':
    'Prüfen, ob Asterisk läuft, ob in http.conf und ari.conf enabled = yes steht, und ob asterisk.ari.url stimmt.',
  'ari-login-refused': 'asterisk.ari.username und password mit ari.conf vergleichen.',
  'ami-unreachable':
    'Prüfen, ob Asterisk läuft, ob in manager.conf enabled = yes steht, und ob asterisk.ami.host und port stimmen.',
  'ami-login-refused':
    'asterisk.ami.username und secret mit manager.conf vergleichen, auch die Zeilen permit und deny.',
  'test-call-refused':
    'Im Protokoll von Asterisk zu dieser Zeit nachsehen; extensions.conf muss dialplan/mitschnitt.conf dieser Version einbinden (danach "dialplan reload").',
  'module-missing': 'Das Modul in Asterisk laden (modules.conf), und was es voraussetzt.',
  'cdr-off':
    'In cdr.conf unter [general] enable = yes setzen, dann "module reload cdr" in der Konsole von Asterisk.',
  'cdr-missing':
    'Asterisk legt sie mit dem ersten Anruf an: das Modul cdr_csv laden, in cdr.conf unter [csv] loguniqueid = yes setzen, und den Pfad prüfen.',
  'cdr-unreadable': 'Dem Benutzer von Mitschnitt das Recht geben, die Datei und ihren Ordner zu lesen.',
  'account-silent':
    'Das Modul cdr_manager oder cel_manager laden und einschalten, und dem Benutzer in manager.conf read = cdr geben.',
  'asterisk-disconnected':
    'Prüfen, ob Asterisk läuft, und den Abschnitt asterisk der Konfiguration (mitschnitt check).',
} as const satisfies Readonly<Record<string, string>>;

/** Whether an error has words of its own in every language. */
export function isWorded(code: string): code is keyof typeof german {
  return Object.hasOwn(german, code);
}

/** What to do about an error: in English as the error has it, which names the very key and server. */
export function hintIn(
  language: HintLanguage,
  { code, hint }: { readonly code?: string | undefined } & Pick<ErrorFacts, 'hint'>,
): string {
  return language === 'de' && code !== undefined && isWorded(code) ? german[code] : hint;
}
