#!/bin/bash
# Makes the announcements from their texts.
#
#   sounds/make.sh [LANGUAGE...]      for example: sounds/make.sh de en
#
# Without an argument it makes every language that has a text file. From LANGUAGE.txt come, for
# every line `name: text`,
#
#   LANGUAGE/name.wav       8 kHz, 16 bit, mono
#   LANGUAGE/name.wav16     16 kHz, 16 bit, mono: a WAV file under Asterisk's own ending, so that
#                           Asterisk takes the better one by itself on a wideband call
#
# A '|' in the text is a pause of 0.3 s.
#
# Files of those names are replaced, each in one step; all others in the folder stay.
#
# A new language: copy de.txt to fr.txt, translate it, set its voice, run `sounds/make.sh fr`.
# The name of the file is the language as in Mitschnitt's configuration and in Asterisk (fr, pt_BR).
# Voices: `espeak-ng --voices` (without a `voice:` line it is espeak-ng's voice of that language)
# and, for English, `flite -lv`. In Debian's main section they are the best per language: mbrola's
# and pico's voices are not in main, and flite and festival speak no German. (flite does not
# complain of a voice that it does not know: it takes another.)
#
# A recording by a person sounds better than any of them. This makes both files of it:
#
#   sox -G -D mine.wav -b 16 -c 1 -t wav LANGUAGE/name.wav   rate 8000  norm -3
#   sox -G -D mine.wav -b 16 -c 1 -t wav LANGUAGE/name.wav16 rate 16000 norm -3
#
# Needs the Debian packages espeak-ng, flite and sox (it says which are missing, and installs
# nothing). The same versions of them make the same bytes again. The files in the repository are
# from Debian 12: espeak-ng 1.51, flite 2.2, sox 14.4.2.
#
# Exit codes: 0 made, 1 failed, 2 wrong use or an error in a text file.

set -euo pipefail
export LC_ALL=C
umask 022

readonly PEAK_DB=-3 LOW_CUT_HZ=150 SILENCE_BEFORE=0.15 SILENCE_AFTER=0.1 PAUSE=0.3 LONGEST_MS=7000

fail() { # EXIT_CODE MESSAGE
  echo "make.sh: $2" >&2
  exit "$1"
}

# Reads LANGUAGE.txt into `names`, `texts` and the words of the command `voice`.
read_texts() { # LANGUAGE
  local file="$1.txt" line name text number=0
  local seen=' '
  names=() texts=() voice=(espeak-ng -v "${1//_/-}")
  [[ $1 =~ ^[A-Za-z]{2,3}([_-][A-Za-z0-9]+)*$ ]] || fail 2 "'$1' is not a language such as de or pt_BR"
  [[ -f $file ]] || fail 2 "there is no sounds/$file; there are:$(printf ' %s' *.txt)"
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    line=${line%$'\r'}
    [[ $line =~ ^[[:space:]]*(#|$) ]] && continue
    [[ $line =~ ^([a-z0-9-]+):[[:space:]]*(.*[^[:space:]]) ]] ||
      fail 2 "sounds/$file:$number: expected 'name: text', the name of a-z, 0-9 and '-'"
    name=${BASH_REMATCH[1]} text=${BASH_REMATCH[2]}
    [[ $seen != *" $name "* ]] || fail 2 "sounds/$file:$number: '$name' is there twice"
    seen+="$name "
    if [[ $name == voice ]]; then
      read -ra voice <<<"$text"
      [[ ${voice[0]} == espeak-ng || ${voice[0]} == flite ]] ||
        fail 2 "sounds/$file:$number: the voice must be espeak-ng or flite, not '${voice[0]}'"
    else
      names+=("$name") texts+=("$text")
    fi
  done <"$file"
  ((${#names[@]})) || fail 2 "sounds/$file: holds no prompt"
}

# Commands are named as their Debian packages.
need() { # PACKAGE...
  local package missing=()
  for package; do
    command -v "$package" >/dev/null || missing+=("$package")
  done
  ((${#missing[@]} == 0)) ||
    fail 1 "missing: ${missing[*]}. On Debian: apt-get install --no-install-recommends ${missing[*]}"
}

say() { # TEXT OUTPUT
  case ${voice[0]} in
    espeak-ng) "${voice[@]}" -b 1 -z -w "$2" --stdin <<<"$1" ;;
    flite) "${voice[@]}" -t "$1" -o "$2" ;;
  esac || fail 1 "'${voice[*]}' failed"
}

# Says the parts between '|' each on its own, takes off what silence the voice adds at their ends
# (this differs from voice to voice) and joins them with ours.
speak() { # TEXT OUTPUT
  local trim=(silence 1 0.005 -60d reverse) parts joined=() i after
  IFS='|' read -ra parts <<<"$1"
  for i in "${!parts[@]}"; do
    after=$PAUSE
    ((i < ${#parts[@]} - 1)) || after=$SILENCE_AFTER
    say "${parts[i]}" "$work/said.wav"
    sox -D "$work/said.wav" "$work/part$i.wav" "${trim[@]}" "${trim[@]}" pad 0 "$after"
    joined+=("$work/part$i.wav")
  done
  sox -D "${joined[@]}" "$2" pad "$SILENCE_BEFORE" 0
}

# Cuts low rumble and sets the level. Without dither (-D) and without metadata, so that the bytes
# repeat and the header has its 44 bytes.
finish() { # INPUT RATE OUTPUT
  sox -D "$1" --comment '' -t wav -b 16 -c 1 -e signed-integer "$3" \
    gain -9 rate "$2" highpass "$LOW_CUT_HZ" norm "$PEAK_DB"
  [[ $(head -c 40 "$3" | tail -c 4) == data ]] || fail 1 "sox wrote no plain 44-byte header: $3"
}

make_prompt() { # LANGUAGE NAME TEXT
  local target="$1/$2" ms
  speak "$3" "$work/spoken.wav"
  finish "$work/spoken.wav" 8000 "$work/prompt.wav"
  finish "$work/spoken.wav" 16000 "$work/prompt.wav16"
  mv -f "$work/prompt.wav" "$target.wav"
  mv -f "$work/prompt.wav16" "$target.wav16"
  ms=$((($(wc -c <"$target.wav") - 44) / 16))
  printf 'sounds/%-24s %d.%02d s\n' "$target" $((ms / 1000)) $((ms % 1000 / 10))
  ((ms <= LONGEST_MS)) ||
    echo "make.sh: $target is long for someone who waits: shorten the text or speak faster" >&2
}

case ${1-} in
  -*)
    sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
    [[ $1 == -h || $1 == --help ]] && exit 0
    exit 2
    ;;
esac

cd "$(dirname "${BASH_SOURCE[0]}")"
if (($# == 0)); then
  for text_file in *.txt; do
    set -- "$@" "${text_file%.txt}"
  done
fi

# First everything that can be wrong in any language, then the work.
programs=(sox)
for language; do
  read_texts "$language"
  programs+=("${voice[0]}")
done
mapfile -t programs < <(printf '%s\n' "${programs[@]}" | sort -u)
need "${programs[@]}"

# On the same file system as the results, so that mv replaces a prompt in one step.
work=$(mktemp -d ./.make.XXXXXX)
trap 'rm -rf "$work"' EXIT

for language; do
  read_texts "$language"
  mkdir -p "$language"
  for i in "${!names[@]}"; do
    make_prompt "$language" "${names[i]}" "${texts[i]}"
  done
done
