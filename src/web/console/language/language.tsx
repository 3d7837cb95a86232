import { createContext, use, useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';

import { client } from '../connection/client.ts';
import type { Dictionary } from './en.ts';
import { formatFor, type Format } from './format.ts';

export type Language = 'de' | 'en';

interface Speech {
  readonly language: Language;
  readonly words: Dictionary;
  readonly change: (language: Language) => void;
}

const SpeechContext = createContext<Speech | undefined>(undefined);
const FormatContext = createContext<Format | undefined>(undefined);

const key = 'mitschnitt-language';

function preferred(): Language {
  const kept = localStorage.getItem(key);
  if (kept === 'de' || kept === 'en') return kept;
  return navigator.languages.find((tag) => /^(de|en)\b/.test(tag))?.startsWith('de') ? 'de' : 'en';
}

async function wordsIn(language: Language): Promise<Dictionary> {
  return language === 'de' ? (await import('./de.ts')).de : (await import('./en.ts')).en;
}

/** Shows nothing until the words of the language are here. */
export function SpeechProvider({ children }: { readonly children: ReactNode }) {
  const [wanted, setWanted] = useState(preferred);
  const [spoken, setSpoken] = useState<{ language: Language; words: Dictionary }>();
  useEffect(() => {
    void wordsIn(wanted).then((words) => {
      client.language = wanted;
      document.documentElement.lang = wanted;
      setSpoken({ language: wanted, words });
    });
  }, [wanted]);
  const change = useCallback((language: Language) => {
    localStorage.setItem(key, language);
    setWanted(language);
  }, []);
  const speech = useMemo(() => spoken && { ...spoken, change }, [spoken, change]);
  return speech && <SpeechContext value={speech}>{children}</SpeechContext>;
}

export function useSpeech(): Speech {
  const speech = use(SpeechContext);
  if (!speech) throw new Error('outside of SpeechProvider');
  return speech;
}

export function useWords(): Dictionary {
  return useSpeech().words;
}

/** Times are those of the PBX, wherever the reader is. */
export function FormatProvider({ zone, children }: { readonly zone: string; readonly children: ReactNode }) {
  const { language } = useSpeech();
  const format = useMemo(() => formatFor(language, zone), [language, zone]);
  return <FormatContext value={format}>{children}</FormatContext>;
}

export function useFormat(): Format {
  const format = use(FormatContext);
  if (!format) throw new Error('outside of FormatProvider');
  return format;
}
